//! What is printed while a run goes on.

use std::io::{self, Write};

use super::failure::Failure;
use crate::os::error::no_thread;
use crate::report::live::LiveRows;
use crate::run::background_writer::{BackgroundWriter, Work};
use crate::scheduler::Decision;
use crate::trace::TickRecord;

/// What can be printed.
pub enum Line {
    Text(String),
    Row(TickRecord),
    Why(Decision),
}

/// Prints lines.
pub type Screen = BackgroundWriter<Line>;

impl Screen {
    /// Prints to `out`, from a thread on these CPUs if that is possible.
    pub fn to(
        out: impl Write + Send + 'static,
        rows: LiveRows,
        cpus: Vec<usize>,
    ) -> Result<Self, Failure> {
        let started = Self::start(cpus, Printer { out, rows });
        Ok(started.map_err(no_thread("the thread that prints"))?)
    }
}

struct Printer<W> {
    out: W,
    rows: LiveRows,
}

impl<W: Write + Send + 'static> Work<Line> for Printer<W> {
    fn take(&mut self, line: Line) -> io::Result<()> {
        match line {
            Line::Text(text) => self.out.write_all(text.as_bytes()),
            Line::Row(tick) => self.out.write_all(self.rows.row(&tick).as_bytes()),
            Line::Why(decision) => writeln!(self.out, "     {}", decision.reason),
        }
    }

    fn rest(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
