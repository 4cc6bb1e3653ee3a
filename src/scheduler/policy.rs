//! The border between the scheduler, which keeps the books, and a policy, which chooses.

use super::{ProcId, ProcessTable, Reason, Tick};

/// What a policy is asked about. The process table already shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// All processes are ready and none runs.
    Start,
    /// The running process issued an I/O and is blocked; nobody runs.
    IoIssued(ProcId),
    /// The I/O of this process completed; it is ready.
    IoCompleted(ProcId),
    /// The running process exited; nobody runs.
    Exited(ProcId),
}

/// A policy's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Who gets the CPU, from whoever has it; `None`: nothing changes.
    pub run: Option<ProcId>,
    pub reason: Reason,
}

/// A scheduling policy: sees the process table, answers who runs. A whole policy is one small
/// value in one file; [`super::ProcessRun`] is the example.
pub trait Policy {
    /// Whom to run now that `event` happened. Whoever is named must be ready. `None`: the event
    /// raises no question.
    fn choose(&mut self, event: Event, table: &ProcessTable) -> Option<Choice>;

    /// A tick has passed, and what is chosen from now on takes effect with `next`. `Some`: the
    /// policy has become another one, for this reason.
    fn tick_passed(&mut self, _next: Tick) -> Option<Reason> {
        None
    }
}
