//! Policy: which process runs, and why.
//!
//! Pure: no clock, no operating system, no I/O. The [`Scheduler`] keeps the process table, hears
//! what happened ([`Scheduler::io_completed`], [`Scheduler::tick_ended`]), asks its [`Policy`] and
//! hands out [`Decision`]s, each a [`Transition`] (or none, when nothing changes) with its reason.
//! It never acts: a machine does. Of the other rooms it knows [`crate::workload`] only.

mod decision;
mod ids;
pub mod policies;
mod policy;
mod spec;
mod state;
mod switchable;
mod table;
#[cfg(test)]
mod tests;

use crate::workload::Instruction;

pub use decision::{Decision, Reason, ReasonKind, Transition, TransitionKind, is_worth_telling};
pub use ids::{ProcId, Tick};
pub use policies::process_run::ProcessRun;
pub use policy::{Choice, Event, Policy};
pub use spec::{PolicySpec, Value};
pub use state::State;
pub use switchable::SwitchablePolicy;
pub use table::ProcessTable;

/// What the running process did in a tick, as it said itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired {
    pub instruction: Instruction,
    /// How many instructions it has left.
    pub remaining: u64,
}

/// When a zombie is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reap {
    /// After it has been a zombie for one tick.
    #[default]
    Now,
    /// When the run is over.
    End,
}

/// The operating system's scheduler: process table, policy, and the decisions taken.
pub struct Scheduler {
    table: ProcessTable,
    policy: Box<dyn Policy + Send>,
    reap: Reap,
    /// The tick at whose start a decision taken now takes effect.
    effective: Tick,
    decisions: Vec<Decision>,
    /// Exited, not yet waited for.
    zombies: Vec<ProcId>,
}

impl Scheduler {
    pub fn new(policy: Box<dyn Policy + Send>, reap: Reap) -> Self {
        Self {
            table: ProcessTable::default(),
            policy,
            reap,
            effective: Tick(1),
            decisions: Vec::new(),
            zombies: Vec::new(),
        }
    }

    pub const fn table(&self) -> &ProcessTable {
        &self.table
    }

    /// A process has been created (New → Ready), with this many instructions before it.
    pub fn admit(&mut self, instructions: u64) {
        let process = self.table.add(instructions);
        self.go(
            Transition::Admit(process),
            Reason::Created {
                process,
                instructions,
            },
        );
    }

    /// All processes are there: the policy says which runs first.
    pub fn start(&mut self) {
        self.ask(Event::Start);
    }

    /// The I/O of `process` completed before the tick about to begin (Blocked → Ready); the
    /// policy says whether that changes which process runs.
    pub fn io_completed(&mut self, process: ProcId) {
        self.go(
            Transition::CompleteIo(process),
            Reason::DeviceAnswered { process },
        );
        self.ask(Event::IoCompleted(process));
        self.exit_if_finished();
    }

    /// `tick` passed, and the running process did in it what it says it did.
    ///
    /// # Panics
    /// If something was executed while no process was running: a machine that says so is broken.
    pub fn tick_ended(&mut self, tick: Tick, retired: Option<Retired>) {
        self.effective = tick.next();
        if let Some(to) = self.policy.changes(self.effective) {
            self.note(Reason::PolicyChanged { to });
        }
        if self.reap == Reap::Now {
            self.reap_all(|process| Reason::SeenAsZombie { process });
        }
        if let Some(Retired {
            instruction,
            remaining,
        }) = retired
        {
            let process = self
                .table
                .running()
                .expect("an instruction retired, but no process runs");
            self.table.set_remaining(process, remaining);
            if instruction == Instruction::Io {
                self.go(Transition::Block(process), Reason::IssuedIo { process });
                self.ask(Event::IoIssued(process));
            } else if remaining > 0 {
                self.ask(Event::TickEnded(process));
            }
        }
        self.exit_if_finished();
    }

    /// `process` ended before its program did: killed from outside, or by a fault of its own.
    pub fn died(&mut self, process: ProcId) {
        // It may have been found dead twice, or have come to its end in the meantime.
        if matches!(self.table.state(process), State::Zombie | State::Gone) {
            return;
        }
        self.table.set_remaining(process, 0);
        // The CPU may be waiting for the I/O of one that is blocked: no longer, when that one died.
        let waited_for = self.table.state(process) == State::Blocked
            && self.table.running().is_none()
            && self.table.first_ready().is_some();
        let held_the_cpu = self.table.running() == Some(process);
        self.exit(
            process,
            Reason::Died { process },
            held_the_cpu || waited_for,
        );
    }

    /// The run is over: each process that is a zombie still is waited for.
    pub fn finish(&mut self) {
        self.reap_all(|process| Reason::RunOver { process });
    }

    /// Whether a process has yet to exit.
    pub const fn has_active(&self) -> bool {
        self.table.active() > 0
    }

    /// Swaps the decisions made since the last call, in the order they were made, into `into`.
    pub fn take_decisions(&mut self, into: &mut Vec<Decision>) {
        into.clear();
        std::mem::swap(into, &mut self.decisions);
    }

    /// `process-run.py`'s `check_if_done`: a process that holds the CPU and has nothing left exits, in
    /// no time, and the next one gets the CPU. It is asked once at each such point, so a second
    /// empty process right behind the first holds the CPU for a tick that executes nothing.
    fn exit_if_finished(&mut self) {
        if let Some(process) = self
            .table
            .running()
            .filter(|&p| self.table.remaining(p) == 0)
        {
            self.exit(process, Reason::Finished { process }, true);
        }
    }

    fn exit(&mut self, process: ProcId, reason: Reason, held_the_cpu: bool) {
        self.go(Transition::Exit(process), reason);
        self.zombies.push(process);
        if held_the_cpu {
            self.ask(Event::Exited(process));
        }
    }

    /// Called before the exits of a tick are decided, so that every zombie it finds has been
    /// shown for a tick.
    fn reap_all(&mut self, why: impl Fn(ProcId) -> Reason) {
        for process in std::mem::take(&mut self.zombies) {
            self.go(Transition::Reap(process), why(process));
        }
    }

    fn ask(&mut self, event: Event) {
        let Some(Choice { run, reason }) = self.policy.choose(event, &self.table) else {
            return;
        };
        let Some(next) = run else {
            self.note(reason);
            return;
        };
        if let Some(running) = self.table.running() {
            self.go(Transition::Deschedule(running), reason);
        }
        self.go(Transition::Dispatch(next), reason);
    }

    fn note(&mut self, reason: Reason) {
        self.decisions.push(Decision {
            tick: self.effective,
            transition: None,
            reason,
        });
    }

    fn go(&mut self, transition: Transition, reason: Reason) {
        self.table.apply(transition);
        self.decisions.push(Decision {
            tick: self.effective,
            transition: Some(transition),
            reason,
        });
    }
}
