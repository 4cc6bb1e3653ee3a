//! What was on the CPU, as the kernel recorded every context switch.

use serde_json::json;

use super::event::Tracks;
use super::names::{about_run, on_cpu};
use crate::machine::Span;
use crate::trace::{SwitchesRecord, Trace};

/// A stretch on the CPU; `process` is `None` for the supervisor.
#[derive(Clone, Copy, Debug)]
struct Held {
    span: Span,
    process: Option<usize>,
}

/// Draws the CPU, the supervisor where it shares that CPU, and each process; nothing where there is
/// no record.
pub fn switches(trace: &Trace, tracks: &mut Tracks) {
    let SwitchesRecord::Recorded { supervisor, .. } = &trace.switches else {
        return;
    };
    let cpu = trace.machine.cpu;
    tracks.group(&about_run("kernel's record of context switches", trace));
    let held = held(trace, supervisor);
    let holder = |held: &Held| holder_name(held.process);
    tracks.track(&format!("CPU {cpu}"), |track| {
        for held in &held {
            let Span {
                start_ns, end_ns, ..
            } = held.span;
            track.slice(holder(held), start_ns, end_ns, json!({}));
        }
    });
    let all = std::iter::once(None).chain((0..trace.processes.len()).map(Some));
    for holder in all {
        let title = |id: usize| format!("P{id}, pid {}", trace.processes[id].pid);
        let name = holder.map_or_else(|| SUPERVISOR.to_owned(), title);
        tracks.track(&name, |track| {
            for Held { span, .. } in held.iter().filter(|held| held.process == holder) {
                let args = json!({"ended": span.ended});
                track.slice(holder_name(holder), span.start_ns, span.end_ns, args);
            }
        });
    }
    tracks.counter("CPU", "utilization, %", &utilization(trace, &held));
}

const SUPERVISOR: &str = "supervisor";

fn holder_name(process: Option<usize>) -> String {
    process.map_or_else(|| SUPERVISOR.to_owned(), on_cpu)
}

/// All of them in the order of time, none overlapping another: two threads cannot have one CPU at
/// once, and where records were lost, the first one has it.
fn held(trace: &Trace, supervisor: &[Span]) -> Vec<Held> {
    let of = |process| move |&span: &Span| Held { span, process };
    let mut held: Vec<_> = supervisor.iter().map(of(None)).collect();
    for (index, process) in trace.processes.iter().enumerate() {
        held.extend(process.spans.iter().flatten().map(of(Some(index))));
    }
    held.sort_by_key(|held| held.span.start_ns);
    let mut now_ns = 0;
    for Held { span, .. } in &mut held {
        span.start_ns = span.start_ns.max(now_ns);
        span.end_ns = span.end_ns.max(span.start_ns);
        now_ns = span.end_ns;
    }
    held
}

/// In percent, for each tick and what is behind it, until the next one starts.
fn utilization(trace: &Trace, held: &[Held]) -> Vec<(u64, f64)> {
    let starts = trace.ticks.iter().filter_map(|tick| tick.start_ns);
    let end = trace.ticks.last().and_then(|tick| tick.end_ns);
    let mut borders: Vec<_> = starts.chain(end).collect();
    borders.sort_unstable();
    let mut spans = held
        .iter()
        .filter(|held| held.process.is_some())
        .map(|held| (held.span.start_ns, held.span.end_ns))
        .peekable();
    let mut values = Vec::with_capacity(borders.len());
    for window in borders.windows(2) {
        let (from, until) = (window[0], window[1]);
        let mut used = 0;
        while let Some(&(start, end)) = spans.peek().filter(|(start, _)| *start < until) {
            used += end.min(until).saturating_sub(start.max(from));
            if end > until {
                break;
            }
            spans.next();
        }
        values.push((from, percent(used, until - from)));
    }
    values.extend(borders.last().map(|&end| (end, 0.0)));
    values
}

/// To a hundredth.
fn percent(part: u64, whole: u64) -> f64 {
    (crate::trace::ratio(part, whole) * 10_000.0).round() / 100.0
}
