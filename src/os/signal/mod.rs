//! The signals that ask us to end, to stand still, or tell that we were stopped.
//!
//! What they ask is the same for everybody ([`Signals`]). There are two ways to wait for it: with poll,
//! for those who have no runtime ([`Listener`]), and on tokio ([`Interrupts`]).

mod dispositions;
pub mod force_quit;
pub mod interval_signal;
pub mod job_control;
pub mod listener;
pub mod on_tokio;
pub mod suspend_group;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::sys::signal::Signal;
use nix::unistd::pipe2;
use signal_hook::{SigId, flag, low_level};

pub use dispositions::{claim_signals, ignore_sigxfsz, leave_interrupts_to_the_terminal};
pub use listener::Listener;
pub use on_tokio::Interrupts;

use dispositions::Heard;

use super::error::{Error, io, system};
use super::terminal::full_screen;
use super::{deadline, terminal};
use job_control::JobControl;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To end, with INT, TERM, HUP or QUIT.
    End(Signal),
    /// To stand still (TSTP, Ctrl-Z).
    Suspend,
    /// Nothing: we were stopped, and have been continued (CONT).
    Continued,
    /// Nothing: the terminal is ours again (`fg`), with the modes we had.
    Foreground,
}

/// The signal that asked us to end, once one has: for those who wait without a runtime.
#[derive(Clone, Default)]
pub struct EndAsked(Arc<AtomicUsize>);

impl EndAsked {
    pub fn signal(&self) -> Option<Signal> {
        let number = i32::try_from(self.0.load(Ordering::SeqCst)).ok()?;
        Signal::try_from(number).ok()
    }
}

/// Hears the signals. The first one that asks to end is for us to end in good order; a second one
/// is the [last call](self::force_quit).
///
/// Listens on one thread, which is the one that has to make it and to drop it.
struct Signals {
    /// Dropped first: from then on a signal does again what it does to every program.
    _heard: Heard,
    handlers: Handlers,
    end: EndAsked,
    standstill: JobControl,
}

impl Signals {
    /// # Errors
    /// When the kernel has no descriptor left, or a handler cannot be installed. Nothing remains of
    /// it then.
    fn listen() -> Result<Self, Error> {
        let failed = || io("listen for signals");
        let mut signals = Self {
            _heard: Heard::from_now_on().map_err(failed())?,
            handlers: Handlers::new()?,
            end: EndAsked::default(),
            standstill: JobControl::listen()?,
        };
        let Self {
            handlers,
            end,
            standstill,
            ..
        } = &mut signals;
        for signal in dispositions::ending() {
            let end = Arc::clone(&end.0);
            let note = |number| flag::register_usize(number, end, signal as usize);
            handlers.add(signal, note).map_err(failed())?;
        }
        let continued = Arc::clone(&standstill.continued);
        let note = |number| flag::register(number, continued);
        handlers.add(Signal::SIGCONT, note).map_err(failed())?;
        Ok(signals)
    }

    /// What has been asked, as far as it was noted. To stand still is never among it: that signal is
    /// [pending](Signals::is_stop_asked).
    fn noted(&self) -> Option<Asked> {
        if let Some(signal) = self.end.signal() {
            return Some(Asked::End(signal));
        }
        if self.standstill.take_continued() {
            // Whoever had the terminal meanwhile may have changed it.
            full_screen::take_again();
            return Some(Asked::Continued);
        }
        terminal::take_back().then_some(Asked::Foreground)
    }

    /// In how long to look whether there is something of which no signal tells; `None`: there is
    /// nothing of that kind.
    fn look_in() -> Option<Duration> {
        terminal::is_owed().then_some(deadline::TERMINAL)
    }

    /// Whether we are asked to stand still and nobody has taken that back.
    fn is_stop_asked(&self) -> bool {
        self.standstill.is_asked()
    }

    /// Readable once a handler has noted something.
    fn wake_fd(&self) -> BorrowedFd<'_> {
        self.handlers.wake.as_fd()
    }

    /// Readable while we are asked to stand still; `None`: we ignore that.
    fn stop_fd(&self) -> Option<BorrowedFd<'_>> {
        self.standstill.asked_fd()
    }
}

/// Handlers that note a signal and then wake up who waits. Gone when dropped.
struct Handlers {
    wake: OwnedFd,
    /// The writing end of `wake`.
    alarm: OwnedFd,
    registered: Vec<SigId>,
}

impl Handlers {
    fn new() -> Result<Self, Error> {
        let (wake, alarm) =
            pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).map_err(system("listen for signals"))?;
        Ok(Self {
            wake,
            alarm,
            registered: Vec::new(),
        })
    }

    fn add(
        &mut self,
        signal: Signal,
        note: impl FnOnce(i32) -> io::Result<SigId>,
    ) -> io::Result<()> {
        let number = signal as i32;
        self.registered.push(note(number)?);
        let alarm = self.alarm.try_clone()?;
        self.registered
            .push(low_level::pipe::register_raw(number, alarm)?);
        Ok(())
    }
}

impl Drop for Handlers {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
    }
}
