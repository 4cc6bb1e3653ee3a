//! Which ticks the statistics count.

use std::io;

use crate::machine::{Observer, TickSnapshot};
use crate::scheduler::{Decision, ProcId, State, Tick, Transition};
use crate::workload::Instruction;

/// Which ticks each figure counts, in constant memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickAccounting {
    /// All ticks there were.
    pub all: TickSet,
    /// In which an instruction was executed.
    pub cpu: TickSet,
    /// Throughout which the device was working.
    pub io: TickSet,
    /// Before which an I/O completed: those with an asterisk.
    pub marked: TickSet,
    /// In which nothing was executed, while the last process to get the CPU was done. The
    /// `process-run.py` of July 2020 counted them as CPU time.
    pub done: TickSet,
    /// Instructions executed: `cpu`, `io` and `io_done`.
    pub executed: [u64; 3],
    /// The last process to get the CPU.
    current: Option<ProcId>,
}

/// Ticks in ascending order, of which the first few stretches are remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickSet {
    /// How many ticks.
    pub count: u64,
    /// First and last tick of each stretch, at most [`TickSet::REMEMBERED`].
    pub stretches: Vec<(u64, u64)>,
    /// Stretches that are not remembered.
    pub more: u64,
    last: u64,
}

impl TickSet {
    /// More stretches than these are no help to a reader.
    pub const REMEMBERED: usize = 8;

    fn add(&mut self, tick: u64) {
        self.count += 1;
        let goes_on = self.last != 0 && self.last + 1 == tick;
        self.last = tick;
        let full = self.stretches.len() == Self::REMEMBERED;
        match self.stretches.last_mut() {
            Some((_, end)) if goes_on && self.more == 0 => *end = tick,
            _ if goes_on => {}
            _ if full => self.more += 1,
            _ => self.stretches.push((tick, tick)),
        }
    }
}

impl TickAccounting {
    /// Instructions of this kind that were executed.
    pub const fn executed(&self, instruction: Instruction) -> u64 {
        self.executed[instruction as usize]
    }

    fn count(&mut self, tick: u64, executed: Option<Instruction>, working: bool, marked: bool) {
        self.all.add(tick);
        if let Some(instruction) = executed {
            self.cpu.add(tick);
            self.executed[instruction as usize] += 1;
        }
        if working {
            self.io.add(tick);
        }
        if marked {
            self.marked.add(tick);
        }
    }
}

impl Observer for TickAccounting {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        if let Some(Transition::Dispatch(process)) = decision.transition {
            self.current = Some(process);
        }
        Ok(())
    }

    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        let Tick(tick) = seen.tick;
        self.count(
            tick,
            seen.executed,
            seen.ios_in_flight > 0,
            seen.io_completed,
        );
        let state = self.current.map(|process| seen.table.state(process));
        if matches!(state, Some(State::Zombie | State::Gone)) {
            self.done.add(tick);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ticks: impl IntoIterator<Item = u64>) -> TickSet {
        let mut set = TickSet::default();
        ticks.into_iter().for_each(|tick| set.add(tick));
        set
    }

    #[test]
    fn neighbouring_ticks_are_one_stretch() {
        let set = set([1, 2, 3, 7, 9, 10]);
        assert_eq!(set.stretches, [(1, 3), (7, 7), (9, 10)]);
        assert_eq!((set.count, set.more), (6, 0));
    }

    #[test]
    fn of_many_stretches_the_first_are_remembered_and_the_others_counted() {
        let set = set((0..20).flat_map(|n| [10 * n + 1, 10 * n + 2]));
        assert_eq!(set.stretches.len(), TickSet::REMEMBERED);
        assert_eq!(set.stretches.last(), Some(&(71, 72)));
        assert_eq!((set.count, set.more), (40, 12));
    }
}
