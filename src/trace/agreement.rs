//! Whether a run did what the paper said, cell by cell.

use serde::{Deserialize, Serialize};

use super::{Cell, TickRecord};
use crate::scheduler::State;

/// How far simulation, run and kernel agree. A cell is one process in one tick.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Cells that the run or the simulation has.
    pub cells: u64,
    /// Cells in which both have the same state and instruction.
    pub model_equal: u64,
    /// Cells of the run in which the kernel's letter was sampled.
    pub kernel_sampled: u64,
    /// Sampled cells in which the letter is the one the state shows as.
    pub kernel_equal: u64,
    /// The first cell in which run and simulation differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_difference: Option<Difference>,
}

/// A cell in which run and simulation differ; one of the two may have no such tick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// From 1.
    pub tick: u64,
    /// The book's id.
    pub process: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated: Option<Cell>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Cell>,
}

impl Agreement {
    /// Whether every cell of the run is the simulation's, and the kernel says so of every one that
    /// was sampled.
    pub const fn is_whole(&self) -> bool {
        self.cells == self.model_equal && self.kernel_sampled == self.kernel_equal
    }
}

/// Compares a run with its simulation.
pub fn agreement(simulated: &[TickRecord], measured: &[TickRecord]) -> Agreement {
    let mut agreement = Agreement::default();
    for index in 0..simulated.len().max(measured.len()) {
        let (paper, real) = (simulated.get(index), measured.get(index));
        let width = paper.or(real).map_or(0, |tick| tick.processes.len());
        for process in 0..width {
            let cell = |tick: Option<&TickRecord>| tick?.processes.get(process).copied();
            let (paper, real) = (cell(paper), cell(real));
            agreement.count(paper, real);
            if agreement.first_difference.is_none() && !same(paper, real) {
                agreement.first_difference = Some(Difference {
                    tick: index as u64 + 1,
                    process: u32::try_from(process).unwrap_or(u32::MAX),
                    simulated: paper,
                    measured: real,
                });
            }
        }
    }
    agreement
}

/// The first cell in which the kernel's letter is not the one the state shows as: its tick, from 1,
/// its process, and what it is.
pub fn first_odd_letter(measured: &[TickRecord]) -> Option<(u64, usize, Cell)> {
    measured.iter().find_map(|tick| {
        let mut cells = tick.processes.iter().copied().enumerate();
        let odd = cells.find(|(_, cell)| kernel_agrees(*cell) == Some(false));
        odd.map(|(process, cell)| (tick.tick, process, cell))
    })
}

impl Agreement {
    fn count(&mut self, paper: Option<Cell>, real: Option<Cell>) {
        self.cells += 1;
        self.model_equal += u64::from(same(paper, real));
        if let Some(agrees) = real.and_then(kernel_agrees) {
            self.kernel_sampled += 1;
            self.kernel_equal += u64::from(agrees);
        }
    }
}

/// Whether both have the cell, with the same state and instruction.
fn same(paper: Option<Cell>, real: Option<Cell>) -> bool {
    let (Some(paper), Some(real)) = (paper, real) else {
        return false;
    };
    paper.by_the_book() == real.by_the_book()
}

/// Whether the kernel's letter is the one the book's state shows as on Linux; `None` when it was
/// not sampled.
pub fn kernel_agrees(cell: Cell) -> Option<bool> {
    let letter = cell.kernel?;
    Some(match cell.state {
        State::Ready => letter == 'T',
        // A process that got the CPU with nothing to execute has exited at once.
        State::Running if cell.instruction.is_none() => matches!(letter, 'R' | 'Z'),
        State::Running => letter == 'R',
        State::Blocked => letter == 'S',
        State::Zombie => letter == 'Z',
        State::New => matches!(letter, 'R' | 'S'),
        State::Gone => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Instruction;

    fn cell(state: State, instruction: Option<Instruction>, kernel: Option<char>) -> Cell {
        Cell {
            state,
            instruction,
            kernel,
        }
    }

    fn tick(tick: u64, processes: Vec<Cell>) -> TickRecord {
        TickRecord {
            tick,
            start_ns: None,
            end_ns: None,
            nominal_ns: None,
            cpu_ns: None,
            io_completed: false,
            ios_in_flight: 0,
            processes,
        }
    }

    #[test]
    fn a_run_agrees_wholly_when_paper_and_kernel_say_the_same() {
        let cpu = Some(Instruction::Cpu);
        let paper = [tick(
            1,
            vec![
                cell(State::Running, cpu, None),
                cell(State::Ready, None, None),
            ],
        )];
        let run = [tick(
            1,
            vec![
                cell(State::Running, cpu, Some('R')),
                cell(State::Ready, None, Some('S')),
            ],
        )];
        let odd = agreement(&paper, &run);
        assert_eq!((odd.cells, odd.model_equal), (2, 2));
        assert_eq!((odd.kernel_sampled, odd.kernel_equal), (2, 1));
        assert_eq!(odd.first_difference, None);
        assert!(!odd.is_whole(), "the kernel disagrees");
        assert_eq!(first_odd_letter(&paper), None);
        assert_eq!(first_odd_letter(&run), Some((1, 1, run[0].processes[1])));

        let mut run = run;
        run[0].processes[1].kernel = Some('T');
        assert!(agreement(&paper, &run).is_whole());
    }

    #[test]
    fn a_missing_tick_and_a_wrong_instruction_are_differences() {
        let paper = [
            tick(1, vec![cell(State::Running, Some(Instruction::Cpu), None)]),
            tick(2, vec![cell(State::Running, Some(Instruction::Io), None)]),
        ];
        let run = [tick(
            1,
            vec![cell(State::Running, Some(Instruction::Io), None)],
        )];
        let agreement = agreement(&paper, &run);
        assert_eq!((agreement.cells, agreement.model_equal), (2, 0));
        let first = agreement.first_difference.unwrap();
        assert_eq!((first.tick, first.process), (1, 0));
    }
}
