//! What stands for a cell where there is room for one letter only: on the whole screen, in the page
//! and in the picture.

use super::Cell;
use crate::scheduler::State;
use crate::workload::Instruction;

/// What one process is in one tick. What is executed has the letter it has in programs, `c2,i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Cpu,
    Io,
    IoDone,
    /// It had the CPU and completed no instruction: it was killed in the middle of one, or there was
    /// none left. Either way the tick was its last.
    Ended,
    New,
    Ready,
    Blocked,
    Zombie,
    Gone,
}

impl Glyph {
    /// Those that a legend explains.
    pub const EXPLAINED: [Self; 8] = [
        Self::Cpu,
        Self::Io,
        Self::IoDone,
        Self::Ready,
        Self::Blocked,
        Self::Zombie,
        Self::Ended,
        Self::Gone,
    ];

    /// A single ASCII letter.
    pub const fn letter(self) -> char {
        match self {
            Self::Cpu => 'c',
            Self::Io => 'i',
            Self::IoDone => 'd',
            Self::Ended => 'x',
            Self::New => 'n',
            Self::Ready => 'r',
            Self::Blocked => 'b',
            Self::Zombie => 'z',
            Self::Gone => '-',
        }
    }

    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Cpu => "running: computes",
            Self::Io => "running: issues an I/O",
            Self::IoDone => "running: its I/O is done",
            Self::Ended => "running: ended in this tick",
            Self::New => "new",
            Self::Ready => "ready",
            Self::Blocked => "blocked",
            Self::Zombie => "zombie",
            Self::Gone => "gone",
        }
    }

    /// The letter of an instruction, in programs, too.
    pub const fn of(instruction: Instruction) -> Self {
        match instruction {
            Instruction::Cpu => Self::Cpu,
            Instruction::Io => Self::Io,
            Instruction::IoDone => Self::IoDone,
        }
    }
}

impl From<Cell> for Glyph {
    fn from(cell: Cell) -> Self {
        match (cell.state, cell.instruction) {
            (State::Running, Some(instruction)) => Self::of(instruction),
            (State::Running, None) => Self::Ended,
            (State::New, _) => Self::New,
            (State::Ready, _) => Self::Ready,
            (State::Blocked, _) => Self::Blocked,
            (State::Zombie, _) => Self::Zombie,
            (State::Gone, _) => Self::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_signs_have_the_same_letter() {
        let mut letters: Vec<_> = Glyph::EXPLAINED.map(Glyph::letter).to_vec();
        letters.push(Glyph::New.letter());
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), Glyph::EXPLAINED.len() + 1);
    }
}
