//! What happened: the document every output is made from, and the public format `timeshare/trace/1`.
//!
//! All times are nanoseconds of `CLOCK_MONOTONIC` counted from the first dispatch
//! ([`Trace::origin_ns`]), with pauses left out ([`Trace::pauses`]); all ticks count from 1; every
//! utilization is a fraction of 1. A field that does not apply is left out.
//!
//! Version 1 only ever gains fields; a reader ignores those it does not know. A change that would
//! mislead a reader of version 1 makes a version 2, which [`Recording::read`] refuses by name.
//!
//! Knows `workload`, `scheduler` and `machine`, whose simulator runs the same scenario beside it.

mod account;
mod agreement;
mod assembly;
mod beginning;
mod decision;
mod glyph;
mod kill;
mod lifetime;
mod recorder;
pub mod recording;
#[cfg(test)]
mod schedules;
mod simulated;
mod spread;
mod switch_latency;
mod tick_accounting;
mod totals;

use serde::{Deserialize, Deserializer, Serialize};

pub use account::{Account, account, signed};
pub use agreement::{Agreement, Difference, agreement, first_odd_letter, kernel_agrees};
pub use assembly::{RunLog, assemble};
pub use decision::{DecisionRecord, PolicyChange};
pub use glyph::Glyph;
pub use kill::Kill;
pub use lifetime::{Lifetime, lifetimes};
pub use recorder::Recorder;
pub use recording::Recording;
pub use simulated::{on_paper, record, record_steered, tick_accounting};
pub use spread::Spread;
pub use switch_latency::switch_latencies_ns;
pub use tick_accounting::{TickAccounting, TickSet};
pub use totals::{Counter, Lengths, Totals, ratio, sum_ns};

use crate::machine::{Exit, Interference, Pause, Span, Withheld};
use crate::scheduler::{PolicySpec, Reap, State};
use crate::workload::dialect::Dialect;
use crate::workload::{Instruction, Workload};

/// The name of the format this version writes and reads.
pub const SCHEMA: &str = "timeshare/trace/1";

/// One run on real processes, whole or as far as it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// `timeshare/trace/1`.
    pub schema: String,
    /// The version of timeshare that wrote it.
    pub timeshare: String,
    pub workload: Workload,
    pub policy: PolicyRecord,
    /// Nominal length of a tick in nanoseconds: the CPU time of an instruction. Where it was
    /// changed on the way, the ticks say so ([`TickRecord::nominal_ns`]).
    pub tick_ns: u64,
    pub machine: MachineFacts,
    /// The moment all times count from, by `CLOCK_MONOTONIC`, in nanoseconds: for holding the trace
    /// against other records of the same machine. `None`: the recording breaks off before it was
    /// told.
    #[serde(default, deserialize_with = "origin")]
    pub origin_ns: Option<u64>,
    /// Whether it came to its end, and otherwise what ended it.
    pub outcome: Outcome,
    /// One for each tick, in order.
    pub ticks: Vec<TickRecord>,
    /// In the order in which they were taken.
    pub decisions: Vec<DecisionRecord>,
    /// Policies that were changed by hand on the way; the simulation changes them, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policy_changes: Vec<PolicyChange>,
    /// What outsiders did to the processes.
    pub interference: Vec<Interference>,
    /// When the supervisor stood still.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// In the order of the book's ids.
    pub processes: Vec<ProcessRecord>,
    /// Whether the kernel recorded every context switch.
    pub switches: SwitchesRecord,
    /// What the system around it withheld. In older traces absent.
    #[serde(default)]
    pub withheld: Withheld,
    /// The same workload on paper: to its end, or as far as a broken-off run came.
    pub simulated: Totals,
    /// The real processes.
    pub measured: Totals,
    pub agreement: Agreement,
    /// Where the measured wall time went; of a run that was broken off, up to the end of its last tick.
    /// Absent without a record of context switches, or without a tick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
}

/// How it was scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRecord {
    /// By its parameters, and by its name where it is not the default policy.
    #[serde(flatten)]
    pub spec: PolicySpec,
    /// Length of an I/O in ticks; for how long it blocks, the dialect says.
    pub io_length: u64,
    /// Which version of `process-run.py` is followed; absent in older traces, which follow the
    /// current one.
    #[serde(default)]
    pub dialect: Dialect,
    /// When zombies are waited for.
    pub reap: Reap,
}

impl PolicyRecord {
    /// Ticks an I/O keeps its process blocked, after the tick that issues it.
    pub const fn blocked_ticks(&self) -> u64 {
        self.dialect.blocked_ticks(self.io_length)
    }
}

impl Trace {
    /// Nominal length in nanoseconds of the tick at this place, from 0; of one that only the
    /// simulation has, that of the last one there was.
    pub fn nominal_ns(&self, index: usize) -> u64 {
        let lengths = Lengths {
            first_ns: self.tick_ns,
            ticks: &self.ticks,
        };
        lengths.of(index)
    }

    /// What the first `ticks` take, at their nominal lengths, in nanoseconds.
    pub fn nominal_length_ns(&self, ticks: u64) -> u64 {
        let lengths = Lengths {
            first_ns: self.tick_ns,
            ticks: &self.ticks,
        };
        lengths.sum_ns(ticks)
    }

    /// The policy that decides about a tick.
    pub fn policy_in(&self, tick: u64) -> PolicySpec {
        let changes = self.policy_changes.iter();
        let last = changes.rev().find(|change| change.tick <= tick);
        last.map_or(self.policy.spec, |change| change.spec)
    }

