//! A timeline for <https://ui.perfetto.dev>, in Chrome's trace-event format (JSON).
//!
//! Three groups of tracks, one below the other: the run on paper, with ticks of their nominal
//! length; the run as it was; and, where the kernel recorded it, what was on the CPU. All begin with
//! the first dispatch, so that simulation and measurement can be held against each other by eye.
//! The viewer colours slices by their names: a state has one colour everywhere.

mod event;
mod kernel;
mod timeline;

use serde::Serialize;
use serde_json::{Value, json};

use crate::trace::{DecisionRecord, Trace};

use event::{Event, Tracks};
use timeline::{RunTracks, measured, nominal};

#[derive(Serialize)]
struct TraceEvents {
    #[serde(rename = "traceEvents")]
    events: Vec<Event>,
    #[serde(rename = "displayTimeUnit")]
    unit: &'static str,
    /// What the viewer shows of the whole.
    #[serde(rename = "otherData")]
    about: Value,
}

/// The timeline of a run, as one line of JSON.
///
/// # Panics
/// Never: JSON can tell all that is in it.
pub fn perfetto(trace: &Trace) -> String {
    let mut tracks = Tracks::default();
    simulated(trace, &mut tracks);
    real(trace, &mut tracks);
    kernel::switches(trace, &mut tracks);
    let document = TraceEvents {
        events: tracks.into_events(),
        unit: "ms",
        about: about(trace),
    };
    let mut text = serde_json::to_string(&document).expect("all keys are text");
    text.push('\n');
    text
}

fn simulated(trace: &Trace, tracks: &mut Tracks) {
    let paper = trace.simulation();
    let decisions: Vec<_> = paper.decisions.iter().map(DecisionRecord::from).collect();
    let name = |index| trace.workload.title(index);
    RunTracks {
        group: "simulated",
        ticks: nominal(&paper.ticks, trace),
        decisions: &decisions,
        names: (0..trace.workload.processes.len()).map(name).collect(),
        dialect: trace.policy.dialect,
    }
    .draw(tracks, |_| ());
}

fn real(trace: &Trace, tracks: &mut Tracks) {
    let name = |index: usize| {
        let pid = trace.processes.get(index).map(|process| process.pid);
        let pid = pid.map_or_else(String::new, |pid| format!(", pid {pid}"));
        format!("{}{pid}", trace.workload.title(index))
    };
    let timeline = RunTracks {
        group: "measured",
        ticks: measured(trace),
        decisions: &trace.decisions,
        names: (0..trace.workload.processes.len()).map(name).collect(),
        dialect: trace.policy.dialect,
    };
    timeline.draw(tracks, |tracks| timeline::disturbances(trace, tracks));
}

fn about(trace: &Trace) -> Value {
    json!({
        "timeshare": trace.timeshare,
        "workload": trace.workload.name,
        "policy": trace.policy.spec.to_string(),
        "kernel": trace.machine.kernel,
        "cpu": trace.machine.cpu,
        "cpu_model": trace.machine.cpu_model,
        "tick_ns": trace.tick_ns,
        "clock": "CLOCK_MONOTONIC",
        "origin_ns": trace.origin_ns,
    })
}
