//! Ctrl-Z: this process stands still, and goes on where it was. The terminal has the modes meanwhile
//! that it had before us: not every shell sees to that.

use std::io::stdin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};

use super::error::{Error, system};
use super::{full_screen, pulse};

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

/// What has been heard of TSTP and CONT.
#[derive(Default)]
pub struct Standstill {
    /// Never raised where TSTP is ignored.
    pub asked: Arc<AtomicBool>,
    pub continued: Arc<AtomicBool>,
}

impl Standstill {
    /// Whether it has been asked for since this was asked last.
    pub fn is_asked(&self) -> bool {
        self.asked.swap(false, Ordering::SeqCst)
    }

    /// Whether we have been continued since this was asked last.
    pub fn is_over(&self) -> bool {
        self.continued.swap(false, Ordering::SeqCst)
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
        let mut blocked = SigSet::empty();
        blocked.add(Signal::SIGTSTP);
        // From when it is raised until it is let through, a SIGCONT discards it.
        blocked.thread_block().map_err(failed())?;
        // SAFETY: the default action runs no code of ours.
        let handler = unsafe { sigaction(Signal::SIGTSTP, &default) }.map_err(failed())?;
        let stopped = raise(Signal::SIGTSTP).map_err(failed());
        let ours = tcgetattr(stdin()).ok().map(libc::termios::from);
        set_modes(THEIRS.get().copied().flatten());
        if self.continued.load(Ordering::SeqCst) {
            let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
            // SAFETY: to ignore a signal runs no code of ours. It discards what is pending.
            unsafe { sigaction(Signal::SIGTSTP, &ignore) }.map_err(failed())?;
        }
        blocked.thread_unblock().map_err(failed())?;
        // SAFETY: the handler that was installed before.
        unsafe { sigaction(Signal::SIGTSTP, &handler) }.map_err(failed())?;
        set_modes(ours);
        self.asked.store(false, Ordering::SeqCst);
        self.continued.store(false, Ordering::SeqCst);
        // That was no outage.
        let _ = pulse::take_outage();
        stopped
    }
}
