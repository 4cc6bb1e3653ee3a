//! What is confirmed of a child; the machine on real processes turns it into what a run reports.

/// What the kernel's clocks and counters say of a child, its start-up left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time in nanoseconds.
    pub cpu_ns: u64,
    /// Nanoseconds it could run and waited for the CPU; `None`: the kernel does not say, or not yet.
    pub waited_ns: Option<u64>,
    /// Times it gave up the CPU by itself: to sleep, to stop, to exit.
    pub voluntary_switches: u64,
    /// Times the CPU was taken from it.
    pub involuntary_switches: u64,
}

/// Why a child left the CPU by itself, and when that was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmedEnd {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    pub at_ns: u64,
    pub why: LeftCpuTo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftCpuTo {
    /// A SIGSTOP was obeyed.
    Stop,
    /// In `read()` on its answer pipe.
    Block,
}

/// Whether, and when, a thread has left the CPU by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftCpu {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    At(u64),
    NotYet,
    /// There is no record.
    Unknown,
}

/// What another program changed of where a child may run and with what weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Displacement {
    /// The CPUs it may use; it is back on its own.
    Repinned,
    /// The same, and it could not be put back.
    RepinnedForGood,
    /// Its nice value or scheduling class; it has got back what it had.
    Reniced,
    /// The same, and it keeps that: to take it back takes a privilege.
    RenicedForGood,
}
