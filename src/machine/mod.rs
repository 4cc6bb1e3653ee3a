//! Mechanism: how the scheduler's decisions are made to happen.
//!
//! A [`Machine`] is a handful of verbs, one for each [`crate::scheduler::Transition`], and `tick`,
//! in which time passes. [`Simulator`] carries them out in virtual time; `linux::Machine` on real
//! processes. Both are driven by the same loop, [`self::supervise`].

mod device;
mod facts;
mod simulator;
pub mod supervise;

use std::future::Future;

pub use device::Device;
pub use facts::{
    ChildReport, Exit, Interference, InterferenceKind, KernelRecord, Pause, PauseCause, RunReport,
    Span, SpanEnd, Usage, signal_name,
};
pub use simulator::Simulator;

use crate::scheduler::{ProcId, Retired, Tick};

/// What one tick on a machine came to.
#[derive(Debug, Default)]
pub struct TickOutcome {
    /// What the running process did. `None`: nobody ran, or whoever ran executed nothing.
    pub retired: Option<Retired>,
    /// Processes that ended before their programs did.
    pub died: Vec<ProcId>,
    /// What was measured of the tick; `None` on paper.
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
    /// What was sampled in the middle of the tick: not everybody, when there are very many.
    pub letters: Vec<Sampled>,
    /// What outsiders did, as noticed since the tick before ended.
    pub interference: Vec<Interference>,
    /// When the supervisor stood still since the tick before ended.
    pub pauses: Vec<Pause>,
}

/// A process and its state letter in `/proc/PID/stat` (`proc_pid_stat(5)`).
pub type Sampled = (ProcId, char);

/// The mechanism. Verbs come in the order in which the scheduler decided; they change nothing
/// about time.
pub trait Machine {
    type Error;

    /// How many instructions each process has before it, in the order of the book's ids.
    fn processes(&self) -> Vec<u64>;

    /// The processes whose I/O is complete by the start of `tick`, in the order of completion.
    fn completed_ios(&mut self, tick: Tick) -> Vec<ProcId>;

    /// How many I/Os the device is working on.
    fn ios_in_flight(&self) -> usize;

    /// Ready → Running. May be delayed until the tick begins.
    fn dispatch(&mut self, process: ProcId) -> Result<(), Self::Error>;

    /// Running → Ready.
    fn deschedule(&mut self, process: ProcId) -> Result<(), Self::Error>;

    /// Running → Blocked, `tick` being the next to begin; the device starts on its I/O.
    fn block(&mut self, process: ProcId, tick: Tick) -> Result<(), Self::Error>;

    /// Blocked → Ready. May be delayed until the tick begins, when it is known whether the
    /// process runs in it.
    fn complete_io(&mut self, process: ProcId) -> Result<(), Self::Error>;

    /// A living process → Zombie: it has nothing left to execute.
    fn exit(&mut self, process: ProcId) -> Result<(), Self::Error>;

    /// Zombie → Gone.
    fn reap(&mut self, process: ProcId) -> Result<(), Self::Error>;

    /// One tick passes, with `running` on the CPU.
    fn tick(
        &mut self,
        tick: Tick,
        running: Option<ProcId>,
    ) -> impl Future<Output = Result<TickOutcome, Self::Error>>;
}
