//! An alarm at a nanosecond. Tokio's own timers are too coarse for a tick: milliseconds.

use std::os::fd::AsFd;
use std::time::Duration;

use nix::sys::time::TimeSpec;
use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};
use tokio::io::unix::AsyncFd;

use super::error::{Error, io, system};
use super::syscalls::{Watched, watched};

/// A `timerfd` that tokio watches.
pub struct Alarm(AsyncFd<Watched<TimerFd>>);

impl Alarm {
    /// To be called inside of a runtime.
    pub fn new() -> Result<Self, Error> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer =
            TimerFd::new(ClockId::CLOCK_MONOTONIC, flags).map_err(system("create a timer"))?;
        watched(timer).map(Self).map_err(io("watch the timer"))
    }

    /// Rings once, at this nanosecond of `CLOCK_MONOTONIC`; a moment in the past rings at once.
    /// Replaces what was set before.
    pub fn set(&self, at_ns: u64) -> Result<(), Error> {
        let at = Expiration::OneShot(TimeSpec::from(Duration::from_nanos(at_ns.max(1))));
        let absolute = TimerSetTimeFlags::TFD_TIMER_ABSTIME;
        self.0
            .get_ref()
            .0
            .set(at, absolute)
            .map_err(system("set the timer"))
    }

    /// Waits until it rings. Cancelling the wait loses nothing.
    pub async fn rings(&self) -> Result<(), Error> {
        loop {
            let mut ready = self.0.readable().await.map_err(io("wait for the timer"))?;
            let mut expirations = [0; 8];
            let read = ready.try_io(|timer| {
                nix::unistd::read(timer.get_ref().0.as_fd(), &mut expirations)
                    .map_err(std::io::Error::from)
            });
            match read {
                Ok(Ok(_)) => {
                    // It rings once: until it is set again, there is nothing more to read.
                    ready.clear_ready();
                    return Ok(());
                }
                Ok(Err(error)) => return Err(io("read the timer")(error)),
                // Set again since it rang.
                Err(_would_block) => {}
            }
        }
    }
}
