//! How long it takes from the end of a tick to the switch to the new process.

use super::Trace;
use crate::machine::Span;
use crate::scheduler::State;

/// For each tick in which another process runs than in the one before: nanoseconds from the end of
/// that tick, when the supervisor had heard what happened and decided nothing yet, to the kernel's
/// record of the switch to the new process, which has its return to user mode before it. Empty without a record of context switches.
pub fn switch_latencies_ns(trace: &Trace) -> Vec<u64> {
    let mut spans: Vec<_> = trace
        .processes
        .iter()
        .map(|process| {
            process
                .spans
                .as_deref()
                .unwrap_or_default()
                .iter()
                .peekable()
        })
        .collect();
    let mut latencies = Vec::new();
    for pair in trace.ticks.windows(2) {
        let [before, after] = pair else { continue };
        let (Some(running), Some(decided_ns)) = (running(after), before.end_ns) else {
            continue;
        };
        if self::running(before) == Some(running) {
            continue;
        }
        let spans = &mut spans[running];
        while spans
            .next_if(|span: &&Span| span.start_ns < decided_ns)
            .is_some()
        {}
        // In a gap of the record, what comes next belongs to a later tick.
        let until = after.end_ns.unwrap_or(u64::MAX);
        if let Some(span) = spans.peek().filter(|span| span.start_ns <= until) {
            latencies.push(span.start_ns - decided_ns);
        }
    }
    latencies
}

fn running(tick: &super::TickRecord) -> Option<usize> {
    tick.processes
        .iter()
        .position(|cell| cell.state == State::Running && cell.instruction.is_some())
}
