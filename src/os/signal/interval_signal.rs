//! A signal that comes again and again, so that no wait is for ever.
//!
//! A wait for a child (`waitid(2)`) takes no timeout. This signal ends it with `EINTR`; the code that
//! waits looks at its deadline and goes on. That is cheaper than a timeout at each wait, and no signal
//! is awaited that may come merged with another, or too late to tell what it was for.

use std::sync::atomic::{AtomicU64, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigEvent, SigHandler, SigSet, Signal, sigaction};
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

/// A time in which the signal did not come: this process was stopped or frozen, or the thread had no
/// CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    pub from_ns: u64,
    pub length_ns: u64,
}

/// The last outage that has ended; each is told once. Signals fall due meanwhile, and the last of
/// them comes as soon as the thread goes on, before anything else of it runs.
pub fn take_outage() -> Option<Outage> {
    let length_ns = ARRIVALS.outage_length.swap(0, Ordering::Relaxed);
    let from_ns = ARRIVALS.outage_from.load(Ordering::Relaxed);
    (length_ns > 0).then_some(Outage { from_ns, length_ns })
}

/// What has been until now is no outage: what took time is known, as a pause, or was before time
/// counted.
pub fn forget_outages() {
    ARRIVALS.last.store(clock::now_ns(), Ordering::Relaxed);
    ARRIVALS.outage_length.store(0, Ordering::Relaxed);
}

/// Whether an outage has ended and has not been taken.
pub fn is_outage_untold() -> bool {
    ARRIVALS.outage_length.load(Ordering::Relaxed) > 0
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
        let mut timer = Timer::new(ClockId::CLOCK_MONOTONIC, to_this_thread(SIGNAL))?;
        let every = Expiration::Interval(RECHECK.into());
        timer.set(every, TimerSetTimeFlags::empty())?;
        ARRIVALS.last.store(clock::now_ns(), Ordering::Relaxed);
        Ok(Self { _timer: timer })
    }
}

/// A timer's signal for this thread and no other one of this process (`sigevent(3type)`). nix has it
/// for glibc only; musl has it as well.
fn to_this_thread(signal: Signal) -> SigEvent {
    // SAFETY: sigevent is plain data, for which all zeroes is a value.
    let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
    event.sigev_notify = libc::SIGEV_THREAD_ID;
    event.sigev_signo = signal as libc::c_int;
    event.sigev_notify_thread_id = gettid().as_raw();
    SigEvent::from(&event)
}
