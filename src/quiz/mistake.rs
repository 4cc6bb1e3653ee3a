//! The kinds of mistakes.

use serde::Serialize;

use super::Misconception;
use crate::scheduler::{PolicySpec, ProcId};
use crate::workload::dialect::Dialect;

/// A mistake in a prediction. Ticks count from 1. `through`: the last tick up to which the
/// prediction is what the mistake would give; `None`: all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mistake {
    /// The CPU was taken from a process that keeps it.
    SwitchedTooEarly {
        tick: u64,
        from: ProcId,
        to: Option<ProcId>,
    },
    /// A process kept the CPU that has to give it up.
    StayedTooLong { tick: u64, process: ProcId },
    /// More than one process on the one CPU.
    TwoAtOnce { ticks: Vec<u64> },
    /// The CPU is idle, though this process could run.
    LeftIdle { tick: u64, process: ProcId },
    /// A process runs that waits for its I/O.
    RanBlocked { tick: u64, process: ProcId },
    /// A process runs that is done.
    RanDone { tick: u64, process: ProcId },
    /// It was time to switch, but another process is next, or none.
    WrongNext {
        tick: u64,
        process: ProcId,
        right: Option<ProcId>,
    },
    /// The prediction ends before the run; `tick` is the first one missing.
    EndedTooEarly { tick: u64 },
    /// The prediction goes on after the run; `tick` is the first one too many.
    WentOnTooLong { tick: u64 },
    /// Issuing an I/O, or finishing one, was given no tick of the CPU.
    ForgotIoTick {
        issue: bool,
        finish: bool,
        through: Option<u64>,
    },
    /// The tick that issues an I/O was taken for the first of its length.
    IoTooShort { through: Option<u64> },
    /// It would be right under another policy.
    WrongPolicy {
        #[serde(flatten)]
        policy: PolicySpec,
        through: Option<u64>,
    },
    /// It would be right in another version of `process-run.py`.
    WrongDialect {
        dialect: Dialect,
        through: Option<u64>,
    },
    /// The total time is that of the instructions alone.
    ForgotToWait,
    /// The total time is that of all instructions and all I/Os, one after the other.
    NothingOverlapped,
    /// The total time counts the rows with an asterisk twice.
    CountedMarks,
    /// The utilization is that of the device.
    DeviceInsteadOfCpu,
    /// The utilization is what the version of July 2020 printed.
    JulyOf2020,
}

impl Mistake {
    /// That the prediction follows other rules, up to a tick.
    pub const fn explained(misconception: Misconception, through: Option<u64>) -> Self {
        match misconception {
            Misconception::Policy(policy) => Self::WrongPolicy { policy, through },
            Misconception::FreeIo { issue, finish } => Self::ForgotIoTick {
                issue,
                finish,
                through,
            },
            Misconception::ShortIo => Self::IoTooShort { through },
            Misconception::Dialect(dialect) => Self::WrongDialect { dialect, through },
        }
    }
}
