//! The rows of a real run: `process-run.py`'s columns, and in each cell the kernel's letter.

use std::fmt::Write;

use super::style;
use crate::scheduler::State;
use crate::trace::{Cell, TickRecord, Trace};
use crate::workload::dialect::Dialect;

/// The two columns at the end hold one number each.
const NUMBER: usize = 6;

/// Formats the rows of one run.
#[derive(Clone, Copy, Debug)]
pub struct LiveRows {
    pub processes: usize,
    /// Its words, and the width of its columns.
    pub dialect: Dialect,
    pub color: bool,
}

impl LiveRows {
    /// The heads of the columns.
    #[must_use]
    pub fn head(self) -> String {
        head(0..self.processes, self.dialect)
    }

    /// The row of one tick.
    #[must_use]
    pub fn row(self, tick: &TickRecord) -> String {
        let mark = if tick.io_completed { '*' } else { ' ' };
        let mut row = format!("{:3}{mark}", tick.tick);
        for cell in &tick.processes {
            self.cell(*cell, &mut row);
        }
        let executed = tick.processes.iter().any(|cell| cell.instruction.is_some());
        let number = |count: u64| {
            if count == 0 {
                String::new()
            } else {
                count.to_string()
            }
        };
        let (cpu, ios) = (number(u64::from(executed)), number(tick.ios_in_flight));
        let _ = write!(row, "{cpu:>NUMBER$}{ios:>NUMBER$}");
        row.truncate(row.trim_end().len());
        row.push('\n');
        row
    }

    fn cell(self, cell: Cell, row: &mut String) {
        let text = cell_text(cell, self.dialect);
        let blank = self.dialect.column_width().saturating_sub(text.len());
        let _ = if self.color {
            let style = style::of(cell.state);
            write!(row, "{:blank$}{style}{text}{style:#}", "")
        } else {
            write!(row, "{:blank$}{text}", "")
        };
    }
}

/// The heads of the columns for processes with these ids.
#[must_use]
pub fn head(ids: impl Iterator<Item = usize>, dialect: Dialect) -> String {
    let width = dialect.column_width();
    let mut head = "Time".to_owned();
    for id in ids {
        let _ = write!(head, "{:>width$}", format!("PID:{id:2}"));
    }
    let _ = writeln!(head, "{:>NUMBER$}{:>NUMBER$}", "CPU", "IOs");
    head
}

/// The book's state and the kernel's letter: `RUN:cpu R`.
#[must_use]
pub fn cell_text(cell: Cell, dialect: Dialect) -> String {
    let mut text = match (cell.state, cell.instruction) {
        (State::Running, Some(instruction)) => format!("RUN:{instruction}"),
        (state, _) => state_name(state, dialect).to_owned(),
    };
    if let Some(letter) = cell.kernel.filter(|_| cell.state != State::Gone) {
        text.push(' ');
        text.push(letter);
    }
    text
}

/// The book's word for a state, which tells a zombie from a process that has been waited for.
#[must_use]
pub const fn state_name(state: State, dialect: Dialect) -> &'static str {
    match state {
        State::Zombie => "ZOMBIE",
        State::Gone => "-",
        _ => state.book_name(dialect),
    }
}

/// The book's id of a process, and the name a workload file gives it: `P0 editor`.
#[must_use]
pub fn process_name(trace: &Trace, index: usize) -> String {
    let program = trace.workload.processes.get(index);
    match program.and_then(|program| program.name.as_deref()) {
        Some(name) => format!("P{index} {name}"),
        None => format!("P{index}"),
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
        let rows = LiveRows {
            processes: 3,
            dialect: Dialect::Current,
            color: false,
        };
        assert_eq!(
            rows.head(),
            "Time        PID: 0        PID: 1        PID: 2   CPU   IOs\n"
        );
        assert_eq!(
            rows.row(&tick()),
            "  7* RUN:io_done R     BLOCKED S             -     1     2\n"
        );
    }

    #[test]
    fn colour_changes_no_column() {
        let plain = LiveRows {
            processes: 3,
            dialect: Dialect::Current,
            color: false,
        }
        .row(&tick());
        let colored = LiveRows {
            processes: 3,
            dialect: Dialect::Current,
            color: true,
        }
        .row(&tick());
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
