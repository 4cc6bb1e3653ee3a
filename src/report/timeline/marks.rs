//! What happened in a run beside its schedule, tick by tick.

use crate::machine::PauseCause;
use crate::report::table::time;
use crate::trace::{Trace, signed};

/// A sign above a tick, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub sign: char,
    pub text: String,
}

/// The signs, as a legend explains them.
pub const SIGNS: [(char, &str); 3] = [
    ('*', "an I/O completed right before"),
    ('!', "interference"),
    ('‖', "pause"),
];

/// The marks of the first ticks of a run, so many. What was noticed when it was over is the last
/// tick's.
#[must_use]
pub fn marks(trace: &Trace, ticks: usize) -> Vec<Vec<Mark>> {
    let mut marks = vec![Vec::new(); ticks];
    let last = trace.ticks.len().min(ticks);
    let mut put = |tick: u64, sign: char, text: String| {
        let index = usize::try_from(tick).unwrap_or(usize::MAX);
        let beyond = index > trace.ticks.len().saturating_add(1);
        let index = index.clamp(1, last.max(1)) - 1;
        if !beyond
            && (tick <= ticks as u64 || trace.ticks.len() <= ticks)
            && let Some(marks) = marks.get_mut(index)
        {
            marks.push(Mark { sign, text });
        }
    };
    for tick in &trace.ticks {
        if tick.io_completed {
            put(
                tick.tick,
                '*',
                "An I/O completed right before this tick.".to_owned(),
            );
        }
    }
    for event in &trace.interference {
        put(
            event.tick.0,
            '!',
            format!("Interference: {} ({}).", event.what, event.process),
        );
    }
    for pause in &trace.pauses {
        let length = time(signed(pause.length_ns));
        let text = match pause.cause {
            PauseCause::Terminal => format!("Suspended for {length}, all clocks with it."),
            PauseCause::Person => format!("Paused for {length}, all clocks with it."),
            PauseCause::Outside => format!(
                "Somebody stopped the supervisor for {length}; the running process went on."
            ),
        };
        put(pause.tick.0, '‖', text);
    }
    marks
}
