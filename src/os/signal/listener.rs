//! Waits for signals with poll.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

use super::suspend_group::SuspendGroup;
use super::{Asked, Signals};
use crate::os::deadline::Deadline;
use crate::os::error::{Error, system};

/// Hears the signals, for those who wait without a runtime. Asked to stand still, it does, whoever
/// waits.
pub struct Listener {
    signals: Signals,
    /// They stand still with us.
    pub suspend_group: SuspendGroup,
}

impl Listener {
    /// # Errors
    /// When the kernel has no descriptor left, or a handler cannot be installed.
    pub fn listen() -> Result<Self, Error> {
        Ok(Self {
            signals: Signals::listen()?,
            suspend_group: SuspendGroup::default(),
        })
    }

    /// The signal that asks us to end, if one has come.
    #[must_use]
    pub fn heard(&self) -> Option<Signal> {
        self.signals.end.signal()
    }

    /// Waits until a descriptor is readable, or its other end closed. `false`: the time is over.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when a signal asks us to end; or when poll fails.
    pub fn wait_for(&self, fd: BorrowedFd<'_>, at_most: Duration) -> Result<bool, Error> {
        self.poll(Some(fd), at_most)
    }

    /// Sleeps.
    ///
    /// # Errors
    /// As [`Listener::wait_for`].
    pub fn sleep(&self, time: Duration) -> Result<(), Error> {
        self.poll(None, time).map(drop)
    }

    fn poll(&self, other: Option<BorrowedFd<'_>>, at_most: Duration) -> Result<bool, Error> {
        let ours = [Some(self.signals.wake_fd()), self.signals.stop_fd()];
        let all = [other].into_iter().chain(ours).flatten();
        let mut fds: Vec<_> = all.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let deadline = Deadline::after(at_most);
        loop {
            let left = deadline.left();
            let look = Signals::look_in().into_iter();
            // In milliseconds, rounded up; what does not fit is as good as for ever.
            let ms = left.map_or(0, |left| look.fold(left, Duration::min).as_millis() + 1);
            let timeout = PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX);
            let ready = poll(&mut fds, timeout);
            self.heed()?;
            match ready {
                Ok(0) if left.is_none() => return Ok(false),
                Ok(_) if other.is_some() && fds[0].any().unwrap_or(false) => return Ok(true),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(system("wait for an event")(errno)),
            }
        }
    }

    /// Does what has been asked.
    fn heed(&self) -> Result<(), Error> {
        while nix::unistd::read(self.signals.wake_fd(), &mut [0; 16]).is_ok_and(|length| length > 0)
        {
        }
        if let Some(Asked::End(signal)) = self.signals.noted() {
            return Err(Error::Interrupted(signal));
        }
        if self.signals.is_stop_asked() {
            let begin = || self.signals.standstill.begin();
            self.suspend_group.stopped_during(begin)?;
        }
        Ok(())
    }
}
