//! The thread that prints: it may wait for a slow terminal; the scheduler may not.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Failure;
use crate::linux::seat;
use crate::report::live::LiveRows;
use crate::scheduler::Decision;
use crate::trace::TickRecord;

/// How often the thread looks whether there is something to print. It is not woken for each row:
/// that would cost the scheduler an inter-processor interrupt a tick.
const LOOK: Duration = Duration::from_millis(5);

/// What can be printed.
pub enum Line {
    Text(String),
    Row(TickRecord),
    Why(Decision),
}

/// The sending side.
pub struct Screen {
    lines: Sender<Line>,
    thread: JoinHandle<io::Result<()>>,
}

impl Screen {
    /// Starts the thread, on these CPUs if that is possible.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(rows: LiveRows, cpus: Vec<usize>) -> Result<Self, Failure> {
        let (lines, incoming) = mpsc::channel();
        let thread = thread::Builder::new().spawn(move || {
            // On the children's CPU it would only be in the way.
            let _ = seat::pin(&cpus);
            print_all(&incoming, rows)
        });
        let thread = thread.map_err(Failure::Thread)?;
        Ok(Self { lines, thread })
    }

    /// Hands over a line; never waits.
    ///
    /// # Errors
    /// When an earlier line could not be printed; [`Screen::finish`] says why.
    pub fn print(&self, line: Line) -> io::Result<()> {
        self.lines
            .send(line)
            .map_err(|_| io::ErrorKind::WriteZero.into())
    }

    /// Waits until everything is printed.
    ///
    /// # Errors
    /// What kept a line from being printed.
    pub fn finish(self) -> Result<(), Failure> {
        drop(self.lines);
        let printed = self.thread.join();
        printed.unwrap_or(Ok(())).map_err(Failure::stdout)
    }
}

fn print_all(incoming: &Receiver<Line>, rows: LiveRows) -> io::Result<()> {
    let mut out = io::stdout().lock();
    loop {
        match incoming.try_recv() {
            Ok(Line::Text(text)) => out.write_all(text.as_bytes())?,
            Ok(Line::Row(tick)) => out.write_all(rows.row(&tick).as_bytes())?,
            Ok(Line::Why(decision)) => writeln!(out, "     {}", decision.reason)?,
            Err(TryRecvError::Empty) => {
                out.flush()?;
                thread::sleep(LOOK);
            }
            Err(TryRecvError::Disconnected) => return out.flush(),
        }
    }
}
