//! Ctrl-Z: this process stands still, and goes on where it was. The terminal has the modes meanwhile
//! that it had before us: not every shell sees to that.

use std::io::stdin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, raise, sigaction,
};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};

use super::error::{Error, system};
use super::{full_screen, pulse, sys};

const TSTP: usize = Signal::SIGTSTP as usize;
const CONT: usize = Signal::SIGCONT as usize;

/// Of the terminal that is our standard input, before we change any; `None`: it is none.
static THEIRS: OnceLock<Option<libc::termios>> = OnceLock::new();

/// To be called before anybody changes the modes of the terminal.
pub fn remember_terminal() {
    THEIRS.get_or_init(|| tcgetattr(stdin()).ok().map(libc::termios::from));
}

/// Not where the terminal is somebody else's now: that would stop us.
fn set_modes(modes: Option<libc::termios>) {
    if let Some(modes) = modes
        && tcgetpgrp(stdin()) == Ok(getpgrp())
    {
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &Termios::from(modes));
    }
}

/// Starts a thread that does not hear TSTP and CONT: all that is done about them is done on one
/// thread, so that it is known which came first.
pub fn apart<T>(start: impl FnOnce() -> T) -> T {
    let both = SigSet::from_iter([Signal::SIGTSTP, Signal::SIGCONT]);
    let before = both.thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let started = start();
    if let Ok(before) = before {
        // The mask was there before.
        let _ = before.thread_set_mask();
    }
    started
}

/// What has been heard of TSTP and CONT.
#[derive(Default)]
pub struct Standstill {
    /// Which of the two came last; 0: that has been heeded. One cell, so that it cannot be read while
    /// it changes: a CONT takes back the TSTP before it, not the one behind it.
    pub last: Arc<AtomicUsize>,
}

impl Standstill {
    /// TSTP or CONT, if one has come since this was asked last.
    pub fn take_news(&self) -> Option<Signal> {
        match self.last.swap(0, Ordering::SeqCst) {
            TSTP => Some(Signal::SIGTSTP),
            CONT => Some(Signal::SIGCONT),
            _ => None,
        }
    }

    /// Stops this process as Ctrl-Z would if nobody listened, and returns when it is continued.
    /// Where nobody could continue it, in an orphaned process group, the kernel does not stop it; nor
    /// does it when somebody has continued it since it was asked: it took us a while to get here, and
    /// who knows when the next one comes.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn begin(&self) -> Result<(), Error> {
        let _aside = full_screen::step_aside();
        let failed = || system("stand still (SIGTSTP)");
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        let blocked = SigSet::from_iter([Signal::SIGTSTP, Signal::SIGCONT]);
        blocked.thread_block().map_err(failed())?;
        // SAFETY: the default action runs no code of ours.
        let handler = unsafe { sigaction(Signal::SIGTSTP, &default) }.map_err(failed())?;
        let ours = tcgetattr(stdin()).ok().map(libc::termios::from);
        set_modes(THEIRS.get().copied().flatten());
        let taken_back =
            self.last.load(Ordering::SeqCst) == CONT || sys::is_pending(Signal::SIGCONT);
        // A SIGCONT that is pending now is discarded, and lost: nobody can tell of one that comes
        // between the two calls. From here on it discards the SIGTSTP.
        let stopped = raise(Signal::SIGTSTP).map_err(failed());
        if taken_back {
            let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
            // SAFETY: to ignore a signal runs no code of ours. It discards what is pending.
            unsafe { sigaction(Signal::SIGTSTP, &ignore) }.map_err(failed())?;
        }
        blocked.thread_unblock().map_err(failed())?;
        // SAFETY: the handler that was installed before.
        unsafe { sigaction(Signal::SIGTSTP, &handler) }.map_err(failed())?;
        set_modes(ours);
        // The one that has continued us is no news; another TSTP is.
        let order = Ordering::SeqCst;
        let _ = self.last.compare_exchange(CONT, 0, order, order);
        // That was no outage.
        let _ = pulse::take_outage();
        stopped
    }
}
