//! The owner of signals: hears them, and is asked what they asked for.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::signalfd::SignalFd;
use signal_hook::{SigId, low_level};
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;

use super::handlers::{Listening, end_signal, ending, times_continued};
use super::job_control;
use crate::os::error::{Error, io};
use crate::os::syscalls::{Watched, watched};
use crate::os::terminal::full_screen;
use crate::os::{deadline, syscalls, terminal};

/// What a signal asks for or tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalEvent {
    /// To end, with INT, TERM, HUP or QUIT.
    End(Signal),
    /// To [suspend](Signals::suspend) ourselves (TSTP, Ctrl-Z).
    Suspend,
    /// We were stopped, and have been continued (CONT).
    Continued,
    /// The terminal is ours again (`fg`), with the modes we had.
    Foreground,
}

/// Listens on one thread, which is the one that has to make it and to drop it. There may be several:
/// each hears each signal. The code that waits suspends us when asked to: it knows what has to stop with
/// us.
pub struct Signals {
    /// Dropped first: from then on a signal does again what it does to every program.
    _listening: Listening,
    wake: Wake,
    /// Readable while a SIGTSTP is pending. `None`: we ignore it, as we were started.
    stop: Option<AsyncFd<Watched<SignalFd>>>,
    /// How many times we were continued when that was told last.
    continued: Cell<u32>,
}

impl Signals {
    /// To be called inside of a runtime.
    ///
    /// # Errors
    /// When the kernel has no descriptor left, or a handler cannot be installed. Nothing remains of
    /// it then.
    pub fn listen() -> Result<Self, Error> {
        let failed = || io("listen for signals");
        let listening = Listening::begin().map_err(failed())?;
        let wake = Wake::new().map_err(failed())?;
        let stop = job_control::listen()?.map(watched);
        Ok(Self {
            _listening: listening,
            wake,
            stop: stop.transpose().map_err(failed())?,
            continued: Cell::new(times_continued()),
        })
    }

    /// Waits for a signal. Cancelling the wait loses none.
    pub async fn next(&self) -> Result<SignalEvent, Error> {
        loop {
            if let Some(event) = self.noted() {
                return Ok(event);
            }
            // No signal tells that the terminal is ours again.
            let look = terminal::is_suspended();
            tokio::select! {
                biased;
                asked = self.stop_asked() => {
                    asked.map_err(io("listen for signals"))?;
                    return Ok(SignalEvent::Suspend);
                }
                woken = self.wake.readable() => woken.map_err(io("listen for signals"))?,
                () = tokio::time::sleep(deadline::TERMINAL_POLL), if look => {}
            }
        }
    }

    /// Whether we have been continued, and that has not been told yet.
    pub fn is_continued(&self) -> bool {
        self.continued.get() != times_continued()
    }

    /// What handlers have noted. To suspend us is never among it: that signal is pending.
    fn noted(&self) -> Option<SignalEvent> {
        if let Some(signal) = end_signal() {
            return Some(SignalEvent::End(signal));
        }
        let continued = times_continued();
        if self.continued.replace(continued) != continued {
            // The terminal may have been used by others meanwhile.
            full_screen::invalidate();
            return Some(SignalEvent::Continued);
        }
        terminal::resume().then_some(SignalEvent::Foreground)
    }

    async fn stop_asked(&self) -> io::Result<()> {
        let Some(stop) = &self.stop else {
            return std::future::pending().await;
        };
        loop {
            let mut ready = stop.readable().await?;
            if syscalls::is_pending(Signal::SIGTSTP) {
                return Ok(());
            }
            ready.clear_ready();
        }
    }

    /// Waits for a signal that asks to end; suspends us meanwhile when asked to.
    pub async fn end(&self) -> Result<Signal, Error> {
        loop {
            match self.next().await? {
                SignalEvent::End(signal) => return Ok(signal),
                SignalEvent::Suspend => drop(self.suspend()?),
                SignalEvent::Continued | SignalEvent::Foreground => {}
            }
        }
    }

    /// Stops as asked until this process is continued, and says for how long that was. `None`: not at
    /// all, see [`job_control`].
    pub fn suspend(&self) -> Result<Option<Duration>, Error> {
        let stopped = job_control::suspend()?;
        if stopped.is_some() {
            // That we were continued is no news then.
            self.continued.set(times_continued());
        }
        Ok(stopped)
    }
}

/// A pipe into which handlers write, so that a wait ends. (`tokio::signal` has one, too, and panics
/// where no descriptor is left.)
struct Wake {
    receiver: pipe::Receiver,
    handlers: Vec<SigId>,
}

impl Wake {
    fn new() -> io::Result<Self> {
        let (sender, receiver) = pipe::pipe()?;
        let sender = sender.into_nonblocking_fd()?;
        let handlers = Vec::new();
        let mut wake = Self { receiver, handlers };
        for signal in ending().chain([Signal::SIGCONT]) {
            let handler = low_level::pipe::register_raw(signal as i32, sender.try_clone()?)?;
            wake.handlers.push(handler);
        }
        Ok(wake)
    }

    async fn readable(&self) -> io::Result<()> {
        self.receiver.readable().await?;
        let _ = self.receiver.try_read(&mut [0; 16]);
        Ok(())
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        for handler in self.handlers.drain(..) {
            low_level::unregister(handler);
        }
    }
}
