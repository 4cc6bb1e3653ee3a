//! The policies of chapter 4, exactly as OSTEP's `process-run.py` plays them.

use crate::scheduler::{Choice, Event, Policy, ProcId, ProcessTable, Reason};
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

/// First come, first served in the order of the process list, with the two switches of
/// `process-run.py`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessRun {
    pub switch: SwitchPolicy,
    pub io_done: IoDonePolicy,
}

impl Policy for ProcessRun {
    fn choose(&mut self, event: Event, table: &ProcessTable) -> Option<Choice> {
        match event {
            Event::Start => table
                .first_ready()
                .map(|process| run(process, Reason::First { process })),
            Event::IoIssued(process) => Some(self.io_issued(process, table)),
            Event::IoCompleted(process) => Some(self.io_completed(process, table)),
            Event::Exited(process) => Some(exited(process, table)),
        }
    }
}

impl ProcessRun {
    fn io_issued(self, process: ProcId, table: &ProcessTable) -> Choice {
        match (self.switch, table.next_ready_after(process)) {
            (SwitchPolicy::OnEnd, _) => keep(Reason::WaitForOwnIo { process }),
            (SwitchPolicy::OnIo, Some(next)) => run(next, Reason::SwitchOnIo { process, next }),
            (SwitchPolicy::OnIo, None) => keep(Reason::NobodyReady { process }),
        }
    }

    fn io_completed(self, process: ProcId, table: &ProcessTable) -> Choice {
        let running = table.running();
        if self.io_done == IoDonePolicy::Immediate {
            return run(
                process,
                Reason::IoRunImmediate {
                    process,
                    preempted: running,
                },
            );
        }
        match running {
            Some(running) => keep(Reason::IoRunLater { process, running }),
            None if table.runnable() > 1 => run(process, Reason::SwitchOnEnd { process }),
            None => run(process, Reason::OnlyRunnable { process }),
        }
    }
}

fn exited(process: ProcId, table: &ProcessTable) -> Choice {
    match table.next_ready_after(process) {
        Some(next) => run(next, Reason::NextAfterExit { process, next }),
        None if table.active() == 0 => keep(Reason::LastExit { process }),
        None => keep(Reason::NobodyAfterExit { process }),
    }
}

const fn run(process: ProcId, reason: Reason) -> Choice {
    Choice {
        run: Some(process),
        reason,
    }
}

const fn keep(reason: Reason) -> Choice {
    Choice { run: None, reason }
}
