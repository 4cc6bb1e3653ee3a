//! What a trace of real processes shows, as far as an explanation needs it.

use crate::scheduler::State;
use crate::trace::{Cell, TickRecord, Trace};
use crate::workload::Instruction;

/// A stretch of ticks in which something stayed as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// First and last tick.
    pub first: u64,
    pub last: u64,
    /// How long it took, in nanoseconds: until the tick behind it began.
    pub ns: u64,
}

impl Stretch {
    /// How many ticks.
    pub const fn ticks(self) -> u64 {
        self.last - self.first + 1
    }
}

/// A trace, asked questions.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a>(pub &'a Trace);

impl Facts<'_> {
    /// Ticks from the first to the last.
    pub fn ticks(self) -> u64 {
        self.0.measured.ticks
    }

    /// Wall time of the run in nanoseconds.
    pub fn wall_ns(self) -> u64 {
        self.0.measured.wall_ns.unwrap_or(0)
    }

    /// Time during which a process of ours was to go on and had no CPU, in nanoseconds; 0 where that
    /// is not known.
    pub fn withheld_ns(self) -> u64 {
        let account = self.0.account.as_ref();
        account.map_or(0, |account| {
            u64::try_from(account.withheld_ns()).unwrap_or(0)
        })
    }

    /// Ticks in which an instruction was executed.
    pub fn busy_ticks(self) -> u64 {
        self.0.measured.cpu_busy_ticks
    }

    /// When nothing was executed.
    pub fn idle(self) -> Vec<Stretch> {
        self.stretches(|tick| !executes(tick))
    }

    /// Ticks in which an instruction was executed while the device was working.
    pub fn both_busy(self) -> u64 {
        let both = |tick: &&TickRecord| executes(tick) && tick.ios_in_flight > 0;
        self.0.ticks.iter().filter(both).count() as u64
    }

    /// The ticks in which a process issued its I/Os.
    pub fn issued(self, process: usize) -> Vec<u64> {
        self.executed(process, Instruction::Io)
    }

    /// How many ticks a process spent on handling the completion of an I/O.
    pub fn completions(self, process: usize) -> usize {
        self.executed(process, Instruction::IoDone).len()
    }

    fn executed(self, process: usize, instruction: Instruction) -> Vec<u64> {
        let executes =
            |tick: &&TickRecord| tick.processes[process].instruction == Some(instruction);
        let ticks = self.0.ticks.iter().filter(executes);
        ticks.map(|tick| tick.tick).collect()
    }

    /// When a process was in a state.
    pub fn in_state(self, process: usize, state: State) -> Vec<Stretch> {
        self.stretches(|tick| tick.processes[process].state == state)
    }

    fn stretches(self, belongs: impl Fn(&TickRecord) -> bool) -> Vec<Stretch> {
        let ticks = &self.0.ticks;
        let mut stretches = Vec::new();
        let mut at = 0;
        for run in ticks.chunk_by(|a, b| belongs(a) == belongs(b)) {
            let behind = at + run.len();
            if let ([first, ..], [.., last]) = (run, run)
                && belongs(first)
            {
                let until = ticks.get(behind).and_then(|tick| tick.start_ns);
                let until_ns = until.or(last.end_ns).unwrap_or(0);
                stretches.push(Stretch {
                    first: first.tick,
                    last: last.tick,
                    ns: until_ns.saturating_sub(first.start_ns.unwrap_or(0)),
                });
            }
            at = behind;
        }
        stretches
    }
}

fn executes(tick: &TickRecord) -> bool {
    let executed = |cell: &Cell| cell.instruction.is_some();
    tick.processes.iter().any(executed)
}
