//! The states of a process (OSTEP 4.4 and 4.5).

use serde::{Deserialize, Serialize};

use crate::workload::dialect::Dialect;

/// Where a process is between its creation and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being created (xv6: `EMBRYO`).
    New,
    /// Could run, but the operating system has chosen not to (xv6: `RUNNABLE`).
    Ready,
    /// Has the CPU.
    Running,
    /// Waits for its I/O (xv6: `SLEEPING`).
    Blocked,
    /// Has exited and has not been waited for.
    Zombie,
    /// Has been waited for: no entry is left.
    Gone,
}

impl State {
    /// All of them, in the order in which a process comes through them.
    pub const ALL: [Self; 6] = [
        Self::New,
        Self::Ready,
        Self::Running,
        Self::Blocked,
        Self::Zombie,
        Self::Gone,
    ];

    /// The word `process-run.py` prints; it does not tell a zombie from one waited for.
    pub const fn book_name(self, dialect: Dialect) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Ready => "READY",
            Self::Running => "RUNNING",
            Self::Blocked => dialect.blocked_name(),
            Self::Zombie | Self::Gone => "DONE",
        }
    }
}
