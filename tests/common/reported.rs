//! Traces of real runs, for the formats that are made of them.

use timeshare::trace::Trace;
use timeshare::trace::recording::Recording;

use super::timeshare;

/// I/O and computing, both policies of each kind, late reaping, the classic version.
pub const SCENARIOS: [&str; 4] = [
    "-P c2,i,c1:c5:i,c1 -L 3 --tick 2ms",
    "-P i,i:c1,i:c2 -L 2 --tick 2ms -I IO_RUN_IMMEDIATE --reap end",
    "-P c1,i:c2,i -L 2 --tick 2ms --dialect classic",
    "-P i,c1 -L 4 --tick 1ms -S SWITCH_ON_END",
];

/// Runs it with real processes.
#[track_caller]
pub fn trace_of(line: &str) -> Trace {
    let whole = format!("run --json - {line}");
    let finished = timeshare(&whole).succeeded();
    Recording::read(finished.stdout.as_bytes())
        .expect("it is a trace")
        .into_trace()
}
