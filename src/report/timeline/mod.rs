//! The picture of a run: ticks as columns, a lane for each process, one for the CPU and one for the
//! device; the simulation above, what was measured below. The page and the picture file draw it
//! alike.

mod draw;
mod layout;
mod legend;
mod marks;
mod stretch;

pub use draw::{band, class, labels};
pub use layout::{CELL, Layout};
pub use legend::legend;
use marks::marks;
pub use marks::{Mark, SYMBOLS};
pub use stretch::Stretch;

use crate::scheduler::Decision;
use crate::trace::{Cell, TickRecord, Trace, kernel_agrees};

/// More ticks than these are not drawn, nor more cells of either side: a reader who has scrolled
/// as far looks into the trace itself, and files stay small enough to send around.
const MOST_TICKS: usize = 4_000;
const MOST_CELLS: usize = 30_000;
const MOST_PROCESSES: usize = 128;

/// How the style sheet of both, in a light place, is written down.
pub const STYLE: &str = include_str!("timeline.css");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Simulated,
    Measured,
}

impl Side {
    pub const BOTH: [Self; 2] = [Self::Simulated, Self::Measured];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Measured => "measured",
        }
    }
}

/// A run beside its simulation, as much of it as is drawn.
pub struct Timeline<'a> {
    pub trace: &'a Trace,
    paper: Vec<TickRecord>,
    /// The decisions that led to the simulation's ticks.
    pub paper_decisions: Vec<Decision>,
    pub ticks: usize,
    /// Processes that are drawn, counted from P0.
    pub processes: usize,
    marks: Vec<Vec<Mark>>,
}

impl<'a> Timeline<'a> {
    pub fn of(trace: &'a Trace) -> Self {
        let processes = trace.workload.processes.len().min(MOST_PROCESSES);
        let most = MOST_TICKS.min(MOST_CELLS / processes.max(1));
        let paper = trace.simulation_until(most as u64);
        let ticks = paper.ticks.len().max(trace.ticks.len()).min(most);
        Self {
            trace,
            ticks,
            processes,
            marks: marks(trace, ticks),
            paper: paper.ticks,
            paper_decisions: paper.decisions,
        }
    }

    /// What is not drawn, in a sentence; `None` when everything is.
    pub fn left_out(&self) -> Option<String> {
        let all = self.trace.simulated.ticks.max(self.trace.measured.ticks);
        let processes = self.trace.workload.processes.len();
        let mut parts = Vec::new();
        if all > self.ticks as u64 {
            parts.push(format!("ticks 1 to {} of {all}", self.ticks));
        }
        if processes > self.processes {
            parts.push(format!(
                "P0 to P{} of {processes} processes",
                self.processes - 1
            ));
        }
        (!parts.is_empty())
            .then(|| format!("Drawn are {}; the trace has the others.", parts.join(", ")))
    }

    /// The tick of this number, from 1, if that side has it.
    pub fn tick(&self, side: Side, number: usize) -> Option<&TickRecord> {
        let ticks = match side {
            Side::Simulated => &self.paper,
            Side::Measured => &self.trace.ticks,
        };
        ticks.get(number.checked_sub(1)?)
    }

    pub fn cell(&self, side: Side, number: usize, process: usize) -> Option<Cell> {
        self.tick(side, number)?.processes.get(process).copied()
    }

    /// Whether simulation, run and kernel do not all say the same of a tick. What a broken-off run
    /// did not come to is no difference: its simulation ends there, too.
    pub fn differs(&self, number: usize) -> bool {
        (0..self.trace.workload.processes.len()).any(|process| {
            let [paper, real] = Side::BOTH.map(|side| self.cell(side, number, process));
            paper.map(Cell::by_the_book) != real.map(Cell::by_the_book)
                || real.and_then(kernel_agrees) == Some(false)
        })
    }

    /// How long a tick of the run took, in nanoseconds.
    pub fn took_ns(&self, number: usize) -> Option<u64> {
        let tick = self.tick(Side::Measured, number)?;
        Some(tick.end_ns?.saturating_sub(tick.start_ns?))
    }

    /// What else happened in a tick, or before it.
    pub fn marks(&self, number: usize) -> &[Mark] {
        number
            .checked_sub(1)
            .and_then(|index| self.marks.get(index))
            .map_or(&[], Vec::as_slice)
    }

    /// `P0`, and the name a workload file gives it.
    pub fn name(&self, process: usize) -> String {
        self.trace.workload.title(process)
    }
}

/// What a document has no way to write is not in it, whatever names there are.
pub fn printable(text: &str) -> String {
    let allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..) && c != '\u{7f}'
    };
    let replaced = |c| {
        if allowed(c) {
            c
        } else {
            char::REPLACEMENT_CHARACTER
        }
    };
    text.chars().map(replaced).collect()
}
