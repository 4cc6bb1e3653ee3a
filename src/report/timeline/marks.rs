//! What happened in a run beside its schedule, tick by tick.

use crate::report::figures;
use crate::text::table::time;
use crate::trace::Trace;

/// A symbol above a tick, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub symbol: char,
    pub text: String,
}

/// The symbols, as a legend explains them.
pub const SYMBOLS: [(char, &str); 6] = [
    ('≠', "the two differ"),
    ('*', "an I/O completed before"),
    ('!', "interference"),
    ('‖', "pause"),
    ('§', "other policies from here"),
    ('Δ', "another tick length from here"),
];

/// The marks of each of the first ticks of a run. What was noticed when the run was over is the
/// last tick's.
pub fn marks(trace: &Trace, ticks: usize) -> Vec<Vec<Mark>> {
    let mut marks = vec![Vec::new(); ticks];
    let last = trace.ticks.len().max(1);
    let found = completions(trace)
        .chain(changes(trace))
        .chain(interference(trace))
        .chain(kills(trace))
        .chain(pauses(trace));
    for (tick, mark) in found {
        let tick = usize::try_from(tick).unwrap_or(usize::MAX).clamp(1, last);
        if let Some(marks) = marks.get_mut(tick - 1) {
            marks.push(mark);
        }
    }
    marks
}

/// A mark and its tick.
type MarkOfTick = (u64, Mark);

const fn mark(tick: u64, symbol: char, text: String) -> MarkOfTick {
    (tick, Mark { symbol, text })
}

fn completions(trace: &Trace) -> impl Iterator<Item = MarkOfTick> + '_ {
    let completed = trace.ticks.iter().filter(|tick| tick.io_completed);
    completed.map(|tick| mark(tick.tick, '*', "An I/O completed right before.".to_owned()))
}

fn changes(trace: &Trace) -> impl Iterator<Item = MarkOfTick> + '_ {
    let policies = trace.policy_changes.iter().map(|change| {
        let text = format!("From here on {}.", change.spec);
        mark(change.tick, '§', text)
    });
    let lengths = trace.tick_changes().into_iter();
    policies.chain(lengths.map(|(tick, ns)| {
        let text = format!("From here on a tick is {}.", time(ns));
        mark(tick, 'Δ', text)
    }))
}

fn interference(trace: &Trace) -> impl Iterator<Item = MarkOfTick> + '_ {
    trace.interference.iter().map(|event| {
        let text = format!("Interference: {} ({}).", event.what, event.process);
        mark(event.tick.0, '!', text)
    })
}

fn kills(trace: &Trace) -> impl Iterator<Item = MarkOfTick> {
    let kills = trace.kills().into_iter();
    kills.map(|kill| mark(kill.tick, '!', figures::kill(&kill, "")))
}

fn pauses(trace: &Trace) -> impl Iterator<Item = MarkOfTick> + '_ {
    let pauses = trace.pauses.iter();
    pauses.map(|pause| mark(pause.tick.0, '‖', figures::pause(pause, "")))
}
