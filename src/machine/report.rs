//! The words in which a machine tells of real processes.

use serde::{Deserialize, Serialize};

use crate::scheduler::{ProcId, Tick};

/// How a process ended (`waitid(2)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It called `_exit` with this status.
    Code(i32),
    /// This signal killed it.
    Signal { number: i32, core_dumped: bool },
}

/// What the kernel's clocks and counters say of a process, its start-up left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time in nanoseconds.
    pub cpu_ns: u64,
    /// Times it gave up the CPU by itself: to sleep, to stop, to exit.
    pub voluntary_switches: u64,
    /// Times the CPU was taken from it.
    pub involuntary_switches: u64,
}

/// What is known of a process when all is over.
#[derive(Clone, Copy, Debug)]
pub struct ChildReport {
    /// The kernel's pid.
    pub pid: i32,
    /// How it ended by itself; `None`: it was still there when the run ended.
    pub exit: Option<Exit>,
    pub usage: Usage,
}

/// What an outsider did to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meddling {
    /// Continued one that we had stopped; it was stopped again.
    Continued,
    /// Stopped one that we had not stopped; it was continued.
    Stopped,
}

/// Interference from outside: noticed, put right, and told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interference {
    /// The tick in which it was noticed.
    pub tick: Tick,
    pub process: ProcId,
    pub what: Meddling,
}
