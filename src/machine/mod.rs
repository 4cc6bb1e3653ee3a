//! Mechanism: how the scheduler's decisions are made to happen.
//!
//! A [`Machine`] is a few verbs, one for each [`crate::scheduler::Transition`], and `tick`, in which
//! time passes. The [`Simulator`] has virtual time; `linux::Machine` has real processes. One loop,
//! [`supervise`], drives both: it owns the [`Device`] and tells an [`Observer`] what happens. What a
//! run on real processes leaves behind is a [`RunReport`].
//!
//! Knows `workload` and `scheduler`, and no operating system.

mod device;
mod exit;
mod facts;
mod observer;
mod simulator;
mod supervise;
#[cfg(test)]
mod tests;

use std::future::Future;

pub use device::Device;
pub use exit::{Exit, signal_name, wait_status_in_words};
pub use facts::{
    ChildReport, CpuLost, CpuQuota, Interference, InterferenceKind, KernelRecord, Pause,
    PauseCause, Rival, RunReport, Span, SpanEnd, Usage, Withheld,
};
pub use observer::{Observer, StopAfter, TickSnapshot};
pub use simulator::{Simulator, simulate};
pub use supervise::{Stopped, supervise};

use crate::scheduler::{ProcId, Retired, Tick};

/// What one tick on a machine came to.
#[derive(Debug, Default)]
pub struct TickOutcome {
    /// What the running process did. `None`: none ran, or the one that ran executed nothing.
    pub retired: Option<Retired>,
    /// Processes that ended before their programs did.
    pub died: Vec<ProcId>,
    /// What was measured of the tick; `None` in a simulation.
    pub measured: Option<MeasuredTick>,
}

/// When a tick took place, and what the kernel said in the middle of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeasuredTick {
    /// Start and end in nanoseconds of `CLOCK_MONOTONIC` since the first tick began, pauses left
    /// out.
    pub start_ns: u64,
    pub end_ns: u64,
    /// Its nominal length in nanoseconds, where that is not the one the run began with.
    pub nominal_ns: Option<u64>,
    /// CPU time of the process that executed, from its first stop to the end of the tick, by its
    /// own clock, in nanoseconds.
    pub cpu_ns: Option<u64>,
    /// What was sampled in the middle of the tick: not every process, when there are very many.
    pub letters: Vec<Sampled>,
    /// What outsiders did, as noticed since the tick before ended.
    pub interference: Vec<Interference>,
    /// When the supervisor stood still since the tick before ended.
    pub pauses: Vec<Pause>,
}

/// A process and its state letter in `/proc/PID/stat` (`proc_pid_stat(5)`).
pub type Sampled = (ProcId, char);

/// The mechanism. Its verbs are called in the order of the scheduler's decisions, always between
/// two ticks; none of them changes anything about time. Each is free to do nothing, and then need
/// not be written.
pub trait Machine {
    type Error;

    /// How many instructions each process has before it, in the order of the book's ids.
    fn instructions(&self) -> Vec<u64>;

    /// Ready → Running. May be delayed until the tick begins.
    fn dispatch(&mut self, _: ProcId) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Running → Ready.
    fn deschedule(&mut self, _: ProcId) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Running → Blocked: the device starts on its I/O.
    fn block(&mut self, _: ProcId) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Blocked → Ready: its I/O is complete. May be delayed until the tick begins, when it is known
    /// whether the process runs in it.
    fn complete_io(&mut self, _: ProcId) -> Result<(), Self::Error> {
        Ok(())
    }

    /// A living process → Zombie: it has nothing left to execute. The device forgets its I/O.
    fn exit(&mut self, _: ProcId) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Zombie → Gone.
    fn reap(&mut self, _: ProcId) -> Result<(), Self::Error> {
        Ok(())
    }

    /// One tick passes, with `running` on the CPU.
    fn tick(
        &mut self,
        tick: Tick,
        running: Option<ProcId>,
    ) -> impl Future<Output = Result<TickOutcome, Self::Error>>;
}
