//! A timeline for <https://ui.perfetto.dev>, in Chrome's trace-event format (JSON).
//!
//! Three groups of tracks, one below the other: the run on paper, with ticks of their nominal
//! length; the run as it was; and, where the kernel recorded it, what was on the CPU. All begin with
//! the first dispatch, so that simulation and measurement can be held against each other by eye.
//! The viewer colours slices by their names: a state has one colour everywhere, and so has a process
//! on the CPU.

mod escape;
mod event;
mod kernel;
mod names;
mod timeline;

use serde::Serialize;
use serde_json::{Serializer, Value, json};

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
    let mut tracks = Tracks::new(trace.processes.iter().map(|process| process.pid));
    simulated(trace, &mut tracks);
    real(trace, &mut tracks);
    kernel::switches(trace, &mut tracks);
    let document = TraceEvents {
        events: tracks.into_events(),
        unit: "ms",
        about: about(trace),
    };
    let mut text = Vec::new();
    let mut writer = Serializer::with_formatter(&mut text, escape::Escapes);
    document.serialize(&mut writer).expect("all keys are text");
    text.push(b'\n');
    String::from_utf8_lossy(&text).into_owned()
}

fn simulated(trace: &Trace, tracks: &mut Tracks) {
    let paper = trace.simulation();
    let decisions: Vec<_> = paper.decisions.iter().map(DecisionRecord::from).collect();
    RunTracks {
        trace,
        group: "simulated",
        ticks: nominal(&paper.ticks, trace),
        decisions: &decisions,
        pids: Vec::new(),
    }
    .draw(tracks, |_| ());
}

fn real(trace: &Trace, tracks: &mut Tracks) {
    let timeline = RunTracks {
        trace,
        group: "measured",
        ticks: measured(trace),
        decisions: &trace.decisions,
        pids: trace.processes.iter().map(|process| process.pid).collect(),
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
