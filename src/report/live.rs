//! The rows of a real run: `process-run.py`'s columns, and in each cell the kernel's letter.

use std::fmt::Write;

use super::style::style;
use crate::scheduler::State;
use crate::trace::{Cell, TickRecord};
use crate::workload::dialect::Dialect;

/// The two columns at the end hold one number each.
const NUMBER: usize = 6;

/// A column in which states and instructions are told in brief.
const BRIEF: usize = 10;

/// How much a cell says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// As `process-run.py`: `RUN:cpu`, `READY`.
    Full,
    /// The instruction alone where there is one: `cpu`, `READY`.
    Brief,
}

#[derive(Clone, Copy, Debug)]
pub struct LiveRows {
    dialect: Dialect,
    detail: Detail,
    color: bool,
}

impl LiveRows {
    /// In brief if the processes do not fit into `columns` otherwise.
    pub const fn new(processes: usize, dialect: Dialect, columns: Option<u16>) -> Self {
        let full = "Time".len() + processes * dialect.column_width() + 2 * NUMBER;
        let detail = match columns {
            Some(columns) if full > columns as usize => Detail::Brief,
            _ => Detail::Full,
        };
        Self {
            dialect,
            detail,
            color: false,
        }
    }

    pub const fn colored(self, color: bool) -> Self {
        Self { color, ..self }
    }

    const fn width(self) -> usize {
        match self.detail {
            Detail::Full => self.dialect.column_width(),
            Detail::Brief => BRIEF,
        }
    }

    pub fn head(self, ids: impl Iterator<Item = usize>) -> String {
        let width = self.width();
        let mut head = "Time".to_owned();
        for id in ids {
            let _ = write!(head, "{:>width$}", format!("PID:{id:2}"));
        }
        let _ = writeln!(head, "{:>NUMBER$}{:>NUMBER$}", "CPU", "IOs");
        head
    }

    pub fn row(self, tick: &TickRecord) -> String {
        let mark = if tick.io_completed { '*' } else { ' ' };
        let mut row = format!("{:3}{mark}", tick.tick);
        for cell in &tick.processes {
            self.cell(*cell, &mut row);
        }
        let number = |count: u64| {
            if count == 0 {
                String::new()
            } else {
                count.to_string()
            }
        };
        let (cpu, ios) = (
            number(u64::from(tick.is_cpu_busy())),
            number(tick.ios_in_flight),
        );
        let _ = write!(row, "{cpu:>NUMBER$}{ios:>NUMBER$}");
        row.truncate(row.trim_end().len());
        row.push('\n');
        row
    }

    fn cell(self, cell: Cell, row: &mut String) {
        let text = cell_text_in(cell, self.dialect, self.detail);
        let blank = self.width().saturating_sub(text.len());
        let _ = if self.color {
            let style = style(cell.state);
            write!(row, "{:blank$}{style}{text}{style:#}", "")
        } else {
            write!(row, "{:blank$}{text}", "")
        };
    }
}

/// The book's state and the kernel's letter: `RUN:cpu R`.
pub fn cell_text(cell: Cell, dialect: Dialect) -> String {
    cell_text_in(cell, dialect, Detail::Full)
}

/// A cell, as much as it is to say.
pub fn cell_text_in(cell: Cell, dialect: Dialect, detail: Detail) -> String {
    let mut text = match (cell.state, cell.instruction, detail) {
        (State::Running, Some(instruction), Detail::Full) => format!("RUN:{instruction}"),
        (State::Running, Some(instruction), Detail::Brief) => instruction.to_string(),
        // It was killed in the middle of the tick, or had nothing left to execute.
        (State::Running, None, Detail::Full) => "RUN:end".to_owned(),
        (State::Running, None, Detail::Brief) => "end".to_owned(),
        (state, ..) => state_name(state, dialect).to_owned(),
    };
    if let Some(letter) = cell.kernel.filter(|_| cell.state != State::Gone) {
        text.push(' ');
        text.push(letter);
    }
    text
}

/// The book's word for a state, which tells a zombie from a process that has been waited for.
pub const fn state_name(state: State, dialect: Dialect) -> &'static str {
    match state {
        State::Zombie => "ZOMBIE",
        State::Gone => "-",
        _ => state.book_name(dialect),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Instruction;

    fn tick() -> TickRecord {
        let cell = |state, instruction, kernel| Cell {
            state,
            instruction,
            kernel,
        };
        TickRecord {
            tick: 7,
            start_ns: Some(0),
            end_ns: Some(1),
            nominal_ns: None,
            cpu_ns: None,
            io_completed: true,
            ios_in_flight: 2,
            processes: vec![
                cell(State::Running, Some(Instruction::IoDone), Some('R')),
                cell(State::Blocked, None, Some('S')),
                cell(State::Gone, None, None),
            ],
        }
    }

    #[test]
    fn a_row_has_the_columns_of_process_run_and_the_kernels_letters() {
        let rows = LiveRows::new(3, Dialect::Current, None);
        assert_eq!(
            rows.head(0..3),
            "Time        PID: 0        PID: 1        PID: 2   CPU   IOs\n"
        );
        assert_eq!(
            rows.row(&tick()),
            "  7* RUN:io_done R     BLOCKED S             -     1     2\n"
        );
    }

    #[test]
    fn what_does_not_fit_is_told_in_brief() {
        let rows = |columns| LiveRows::new(3, Dialect::Current, Some(columns));
        assert_eq!(rows(58).head(0..3).len(), 59);
        assert_eq!(
            rows(57).head(0..3),
            "Time    PID: 0    PID: 1    PID: 2   CPU   IOs\n"
        );
        assert_eq!(
            rows(57).row(&tick()),
            "  7* io_done R BLOCKED S         -     1     2\n"
        );
    }

    #[test]
    fn what_ended_within_a_tick_ran_and_executed_nothing() {
        let cell = Cell {
            state: State::Running,
            instruction: None,
            kernel: Some('R'),
        };
        assert_eq!(cell_text(cell, Dialect::Current), "RUN:end R");
        assert_eq!(cell_text_in(cell, Dialect::Classic, Detail::Brief), "end R");
    }

    #[test]
    fn colour_changes_no_column() {
        let rows = LiveRows::new(3, Dialect::Current, None);
        let (plain, colored) = (rows.row(&tick()), rows.colored(true).row(&tick()));
        let mut stripped = String::new();
        let mut inside = false;
        for c in colored.chars() {
            match c {
                '\x1b' => inside = true,
                'm' if inside => inside = false,
                _ if !inside => stripped.push(c),
                _ => {}
            }
        }
        assert_eq!(stripped, plain);
    }
}
