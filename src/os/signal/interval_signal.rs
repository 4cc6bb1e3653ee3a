//! A signal that comes again and again, so that no wait is for ever.
//!
//! A wait for a child (`waitid(2)`) takes no timeout. The interval_signal ends it with `EINTR`, whoever waits
//! looks at its deadline and goes on. That is cheaper than a timeout at each wait, and no signal
//! is awaited that may come merged with another, or too late to tell what it was for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::sys::signal::{
    SaFlags, SigAction, SigEvent, SigHandler, SigSet, SigevNotify, Signal, sigaction,
};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;
use nix::unistd::gettid;

use crate::os::clock;
use crate::os::deadline;
use crate::os::error::{Error, system};

/// Nobody sends it: the kernel has no use for it any more (`signal(7)`), and no command sets a timer
/// that does, as `alarm` before an `exec`.
const PULSE: Signal = Signal::SIGSTKFLT;

/// Beats for the thread that started it, until it is dropped.
pub struct IntervalSignal {
    _timer: Timer,
}

/// When it beat last, in nanoseconds of `CLOCK_MONOTONIC`.
static LAST_NS: AtomicU64 = AtomicU64::new(0);
/// Since when it had not beaten when it beat late, and for how long.
static OUTAGE_FROM_NS: AtomicU64 = AtomicU64::new(0);
static OUTAGE_NS: AtomicU64 = AtomicU64::new(0);

/// `clock_gettime` and atomics are async-signal-safe (`signal-safety(7)`).
extern "C" fn beat(_: libc::c_int) {
    let now_ns = clock::now_ns();
    let last_ns = LAST_NS.swap(now_ns, Ordering::Relaxed);
    let length_ns = now_ns.saturating_sub(last_ns);
    if length_ns > 2 * clock::ns(deadline::LOOK_AGAIN) {
        OUTAGE_FROM_NS.store(last_ns, Ordering::Relaxed);
        OUTAGE_NS.store(length_ns, Ordering::Relaxed);
    }
}

/// The outage that has just ended: since when, in nanoseconds of `CLOCK_MONOTONIC`, and for how
/// long. Each is told once. Beats fall due while this process is stopped, and the last of them
/// comes as soon as it is continued, before anything else runs. An outage that ended before was
/// something else: the interval_signal is also late when others keep us from the CPU.
pub fn take_outage() -> Option<(u64, u64)> {
    let length_ns = OUTAGE_NS.swap(0, Ordering::Relaxed);
    let from_ns = OUTAGE_FROM_NS.load(Ordering::Relaxed);
    let ended_ns = from_ns.saturating_add(length_ns);
    let recent = clock::now_ns().saturating_sub(ended_ns) <= 2 * clock::ns(deadline::LOOK_AGAIN);
    (length_ns > 0 && recent).then_some((from_ns, length_ns))
}

impl IntervalSignal {
    /// # Errors
    /// When the kernel has no timer left.
    pub fn start() -> Result<Self, Error> {
        let failed = || system("set up a timer for deadlines (timer_create)");
        // No SA_RESTART: to end the call is the point.
        let action = SigAction::new(SigHandler::Handler(beat), SaFlags::empty(), SigSet::empty());
        // SAFETY: the handler is safe to run at any moment, see there.
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
        LAST_NS.store(clock::now_ns(), Ordering::Relaxed);
        Ok(Self { _timer: timer })
    }
}
