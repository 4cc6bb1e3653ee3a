//! How a cell of the picture looks: a colour and a letter, so that either is enough.

use crate::scheduler::State;
use crate::trace::Cell;
use crate::workload::Instruction;

/// What one process is in one tick. Who executes has a capital letter, as in `timeshare compare`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Cpu,
    Io,
    IoDone,
    /// It got the CPU with nothing to execute.
    Idle,
    New,
    Ready,
    Blocked,
    Zombie,
    Gone,
}

impl Glyph {
    /// Those that a legend explains.
    pub const EXPLAINED: [Self; 7] = [
        Self::Cpu,
        Self::Io,
        Self::IoDone,
        Self::Idle,
        Self::Ready,
        Self::Blocked,
        Self::Zombie,
    ];

    /// A single ASCII letter; a space for who is gone.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Cpu => 'C',
            Self::Io => 'I',
            Self::IoDone => 'D',
            Self::Idle => 'e',
            Self::New => 'n',
            Self::Ready => 'r',
            Self::Blocked => 'b',
            Self::Zombie => 'z',
            Self::Gone => ' ',
        }
    }

    /// Its class in the style sheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Cpu | Self::Io | Self::IoDone | Self::Idle => "running",
            Self::New => "new",
            Self::Ready => "ready",
            Self::Blocked => "blocked",
            Self::Zombie => "zombie",
            Self::Gone => "gone",
        }
    }

    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Cpu => "running: computes",
            Self::Io => "running: issues an I/O",
            Self::IoDone => "running: its I/O is done",
            Self::Idle => "running, with nothing to execute",
            Self::New => "new",
            Self::Ready => "ready",
            Self::Blocked => "blocked",
            Self::Zombie => "zombie",
            Self::Gone => "gone",
        }
    }
}

impl From<Cell> for Glyph {
    fn from(cell: Cell) -> Self {
        match (cell.state, cell.instruction) {
            (State::Running, Some(Instruction::Cpu)) => Self::Cpu,
            (State::Running, Some(Instruction::Io)) => Self::Io,
            (State::Running, Some(Instruction::IoDone)) => Self::IoDone,
            (State::Running, None) => Self::Idle,
            (State::New, _) => Self::New,
            (State::Ready, _) => Self::Ready,
            (State::Blocked, _) => Self::Blocked,
            (State::Zombie, _) => Self::Zombie,
            (State::Gone, _) => Self::Gone,
        }
    }
}
