//! A thread that does what may wait, for a slow terminal or disk; the scheduler may not.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::os::affinity;
use crate::os::clock::own_cpu_ns;
use crate::os::signal::job_control::with_tstp_blocked;

/// How often the thread looks whether there is something to do. It is not woken for each item: that
/// would cost the scheduler an inter-processor interrupt a tick.
const LOOK: Duration = Duration::from_millis(5);

/// Does something with items, one after the other.
pub trait Work<T>: Send + 'static {
    /// # Errors
    /// After which nothing more is taken.
    fn take(&mut self, item: T) -> io::Result<()>;

    /// There is nothing to take at the moment, or nothing more at all.
    fn rest(&mut self) -> io::Result<()>;
}

/// The sending side.
pub struct BackgroundWriter<T> {
    items: Sender<T>,
    thread: JoinHandle<io::Result<()>>,
    /// CPU time of the thread in nanoseconds, as of when it rested last.
    cpu_ns: Arc<AtomicU64>,
}

impl<T: Send + 'static> BackgroundWriter<T> {
    /// Starts the thread, on these CPUs if that is possible.
    pub fn start(cpus: Vec<usize>, mut work: impl Work<T>) -> io::Result<Self> {
        let (items, incoming) = mpsc::channel();
        let cpu_ns = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&cpu_ns);
        let work = move || {
            // On the children's CPU it would only be in the way.
            let _ = affinity::pin(&cpus);
            take_all(&incoming, &mut work, &told)
        };
        let thread = with_tstp_blocked(|| thread::Builder::new().spawn(work))?;
        Ok(Self {
            items,
            thread,
            cpu_ns,
        })
    }

    /// CPU time the thread has used so far, in nanoseconds.
    pub fn cpu_ns(&self) -> u64 {
        self.cpu_ns.load(Ordering::Relaxed)
    }

    /// Hands over an item; never waits.
    ///
    pub fn hand(&self, item: T) -> io::Result<()> {
        self.items
            .send(item)
            .map_err(|_| io::ErrorKind::WriteZero.into())
    }

    /// Waits until everything is done.
    ///
    /// # Errors
    /// What ended it early.
    pub fn finish(self) -> io::Result<()> {
        drop(self.items);
        let panicked = |_| Err(io::Error::other("the thread that writes it has panicked"));
        self.thread.join().unwrap_or_else(panicked)
    }
}

fn take_all<T>(
    incoming: &Receiver<T>,
    work: &mut impl Work<T>,
    cpu_ns: &AtomicU64,
) -> io::Result<()> {
    loop {
        match incoming.try_recv() {
            Ok(item) => work.take(item)?,
            Err(TryRecvError::Empty) => {
                work.rest()?;
                cpu_ns.store(own_cpu_ns(), Ordering::Relaxed);
                thread::sleep(LOOK);
            }
            Err(TryRecvError::Disconnected) => return work.rest(),
        }
    }
}
