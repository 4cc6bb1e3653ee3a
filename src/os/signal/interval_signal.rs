//! A signal that comes again and again, so that no wait is for ever.
//!
//! A wait for a child (`waitid(2)`) takes no timeout. This signal ends it with `EINTR`; the code that
//! waits looks at its deadline and goes on. That is cheaper than a timeout at each wait, and no signal
//! is awaited that may come merged with another, or too late to tell what it was for.

use std::sync::atomic::{AtomicU64, Ordering};

use nix::sys::signal::{
    SaFlags, SigAction, SigEvent, SigHandler, SigSet, SigevNotify, Signal, sigaction,
};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;
use nix::unistd::gettid;

use crate::os::clock;
use crate::os::deadline::RECHECK;
use crate::os::error::{Error, refused};
use crate::os::refusal::Call;

/// Nothing else sends it: the kernel has no use for it any more (`signal(7)`), and no command sets a
/// timer that does, as `alarm` before an `exec`.
const SIGNAL: Signal = Signal::SIGSTKFLT;

/// Sent every [`RECHECK`] to the thread that started it, until it is dropped.
pub struct IntervalSignal {
    _timer: Timer,
}

/// In nanoseconds of `CLOCK_MONOTONIC`. Static, since the handler reaches nothing else.
struct Arrivals {
    last: AtomicU64,
    /// When it came last before it came late, and how long after that.
    outage_from: AtomicU64,
    outage_length: AtomicU64,
}

static ARRIVALS: Arrivals = Arrivals {
    last: AtomicU64::new(0),
    outage_from: AtomicU64::new(0),
    outage_length: AtomicU64::new(0),
};

/// `clock_gettime` and atomics are async-signal-safe (`signal-safety(7)`).
extern "C" fn arrived(_: libc::c_int) {
    let now_ns = clock::now_ns();
    let last_ns = ARRIVALS.last.swap(now_ns, Ordering::Relaxed);
    let length_ns = now_ns.saturating_sub(last_ns);
    if length_ns > 2 * clock::ns(RECHECK) {
        ARRIVALS.outage_from.store(last_ns, Ordering::Relaxed);
        ARRIVALS.outage_length.store(length_ns, Ordering::Relaxed);
    }
}

/// The outage that has just ended: since when, in nanoseconds of `CLOCK_MONOTONIC`, and for how
/// long. Each is told once. Signals fall due while this process is stopped, and the last of them
/// comes as soon as it is continued, before anything else runs. An outage that ended before was
/// something else: the signal is also late when others keep us from the CPU.
pub fn take_outage() -> Option<(u64, u64)> {
    let length_ns = ARRIVALS.outage_length.swap(0, Ordering::Relaxed);
    let from_ns = ARRIVALS.outage_from.load(Ordering::Relaxed);
    let ended_ns = from_ns.saturating_add(length_ns);
    let recent = clock::now_ns().saturating_sub(ended_ns) <= 2 * clock::ns(RECHECK);
    (length_ns > 0 && recent).then_some((from_ns, length_ns))
}

impl IntervalSignal {
    pub fn start() -> Result<Self, Error> {
        Self::try_start().map_err(refused(
            Call::Timer,
            "set up a timer for deadlines (timer_create)",
        ))
    }

    fn try_start() -> nix::Result<Self> {
        // No SA_RESTART: to end the call is the point.
        let handler = SigHandler::Handler(arrived);
        let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
        // SAFETY: the handler is async-signal-safe, see there.
        unsafe { sigaction(SIGNAL, &action) }?;
        SigSet::from(SIGNAL).thread_unblock()?;
        let to_us = SigEvent::new(SigevNotify::SigevThreadId {
            signal: SIGNAL,
            thread_id: gettid().as_raw(),
            si_value: 0,
        });
        let mut timer = Timer::new(ClockId::CLOCK_MONOTONIC, to_us)?;
        let every = Expiration::Interval(RECHECK.into());
        timer.set(every, TimerSetTimeFlags::empty())?;
        ARRIVALS.last.store(clock::now_ns(), Ordering::Relaxed);
        Ok(Self { _timer: timer })
    }
}
