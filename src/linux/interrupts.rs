//! The signals that ask us to end.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction};
use nix::unistd::pipe2;
use signal_hook::{SigId, flag, low_level};
use tokio::net::unix::pipe;

use super::deadline::Deadline;
use super::error::{Error, io, system};
use super::sys;

const ENDING: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Hears INT, TERM, HUP and QUIT. The first one is for us to end in good order; a second one ends
/// us on the spot, and the kernel ends the children with us.
///
/// Its descriptor is readable once a signal has come.
pub struct Listener {
    wake: OwnedFd,
    last: Arc<AtomicUsize>,
    registered: Vec<SigId>,
}

impl Listener {
    /// # Errors
    /// When the pipe cannot be made or a handler not installed.
    pub fn listen() -> Result<Self, Error> {
        let (wake, alarm) =
            pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).map_err(system("listen for signals"))?;
        let (last, second) = (
            Arc::new(AtomicUsize::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let mut listener = Self {
            wake,
            last,
            registered: Vec::new(),
        };
        // Whoever started us ignoring a signal (nohup, a shell's background) wants it ignored.
        for signal in ENDING
            .into_iter()
            .filter(|&signal| !sys::is_ignored(signal))
        {
            listener
                .register(signal, &alarm, &second)
                .map_err(io("listen for signals"))?;
        }
        Ok(listener)
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

    /// The signal that has come, if one has.
    #[must_use]
    pub fn heard(&self) -> Option<Signal> {
        let last = i32::try_from(self.last.load(Ordering::SeqCst)).unwrap_or(0);
        Signal::try_from(last).ok()
    }

    /// Waits until a descriptor is readable, or its other end closed. `false`: the time is over.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when a signal has come; or when poll fails.
    pub fn wait_for(&self, fd: BorrowedFd<'_>, at_most: Duration) -> Result<bool, Error> {
        self.poll(
            &mut [
                PollFd::new(self.as_fd(), PollFlags::POLLIN),
                PollFd::new(fd, PollFlags::POLLIN),
            ],
            at_most,
        )
    }

    /// Sleeps.
    ///
    /// # Errors
    /// As [`Listener::wait_for`].
    pub fn sleep(&self, time: Duration) -> Result<(), Error> {
        self.poll(&mut [PollFd::new(self.as_fd(), PollFlags::POLLIN)], time)
            .map(drop)
    }

    /// Whether any of the descriptors has news; ours does not count.
    fn poll(&self, fds: &mut [PollFd<'_>], at_most: Duration) -> Result<bool, Error> {
        let deadline = Deadline::after(at_most);
        loop {
            let left = deadline.left();
            // In milliseconds, rounded up; what does not fit is as good as for ever.
            let ms = left.map_or(0, |left| left.as_millis() + 1);
            let timeout = PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX);
            let ready = poll(fds, timeout);
            if let Some(signal) = self.heard() {
                return Err(Error::Interrupted(signal));
            }
            match ready {
                Ok(0) if left.is_none() => return Ok(false),
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return Ok(true),
                Err(errno) => return Err(system("wait for an event")(errno)),
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
    }
}

/// A [`Listener`] for what runs on tokio.
pub struct Interrupts {
    listener: Listener,
    wake: pipe::Receiver,
}

impl Interrupts {
    /// # Errors
    /// As [`Listener::listen`].
    pub fn listen() -> Result<Self, Error> {
        let listener = Listener::listen()?;
        let wake = listener.wake.try_clone();
        let wake = wake.and_then(pipe::Receiver::from_owned_fd);
        let wake = wake.map_err(io("listen for signals"))?;
        Ok(Self { listener, wake })
    }

    /// Waits for a signal. Cancelling the wait loses none.
    ///
    /// # Errors
    /// When the pipe fails.
    pub async fn next(&self) -> Result<Signal, Error> {
        loop {
            if let Some(signal) = self.listener.heard() {
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

/// Makes SIGCHLD behave as the ledger needs it, whatever we inherited: not ignored, or the kernel
/// would reap for us; and blocked, so that [`super::sys::wait_for_sigchld`] can take it. Must come
/// before any other thread exists, since each inherits the mask of its maker.
///
/// # Errors
/// When the kernel refuses.
pub fn claim_sigchld() -> Result<(), Error> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action runs no code of ours.
    unsafe { sigaction(Signal::SIGCHLD, &default) }.map_err(system("reset SIGCHLD"))?;
    let mut unblock = SigSet::empty();
    for signal in ENDING {
        unblock.add(signal);
    }
    unblock
        .thread_unblock()
        .map_err(system("unblock INT, TERM, HUP and QUIT"))?;
    let mut block = SigSet::empty();
    block.add(Signal::SIGCHLD);
    nix::sys::signal::pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&block), None)
        .map_err(system("block SIGCHLD"))
}
