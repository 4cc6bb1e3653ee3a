//! Round robin (OSTEP 7.7): after a slice of some ticks the next process has its turn. It shows
//! what a policy takes; only tests have it.
//!
//! Ties: turns go round in the order of the process list. A slice ends before the I/Os complete that
//! end with the same tick; what they make ready waits for its turn.

use super::Listed;
use crate::scheduler::decision::Reason;
use crate::scheduler::ids::ProcId;
use crate::scheduler::policy::{Choice, Event, Policy};
use crate::scheduler::spec::{Parameter, PolicyKind, Values};
use crate::scheduler::table::ProcessTable;

pub const LISTED: Listed = Listed {
    kind: &PolicyKind {
        name: "round_robin",
        is_default: false,
        parameters: &[Parameter {
            name: "slice",
            key: None,
            values: Values::Number {
                least: 1,
                most: 1_000_000,
                default: 2,
            },
        }],
        legend: |spec| {
            let slice = spec.raw(0);
            let when =
                format!("the current process is FINISHED, ISSUES AN IO or had {slice} ticks");
            vec![["System will switch when".to_owned(), when]]
        },
    },
    build: |spec| {
        Box::new(RoundRobin {
            slice: spec.raw(0),
            ticks: 0,
        })
    },
};

struct RoundRobin {
    /// In ticks.
    slice: u64,
    /// What the running process has had of it.
    ticks: u64,
}

impl Policy for RoundRobin {
    fn choose(&mut self, event: Event, table: &ProcessTable) -> Option<Choice> {
        if let Event::TickEnded(process) = event {
            self.ticks += 1;
            return self.slice_over(process, table.next_ready_after(process)?);
        }
        let choice = match event {
            Event::Start => Choice::first(table)?,
            Event::IoIssued(process) => match table.next_ready_after(process) {
                Some(next) => Choice::run(next, Reason::SwitchOnIo { process, next }),
                None => Choice::keep(Reason::NoneReady { process }),
            },
            Event::IoCompleted(process) => match table.running() {
                Some(running) => Choice::keep(Reason::IoRunLater { process, running }),
                None => Choice::run(process, Reason::OnlyRunnable { process }),
            },
            Event::Exited(process) => Choice::after_exit(process, table),
            Event::TickEnded(_) => return None,
        };
        if choice.run.is_some() {
            self.ticks = 0;
        }
        Some(choice)
    }
}

impl RoundRobin {
    fn slice_over(&mut self, process: ProcId, next: ProcId) -> Option<Choice> {
        let ticks = self.ticks;
        (ticks >= self.slice).then(|| {
            self.ticks = 0;
            Choice::run(
                next,
                Reason::SliceOver {
                    process,
                    next,
                    ticks,
                },
            )
        })
    }
}
