//! The process list: every process, its state, and how much it has left to do.

use std::collections::BTreeSet;

use super::decision::Transition;
use super::ids::ProcId;
use super::state::State;

/// All processes, in the order of their ids. At most one is running.
#[derive(Clone, Debug, Default)]
pub struct ProcessTable {
    states: Vec<State>,
    /// Instructions each has left.
    remaining: Vec<u64>,
    ready: BTreeSet<ProcId>,
    running: Option<ProcId>,
    /// Neither zombie nor gone.
    active: usize,
}

impl ProcessTable {
    pub fn len(&self) -> usize {
        self.states.len()
    }

    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// # Panics
    /// If `process` was never added.
    pub fn state(&self, process: ProcId) -> State {
        self.states[process.index()]
    }

    /// Instructions `process` has left.
    ///
    /// # Panics
    /// If `process` was never added.
    pub fn remaining(&self, process: ProcId) -> u64 {
        self.remaining[process.index()]
    }

    /// The states of all processes, in the order of their ids.
    pub fn states(&self) -> impl Iterator<Item = State> + '_ {
        self.states.iter().copied()
    }

    pub const fn running(&self) -> Option<ProcId> {
        self.running
    }

    /// How many have yet to exit.
    pub const fn active(&self) -> usize {
        self.active
    }

    /// How many are ready or running.
    pub fn runnable(&self) -> usize {
        self.ready.len() + usize::from(self.running.is_some())
    }

    /// The ready process with the lowest id.
    pub fn first_ready(&self) -> Option<ProcId> {
        self.ready.first().copied()
    }

    /// The next ready process after `process`, in the order of the ids and round again;
    /// `process` itself comes last.
    pub fn next_ready_after(&self, process: ProcId) -> Option<ProcId> {
        let after = ProcId(process.0 + 1);
        self.ready
            .range(after..)
            .next()
            .or_else(|| self.ready.first())
            .copied()
    }

    pub(super) fn add(&mut self, instructions: u64) -> ProcId {
        let id = u32::try_from(self.states.len()).expect("fewer processes than a u32 counts");
        self.states.push(State::New);
        self.remaining.push(instructions);
        self.active += 1;
        ProcId(id)
    }

    pub(super) fn set_remaining(&mut self, process: ProcId, remaining: u64) {
        self.remaining[process.index()] = remaining;
    }

    /// Moves one process to its next state.
    ///
    /// # Panics
    /// If the process is not in a state the transition leads from, or if a second one would run:
    /// the scheduler has contradicted itself.
    pub(super) fn apply(&mut self, transition: Transition) {
        let process = transition.process();
        let from = self.state(process);
        assert!(
            transition.leads_from(from),
            "{transition:?} of a process that is {from:?}"
        );
        match from {
            State::Ready => {
                self.ready.remove(&process);
            }
            State::Running => self.running = None,
            _ => {}
        }
        let to = transition.leads_to();
        match to {
            State::Ready => {
                self.ready.insert(process);
            }
            State::Running => {
                assert_eq!(self.running, None, "{transition:?} while another one runs");
                self.running = Some(process);
            }
            State::Zombie => self.active -= 1,
            _ => {}
        }
        self.states[process.index()] = to;
    }
}
