//! A signal that comes again and again, so that no wait is for ever.
//!
//! A wait for a child (`waitid(2)`) takes no timeout. The pulse ends it with `EINTR`, whoever waits
//! looks at its deadline and goes on. That is cheaper than a timeout at each wait, and no signal
//! is awaited that may come merged with another, or too late to tell what it was for.

use std::time::Duration;

use nix::sys::signal::{
    SaFlags, SigAction, SigEvent, SigHandler, SigSet, SigevNotify, Signal, sigaction,
};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;
use nix::unistd::gettid;

use super::deadline;
use super::error::{Error, system};

const PULSE: Signal = Signal::SIGALRM;

/// Beats for the thread that started it, until it is dropped.
pub struct Pulse {
    _timer: Timer,
}

extern "C" fn do_nothing(_: libc::c_int) {}

impl Pulse {
    /// # Errors
    /// When the kernel has no timer left.
    pub fn start() -> Result<Self, Error> {
        let failed = || system("set up a timer for deadlines (timer_create)");
        // No SA_RESTART: to end the call is the point.
        let action = SigAction::new(
            SigHandler::Handler(do_nothing),
            SaFlags::empty(),
            SigSet::empty(),
        );
        // SAFETY: a handler that does nothing is safe to run at any moment.
        unsafe { sigaction(PULSE, &action) }.map_err(failed())?;
        let mut unblocked = SigSet::empty();
        unblocked.add(PULSE);
        unblocked.thread_unblock().map_err(failed())?;
        let to_us = SigEvent::new(SigevNotify::SigevThreadId {
            signal: PULSE,
            thread_id: gettid().as_raw(),
            si_value: 0,
        });
        let mut timer = Timer::new(ClockId::CLOCK_MONOTONIC, to_us).map_err(failed())?;
        let every: Duration = deadline::LOOK_AGAIN;
        timer
            .set(
                Expiration::Interval(every.into()),
                TimerSetTimeFlags::empty(),
            )
            .map_err(failed())?;
        Ok(Self { _timer: timer })
    }
}
