//! The clock of the machine on Linux: monotonic time, and one alarm.

use std::os::fd::AsFd;
use std::time::Duration;

use nix::sys::time::TimeSpec;
use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};
use tokio::io::unix::AsyncFd;

use super::error::{Error, io, system};
use super::syscalls::WatchedTimer;

/// Nanoseconds of `CLOCK_MONOTONIC`.
#[must_use]
pub fn now_ns() -> u64 {
    ns_of(nix::time::ClockId::CLOCK_MONOTONIC)
}

/// Nanoseconds the calling thread has been on a CPU.
#[must_use]
pub fn own_cpu_ns() -> u64 {
    ns_of(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID)
}

fn ns_of(clock: nix::time::ClockId) -> u64 {
    // These two clocks exist on every Linux.
    ns(nix::time::clock_gettime(clock)
        .map(Duration::from)
        .unwrap_or_default())
}

/// A duration in whole nanoseconds; 64 bits of them are 584 years.
#[must_use]
pub fn ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A `timerfd` that tokio watches. Tokio's own timers are too coarse for a tick: milliseconds.
pub struct Alarm(AsyncFd<WatchedTimer>);

impl Alarm {
    /// # Errors
    /// When no descriptor can be had.
    pub fn new() -> Result<Self, Error> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer =
            TimerFd::new(ClockId::CLOCK_MONOTONIC, flags).map_err(system("create a timer"))?;
        Ok(Self(
            WatchedTimer::new(timer).map_err(io("watch the timer"))?,
        ))
    }

    /// Rings once, at this nanosecond of `CLOCK_MONOTONIC`; a moment in the past rings at once.
    /// Replaces what was set before.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn set(&self, at_ns: u64) -> Result<(), Error> {
        let at = Expiration::OneShot(TimeSpec::from(Duration::from_nanos(at_ns.max(1))));
        let absolute = TimerSetTimeFlags::TFD_TIMER_ABSTIME;
        self.0
            .get_ref()
            .get()
            .set(at, absolute)
            .map_err(system("set the timer"))
    }

    /// Waits until it rings. Cancelling the wait loses nothing.
    ///
    /// # Errors
    /// When the timer cannot be read.
    pub async fn rings(&self) -> Result<(), Error> {
        loop {
            let mut ready = self.0.readable().await.map_err(io("wait for the timer"))?;
            let mut expirations = [0; 8];
            let read = ready.try_io(|timer| {
                nix::unistd::read(timer.get_ref().get().as_fd(), &mut expirations)
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