    /// The ticks from which on the nominal length is another one, and that length in nanoseconds.
    pub fn tick_changes(&self) -> Vec<(u64, u64)> {
        let mut before = self.tick_ns;
        let lengths = self.ticks.iter();
        let lengths = lengths.map(|tick| (tick.tick, tick.nominal_ns(self.tick_ns)));
        lengths
            .filter(|&(_, length)| std::mem::replace(&mut before, length) != length)
            .collect()
    }
}

/// Older versions wrote 0 where it was not known; no run begins at the moment the machine starts.
fn origin<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let told = Option::deserialize(from)?;
    Ok(told.filter(|&ns| ns > 0))
}

/// The machine it ran on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineFacts {
    /// Name and release, as `uname -sr` says.
    pub kernel: String,
    /// From `/proc/cpuinfo`.
    pub cpu_model: String,
    /// The CPUs timeshare was allowed to use.
    pub cpus_allowed: Vec<usize>,
    /// The CPU the processes were pinned to.
    pub cpu: usize,
    /// The CPU the supervisor was pinned to.
    pub supervisor_cpu: usize,
    /// Scheduling class of the supervisor.
    pub supervisor_class: String,
    /// Scheduling class of the processes.
    pub children_class: String,
    /// The pids of other runs of timeshare on the same CPU, as far as they are known; 0: one in
    /// another pid namespace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs_beside: Vec<i32>,
}

/// The kernel's record of context switches (`perf_event_open(2)`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchesRecord {
    /// Every one, but for those the kernel had no room for.
    Recorded {
        /// Records the kernel had no room for: when this is not 0, spans are missing or wrong.
        lost: u64,
        /// When the supervising thread was on the CPU.
        supervisor: Vec<Span>,
        /// When our threads that sample and print were on the processes' CPU. In older traces absent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        own_threads: Vec<Span>,
    },
    /// None; the states were sampled all the same.
    Unavailable { why: String },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All processes came to their ends.
    Complete,
    /// A signal ended the run.
    Interrupted {
        /// Its name, as `SIGINT`.
        signal: String,
    },
    /// It was left from its full-screen view.
    Left,
    /// Something failed.
    Failed { error: String },
}

/// One tick: the state of each process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickRecord {
    /// From 1.
    pub tick: u64,
    /// When the process that runs in it was let go. On paper absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ns: Option<u64>,
    /// When the supervisor had heard what it did. On paper absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ns: Option<u64>,
    /// Its nominal length in nanoseconds, where that is not the one the run began with. On paper
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominal_ns: Option<u64>,
    /// CPU time of the process that executed in it, from its first stop to the end of the tick, by
    /// its own clock, in nanoseconds. On paper absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ns: Option<u64>,
    /// Whether an I/O completed right before it: `process-run.py`'s asterisk.
    pub io_completed: bool,
    /// I/Os the device was working on throughout the tick.
    pub ios_in_flight: u64,
    /// In the order of the book's ids.
    pub processes: Vec<Cell>,
}

impl TickRecord {
    /// Its nominal length in nanoseconds; `first_ns` is that of the first tick
    /// ([`Trace::tick_ns`]).
    pub fn nominal_ns(&self, first_ns: u64) -> u64 {
        self.nominal_ns.unwrap_or(first_ns)
    }

    /// Whether an instruction was executed in it.
    pub fn is_cpu_busy(&self) -> bool {
        self.processes.iter().any(|cell| cell.instruction.is_some())
    }
}

/// One process in one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The book's state.
    pub state: State,
    /// What it executed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction: Option<Instruction>,
    /// The letter `/proc/PID/stat` showed in the middle of the tick (`proc_pid_stat(5)`); absent
    /// when it was not sampled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<char>,
}

impl Cell {
    /// What simulation and run are compared by.
    pub const fn by_the_book(self) -> (State, Option<Instruction>) {
        (self.state, self.instruction)
    }
}

/// What became of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRecord {
    /// The book's id.
    pub id: u32,
    /// The kernel's pid.
    pub pid: i32,
    /// How it ended; absent when the run ended before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
    /// How often others interfered with it, which includes to kill it: its figures are then not those
    /// of an undisturbed process. Absent: never. Older traces leave out that it was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interference: Option<u64>,
    /// CPU time by the kernel's clock from its first stop to its end, in nanoseconds.
    pub cpu_ns: u64,
    /// Times it gave up the CPU by itself: to sleep, to stop, to exit. Absent in a recording that
    /// breaks off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voluntary_switches: Option<u64>,
    /// Times the CPU was taken from it. Absent in a recording that breaks off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub involuntary_switches: Option<u64>,
    /// For how long it could run and waited for the CPU, which the supervisor had, or others, by
    /// `/proc/PID/schedstat`, from its first stop to its end, in nanoseconds. Absent where the
    /// kernel does not say, and in older traces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_queue_wait_ns: Option<u64>,
    /// When it was on the CPU, by the kernel's record of context switches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spans: Option<Vec<Span>>,
    pub simulated: Lifetime,
    pub measured: Lifetime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_without_a_dialect_follows_the_current_version() {
        let old = r#"{"switch": "SWITCH_ON_IO", "io_done": "IO_RUN_LATER", "io_length": 5, "reap": "now"}"#;
        let policy: PolicyRecord = serde_json::from_str(old).unwrap();
        assert_eq!(
            (policy.dialect, policy.blocked_ticks()),
            (Dialect::Current, 5)
        );
    }
}
