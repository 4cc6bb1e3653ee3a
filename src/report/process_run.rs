//! The output of OSTEP's `process-run.py`, byte for byte.

use std::io::{self, Write};

use crate::machine::{Observer, TickSnapshot};
use crate::scheduler::{Decision, State};
use crate::text::table::percent;
use crate::trace::{Counter, PolicyRecord, TickRecord};
use crate::workload::dialect::Dialect;
use crate::workload::{Instruction, Workload};

/// What follows the number of I/Os when there is none, in both versions.
const NO_IOS: usize = 10;

pub fn problem(workload: &Workload, policy: &PolicyRecord, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "Produce a trace of what would happen when you run these processes:"
    )?;
    for (index, process) in workload.processes.iter().enumerate() {
        writeln!(out, "Process {index}")?;
        for instruction in process.program.instructions() {
            writeln!(out, "  {instruction}")?;
        }
        writeln!(out)?;
    }
    // The classic version prints these sentences in two halves and no space between them.
    let gap = match policy.dialect {
        Dialect::Current => " ",
        Dialect::Classic => "",
    };
    writeln!(out, "Important behaviors:")?;
    for [when, then] in policy.spec.legend() {
        writeln!(out, "  {when}{gap}{then}")?;
    }
    writeln!(out)
}

pub fn statistics(counted: &Counter, out: &mut impl Write) -> io::Result<()> {
    let Counter {
        ticks,
        cpu_busy_ticks,
        io_busy_ticks,
    } = *counted;
    let cpu = percent(cpu_busy_ticks, ticks);
    let io = percent(io_busy_ticks, ticks);
    writeln!(out)?;
    writeln!(out, "Stats: Total Time {ticks}")?;
    writeln!(out, "Stats: CPU Busy {cpu_busy_ticks} ({cpu:.2}%)")?;
    writeln!(out, "Stats: IO Busy  {io_busy_ticks} ({io:.2}%)")?;
    writeln!(out)
}

/// Prints a row for each tick.
///
/// The row is kept as it is printed, and only the cells that change are written again: a tick
/// costs what it prints, however long the run has been going on.
pub struct Rows<W> {
    out: W,
    dialect: Dialect,
    cells: Vec<u8>,
}

impl<W: Write> Rows<W> {
    pub fn new(processes: usize, dialect: Dialect, mut out: W) -> io::Result<Self> {
        let width = dialect.column_width();
        write!(out, "Time")?;
        for process in 0..processes {
            write!(out, "{:>width$}", format!("PID:{process:2}"))?;
        }
        writeln!(out, "{:>width$}{:>width$}", "CPU", "IOs")?;
        Ok(Self {
            out,
            dialect,
            cells: vec![b' '; processes * width],
        })
    }

    pub fn into_inner(self) -> W {
        self.out
    }

    /// Prints a tick that was written down before.
    pub fn recorded(&mut self, tick: &TickRecord) -> io::Result<()> {
        let columns = self.cells.len() / self.dialect.column_width();
        for (index, cell) in tick.processes.iter().enumerate().take(columns) {
            match cell.state {
                State::Running => self.set_executed(index, cell.instruction),
                state => self.set(index, "", state.book_name(self.dialect)),
            }
        }
        self.print(
            tick.tick,
            tick.io_completed,
            tick.is_cpu_busy(),
            tick.ios_in_flight,
        )
    }

    fn print(
        &mut self,
        tick: u64,
        io_completed: bool,
        executed: bool,
        ios_in_flight: u64,
    ) -> io::Result<()> {
        let mark = if io_completed { '*' } else { ' ' };
        write!(self.out, "{tick:3}{mark}")?;
        self.out.write_all(&self.cells)?;
        let cpu = if executed { "1" } else { " " };
        let width = self.dialect.column_width();
        match ios_in_flight {
            0 => writeln!(self.out, "{cpu:>width$}{:NO_IOS$}", ' '),
            count => writeln!(self.out, "{cpu:>width$}{count:>width$}"),
        }
    }

    fn set(&mut self, index: usize, prefix: &str, name: &str) {
        let width = self.dialect.column_width();
        let cell = &mut self.cells[index * width..][..width];
        let (blank, text) = cell.split_at_mut(width - prefix.len() - name.len());
        blank.fill(b' ');
        let (head, tail) = text.split_at_mut(prefix.len());
        head.copy_from_slice(prefix.as_bytes());
        tail.copy_from_slice(name.as_bytes());
    }

    fn set_executed(&mut self, index: usize, executed: Option<Instruction>) {
        match executed {
            Some(instruction) => self.set(index, "RUN:", instruction.name()),
            None => self.set(index, "", State::Running.book_name(self.dialect)),
        }
    }
}

impl<W: Write> Observer for Rows<W> {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        if let Some(transition) = decision.transition {
            self.set(
                transition.process().index(),
                "",
                transition.leads_to().book_name(self.dialect),
            );
        }
        Ok(())
    }

    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        if let Some(running) = seen.table.running() {
            self.set_executed(running.index(), seen.executed);
        }
        let executed = seen.executed.is_some();
        self.print(
            seen.tick.0,
            seen.io_completed,
            executed,
            seen.ios_in_flight as u64,
        )
    }
}
