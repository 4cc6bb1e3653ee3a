//! Waits for signals on tokio.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;

use super::{Asked, EndAsked, Signals};
use crate::os::error::{Error, io};
use crate::os::syscalls;

/// Hears the signals, for what runs on tokio. Asked to stand still, it says so: whoever waits knows
/// what has to stand still with us.
pub struct Interrupts {
    wake: pipe::Receiver,
    stop: Option<AsyncFd<OwnedFd>>,
    signals: Signals,
}

impl Interrupts {
    /// # Errors
    /// When the kernel has no descriptor left, or a handler cannot be installed.
    pub fn listen() -> Result<Self, Error> {
        let signals = Signals::listen()?;
        let failed = || io("listen for signals");
        let wake = signals.wake_fd().try_clone_to_owned();
        let wake = wake.and_then(pipe::Receiver::from_owned_fd);
        let stop = signals.stop_fd();
        let stop = stop.map(|fd| syscalls::watched(fd.try_clone_to_owned()?));
        Ok(Self {
            wake: wake.map_err(failed())?,
            stop: stop.transpose().map_err(failed())?,
            signals,
        })
    }

    /// Whether a signal has asked us to end; shared with those who wait.
    #[must_use]
    pub const fn end_asked(&self) -> &EndAsked {
        &self.signals.end
    }

    /// Waits for a signal. Cancelling the wait loses none.
    ///
    /// # Errors
    /// When the pipe fails.
    pub async fn next(&self) -> Result<Asked, Error> {
        loop {
            if let Some(asked) = self.signals.noted() {
                return Ok(asked);
            }
            let look = Signals::look_in();
            tokio::select! {
                biased;
                asked = self.stop_asked() => {
                    asked.map_err(io("listen for signals"))?;
                    return Ok(Asked::Suspend);
                }
                woken = self.wake.readable() => {
                    woken.map_err(io("listen for signals"))?;
                    let _ = self.wake.try_read(&mut [0; 16]);
                }
                () = tokio::time::sleep(look.unwrap_or_default()), if look.is_some() => {}
            }
        }
    }

    /// Waits until we are asked to stand still.
    async fn stop_asked(&self) -> io::Result<()> {
        let Some(stop) = &self.stop else {
            return std::future::pending().await;
        };
        loop {
            let mut ready = stop.readable().await?;
            if self.signals.is_stop_asked() {
                return Ok(());
            }
            ready.clear_ready();
        }
    }

    /// Waits for a signal that asks to end; stands still meanwhile if asked to.
    ///
    /// # Errors
    /// When the pipe fails.
    pub async fn end(&self) -> Result<Signal, Error> {
        loop {
            match self.next().await? {
                Asked::End(signal) => return Ok(signal),
                Asked::Suspend => drop(self.stand_still()?),
                Asked::Continued | Asked::Foreground => {}
            }
        }
    }

    /// Stands still until somebody continues us, and says for how long. `None`: not at all, since
    /// that has been taken back.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn stand_still(&self) -> Result<Option<Duration>, Error> {
        self.signals.standstill.begin()
    }
}
