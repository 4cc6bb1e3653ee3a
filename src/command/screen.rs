//! The thread that prints: it may wait for a slow terminal; the scheduler may not.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Failure;
use crate::linux::{own_cpu_ns, seat};
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
    /// CPU time of the thread in nanoseconds, as of when it last printed.
    cpu_ns: Arc<AtomicU64>,
}

impl Screen {
    /// Starts the thread, on these CPUs if that is possible.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(
        rows: LiveRows,
        cpus: Vec<usize>,
        mut out: impl Write + Send + 'static,
    ) -> Result<Self, Failure> {
        let (lines, incoming) = mpsc::channel();
        let cpu_ns = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&cpu_ns);
        let thread = thread::Builder::new().spawn(move || {
            // On the children's CPU it would only be in the way.
            let _ = seat::pin(&cpus);
            print_all(&incoming, rows, &mut out, &told)
        });
        let thread = thread.map_err(Failure::Thread)?;
        Ok(Self {
            lines,
            thread,
            cpu_ns,
        })
    }

    /// CPU time the thread has used so far, in nanoseconds.
    #[must_use]
    pub fn cpu_ns(&self) -> u64 {
        self.cpu_ns.load(Ordering::Relaxed)
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

fn print_all(
    incoming: &Receiver<Line>,
    rows: LiveRows,
    out: &mut impl Write,
    cpu_ns: &AtomicU64,
) -> io::Result<()> {
    loop {
        match incoming.try_recv() {
            Ok(Line::Text(text)) => out.write_all(text.as_bytes())?,
            Ok(Line::Row(tick)) => out.write_all(rows.row(&tick).as_bytes())?,
            Ok(Line::Why(decision)) => writeln!(out, "     {}", decision.reason)?,
            Err(TryRecvError::Empty) => {
                out.flush()?;
                cpu_ns.store(own_cpu_ns(), Ordering::Relaxed);
                thread::sleep(LOOK);
            }
            Err(TryRecvError::Disconnected) => return out.flush(),
        }
    }
}
