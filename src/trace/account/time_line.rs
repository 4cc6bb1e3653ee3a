//! The time line of a run, as an account is drawn up from it.

use crate::machine::Span;

/// How long the CPU may belong to none of our threads between two of them before it is more than
/// the switch from one to the other, which takes a few microseconds.
const SWITCH_NS: u64 = 20_000;

/// A stretch of time on the CPU.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub span: Span,
    pub by: Holder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Process(usize),
    Supervisor,
    /// A thread of ours that samples or prints.
    OwnThread,
}

/// What is known of a run beside its spans.
#[derive(Clone, Debug)]
pub struct Bounds {
    pub waits: Waits,
    /// From when to when no thread of ours could run, in nanoseconds of the run, in the order of time.
    pub outages: Vec<(u64, u64)>,
    pub wall_ns: u64,
}

/// For how long threads may have waited in the run queue without the CPU having been taken from
/// them, in nanoseconds.
#[derive(Clone, Debug)]
pub struct Waits {
    pub processes_ns: Vec<u64>,
    pub supervisor_ns: u64,
}

/// A tick, as far as an account needs it. Nanoseconds of the run.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub start_ns: u64,
    pub end_ns: u64,
    pub nominal_ns: u64,
    pub what: What,
}

/// What a tick is for.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// This process was to run.
    Busy(usize),
    /// No process could run. `by_design`: nor could one on paper.
    Idle { by_design: bool },
}

/// Why no thread of ours has the CPU, as far as the switches tell.
#[derive(Clone, Copy)]
pub enum Gap {
    /// It takes a moment to switch.
    Switch,
    /// It was taken from one of our processes, which wants to go on.
    Taken,
    /// The supervisor has given it up, and let a process go before.
    Awaited,
    /// A process has given it up; whether the supervisor is next to have it.
    GivenUp { to_supervisor: bool },
}

impl Gap {
    /// A gap of this length between two of ours. `deprived`: from whom the CPU was taken and who
    /// has not had it since.
    pub fn of(
        length_ns: u64,
        before: Option<Holder>,
        deprived: Option<usize>,
        next: Option<Holder>,
    ) -> Self {
        let long = length_ns > SWITCH_NS;
        let deprived = deprived.map(Holder::Process);
        // From the process to itself: another had it in between, however short.
        let there_and_back = deprived.is_some() && before == deprived && next == deprived;
        match before {
            _ if there_and_back || (long && deprived.is_some()) => Self::Taken,
            _ if !long => Self::Switch,
            Some(Holder::Process(_)) => Self::GivenUp {
                to_supervisor: next == Some(Holder::Supervisor),
            },
            Some(Holder::Supervisor | Holder::OwnThread) | None => Self::Awaited,
        }
    }
}
