//! A run in the layout of `process-run.py`: what its `-c -p` prints, made from real processes.

use super::process_run::{Rows, statistics};
use super::summary::{change_lines, event_lines, outcome_line};
use crate::trace::{Counter, Trace};

/// The ticks as they were, and their statistics. Of a run that did what the paper said, it is what
/// `simulate -c -p` prints, byte for byte; whatever that layout has no place for is told behind it.
///
/// # Panics
/// Never: memory can be written.
pub fn text(trace: &Trace) -> String {
    let processes = trace.workload.processes.len();
    let mut rows = Rows::new(processes, trace.policy.dialect, Vec::new()).expect(MEMORY);
    for tick in &trace.ticks {
        rows.recorded(tick).expect(MEMORY);
    }
    let mut out = rows.into_inner();
    statistics(&Counter::of(&trace.ticks), &mut out).expect(MEMORY);
    let mut text = String::from_utf8_lossy(&out).into_owned();
    text.push_str(&outcome_line(trace));
    text.push_str(&change_lines(trace));
    text.push_str(&event_lines(trace));
    text
}

const MEMORY: &str = "memory can be written";
