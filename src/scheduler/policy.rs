//! The border between the scheduler, which keeps the books, and a policy, which chooses.

use super::decision::Reason;
use super::ids::{ProcId, Tick};
use super::spec::PolicySpec;
use super::table::ProcessTable;

/// What a policy is asked about. The process table already shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// All processes are ready and none runs.
    Start,
    /// A tick has passed, and the process that ran in it goes on: it has neither issued an I/O nor
    /// exited. Comes before the I/Os complete that end with the tick.
    TickEnded(ProcId),
    /// The running process issued an I/O and is blocked; no process runs.
    IoIssued(ProcId),
    /// The I/O of this process completed; it is ready.
    IoCompleted(ProcId),
    /// The running process exited; no process runs.
    Exited(ProcId),
}

/// A policy's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The process that gets the CPU, from the one that has it; `None`: nothing changes.
    pub run: Option<ProcId>,
    pub reason: Reason,
}

impl Choice {
    pub const fn run(process: ProcId, reason: Reason) -> Self {
        Self {
            run: Some(process),
            reason,
        }
    }

    pub const fn keep(reason: Reason) -> Self {
        Self { run: None, reason }
    }

    /// The first process of the list runs.
    pub fn first(table: &ProcessTable) -> Option<Self> {
        let process = table.first_ready()?;
        Some(Self::run(process, Reason::First { process }))
    }

    /// The next ready process of the list runs, in turn.
    pub fn after_exit(process: ProcId, table: &ProcessTable) -> Self {
        match table.next_ready_after(process) {
            Some(next) => Self::run(next, Reason::NextAfterExit { process, next }),
            None if table.active() == 0 => Self::keep(Reason::LastExit { process }),
            None => Self::keep(Reason::NoneReadyAfterExit { process }),
        }
    }
}

/// A scheduling policy: sees the process table, answers which process runs. A whole policy is one
/// small value in one file of [`super::policies`], which tells how to add one.
pub trait Policy {
    /// The process to run now that `event` happened; it must be ready. `None`: the event raises no
    /// question.
    fn choose(&mut self, event: Event, table: &ProcessTable) -> Option<Choice>;

    /// Asked when a tick has passed, before anything is decided for `next`. `Some`: from then on it is
    /// another policy.
    fn changes(&mut self, _next: Tick) -> Option<PolicySpec> {
        None
    }
}
