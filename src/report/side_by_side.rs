//! Simulation and run side by side, tick by tick.

use std::fmt::Write;

use super::live::{Detail, cell_text_in};
use super::style::style;
use crate::scheduler::State;
use crate::trace::{Cell, TickRecord, Trace, kernel_agrees};

#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub traces: bool,
    /// The reason of each decision, between the rows.
    pub why: bool,
    pub color: bool,
    pub width: u16,
}

/// Width of a simulated and of a measured cell.
const PAPER: usize = 8;
const REAL: usize = 10;

/// Both traces of a run, the first difference marked.
pub fn side_by_side(trace: &Trace, shown: Shown) -> String {
    let count = trace.processes.len();
    let mut text = format!(
        "{:4}{:>left$} │{:>right$}\n",
        "",
        "simulated",
        "measured",
        left = count * PAPER,
        right = count * REAL
    );
    text.push_str("Time");
    let head = |text: &mut String, width| {
        for process in 0..count {
            let _ = write!(text, "{:>width$}", format!("P{process}"));
        }
    };
    head(&mut text, PAPER);
    text.push_str(" │");
    head(&mut text, REAL);
    text.push('\n');

    let paper = trace.on_paper();
    let mut decisions = trace
        .decisions
        .iter()
        .filter(|decision| shown.why && decision.is_worth_telling())
        .peekable();
    for index in 0..paper.len().max(trace.ticks.len()) {
        let number = index as u64 + 1;
        while let Some(decision) = decisions.next_if(|decision| decision.tick <= number) {
            let _ = writeln!(text, "     {}", decision.why);
        }
        text.push_str(&row(
            number,
            paper.get(index),
            trace.ticks.get(index),
            trace,
            shown.color,
        ));
    }
    for decision in decisions {
        let _ = writeln!(text, "     {}", decision.why);
    }
    text
}

fn row(
    number: u64,
    paper: Option<&TickRecord>,
    real: Option<&TickRecord>,
    trace: &Trace,
    color: bool,
) -> String {
    let text = |cell: Cell| {
        (
            cell.state,
            cell_text_in(cell, trace.policy.dialect, Detail::Brief),
        )
    };
    let mut row = format!("{number:3} ");
    let mut differs = false;
    let count = trace.processes.len();
    for process in 0..count {
        let cell = cell_of(paper, process);
        put(&mut row, cell.map(text), PAPER, color);
    }
    row.push_str(" │");
    for process in 0..count {
        let (paper, real) = (cell_of(paper, process), cell_of(real, process));
        differs |= real.and_then(kernel_agrees) == Some(false);
        differs |= paper.map(Cell::by_the_book) != real.map(Cell::by_the_book);
        put(&mut row, real.map(text), REAL, color);
    }
    let first = trace
        .agreement
        .first_difference
        .as_ref()
        .is_some_and(|d| d.tick == number);
    row.push_str(match (differs, first) {
        (_, true) => "  ◀ first difference",
        (true, false) => "  ◀",
        (false, false) => "",
    });
    row.push('\n');
    row
}

fn cell_of(tick: Option<&TickRecord>, process: usize) -> Option<Cell> {
    tick?.processes.get(process).copied()
}

fn put(row: &mut String, cell: Option<(State, String)>, width: usize, color: bool) {
    let Some((state, text)) = cell else {
        let _ = write!(row, "{:>width$}", "");
        return;
    };
    let blank = width.saturating_sub(text.chars().count());
    let _ = if color {
        let style = style(state);
        write!(row, "{:blank$}{style}{text}{style:#}", "")
    } else {
        write!(row, "{:blank$}{text}", "")
    };
}
