//! What happened in a run beside its schedule, tick by tick.

use crate::report::figures;
use crate::text::table::time;
use crate::trace::Trace;

/// A sign above a tick, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub sign: char,
    pub text: String,
}

/// The signs, as a legend explains them.
pub const SIGNS: [(char, &str); 6] = [
    ('≠', "the two differ"),
    ('*', "an I/O completed before"),
    ('!', "interference"),
    ('‖', "pause"),
    ('§', "other policies from here"),
    ('Δ', "another tick length from here"),
];

/// The marks of the first ticks of a run, so many. What was noticed when the run was over is the
/// last tick's.
pub fn marks(trace: &Trace, ticks: usize) -> Vec<Vec<Mark>> {
    let mut marks = vec![Vec::new(); ticks];
    let last = trace.ticks.len().max(1);
    let events = completions(trace)
        .chain(steering(trace))
        .chain(interference(trace))
        .chain(pauses(trace));
    for (tick, sign, text) in events {
        let tick = usize::try_from(tick).unwrap_or(usize::MAX).clamp(1, last);
        if let Some(marks) = marks.get_mut(tick - 1) {
            marks.push(Mark { sign, text });
        }
    }
    marks
}

/// The tick, the sign, and what it stands for.
type Event = (u64, char, String);

fn completions(trace: &Trace) -> impl Iterator<Item = Event> + '_ {
    let completed = trace.ticks.iter().filter(|tick| tick.io_completed);
    completed.map(|tick| (tick.tick, '*', "An I/O completed right before.".to_owned()))
}

fn steering(trace: &Trace) -> impl Iterator<Item = Event> + '_ {
    let policies = trace.policy_changes.iter().map(|change| {
        let text = format!("From here on {}, {}.", change.switch, change.io_done);
        (change.tick, '§', text)
    });
    let lengths = trace.tick_changes().into_iter();
    policies.chain(lengths.map(|(tick, ns)| {
        let text = format!("From here on a tick is {}.", time(ns));
        (tick, 'Δ', text)
    }))
}

fn interference(trace: &Trace) -> impl Iterator<Item = Event> + '_ {
    trace.interference.iter().map(|event| {
        let text = format!("Interference: {} ({}).", event.what, event.process);
        (event.tick.0, '!', text)
    })
}

fn pauses(trace: &Trace) -> impl Iterator<Item = Event> + '_ {
    let pauses = trace.pauses.iter();
    pauses.map(|pause| (pause.tick.0, '‖', figures::pause(pause, "")))
}
