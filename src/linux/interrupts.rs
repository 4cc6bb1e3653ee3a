//! The signals that ask the supervisor to end.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nix::fcntl::OFlag;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::pipe2;
use signal_hook::{SigId, flag, low_level};
use tokio::net::unix::pipe;

use super::error::{Error, io, system};
use super::sys;

const ENDING: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Hears INT, TERM, HUP and QUIT. The first one is for the run to end in good order; a second
/// one ends the supervisor on the spot, and the kernel ends the children with it.
pub struct Interrupts {
    wake: pipe::Receiver,
    last: Arc<AtomicUsize>,
    registered: Vec<SigId>,
}

impl Interrupts {
    /// # Errors
    /// When the pipe cannot be made or a handler not installed.
    pub fn listen() -> Result<Self, Error> {
        let failed = || io("listen for signals");
        let (wake, alarm) =
            pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).map_err(system("listen for signals"))?;
        let wake = pipe::Receiver::from_owned_fd(wake).map_err(failed())?;
        let (last, second) = (
            Arc::new(AtomicUsize::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let mut interrupts = Self {
            wake,
            last,
            registered: Vec::new(),
        };
        // Whoever started us ignoring a signal (nohup, a shell's background) wants it ignored.
        for signal in ENDING
            .into_iter()
            .filter(|&signal| !sys::is_ignored(signal))
        {
            interrupts
                .register(signal, &alarm, &second)
                .map_err(failed())?;
        }
        Ok(interrupts)
    }

    /// The actions of one signal run in the order in which they are registered.
    fn register(
        &mut self,
        signal: Signal,
        alarm: &OwnedFd,
        second: &Arc<AtomicBool>,
    ) -> io::Result<()> {
        let number = signal as i32;
        let ids = [
            flag::register_conditional_shutdown(number, 128 + number, Arc::clone(second))?,
            flag::register(number, Arc::clone(second))?,
            flag::register_usize(number, Arc::clone(&self.last), signal as usize)?,
            low_level::pipe::register_raw(number, alarm.try_clone()?)?,
        ];
        self.registered.extend(ids);
        Ok(())
    }

    /// Waits for a signal. Cancelling the wait loses none.
    ///
    /// # Errors
    /// When the pipe fails.
    pub async fn next(&self) -> Result<Signal, Error> {
        loop {
            let last = i32::try_from(self.last.load(Ordering::SeqCst)).unwrap_or(0);
            if let Ok(signal) = Signal::try_from(last) {
                return Ok(signal);
            }
            self.wake
                .readable()
                .await
                .map_err(io("listen for signals"))?;
            let _ = self.wake.try_read(&mut [0; 16]);
        }
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
    }
}

/// Makes signals behave as the ledger needs it, whatever we inherited: SIGCHLD not ignored, or the
/// kernel would reap for us, and sent for ends only; those that ask us to end not blocked. Must
/// come before any other thread exists, since each inherits the mask of its maker.
///
/// # Errors
/// When the kernel refuses.
pub fn claim_signals() -> Result<(), Error> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::SA_NOCLDSTOP, SigSet::empty());
    // SAFETY: the default action runs no code of ours.
    unsafe { sigaction(Signal::SIGCHLD, &default) }.map_err(system("reset SIGCHLD"))?;
    let mut unblock = SigSet::empty();
    for signal in ENDING {
        unblock.add(signal);
    }
    unblock
        .thread_unblock()
        .map_err(system("unblock INT, TERM, HUP and QUIT"))
}

/// Ignores SIGINT: a console hears of Ctrl-C as of any other key, and at the wrong moment it would
/// end it.
///
/// # Errors
/// When the kernel refuses.
pub fn leave_interrupts_to_the_terminal() -> Result<(), Error> {
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: to ignore a signal runs no code of ours.
    unsafe { sigaction(Signal::SIGINT, &ignore) }
        .map(drop)
        .map_err(system("ignore SIGINT"))
}
