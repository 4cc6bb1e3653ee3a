//! Monotonic time, the calling thread's CPU time, and the time for which we were not suspended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds of `CLOCK_MONOTONIC`.
pub fn now_ns() -> u64 {
    ns(read(ClockId::CLOCK_MONOTONIC))
}

/// Nanoseconds the calling thread has been on a CPU.
pub fn own_cpu_ns() -> u64 {
    ns(read(ClockId::CLOCK_THREAD_CPUTIME_ID))
}

/// For how long all threads of this process have been on a CPU, together.
pub fn own_process_cpu() -> Duration {
    read(ClockId::CLOCK_PROCESS_CPUTIME_ID)
}

fn read(clock: ClockId) -> Duration {
    // These clocks exist on every Linux.
    clock_gettime(clock).map(Duration::from).unwrap_or_default()
}

/// A duration in whole nanoseconds; 64 bits of them are 584 years.
pub fn ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// For how long this process has been suspended so far: a fact of the whole process.
static SUSPENDED_NS: AtomicU64 = AtomicU64::new(0);

/// `CLOCK_MONOTONIC` as it would be if it had stopped whenever this process was
/// [suspended](super::signal::Signals::suspend).
pub fn awake() -> Duration {
    let suspended = Duration::from_nanos(SUSPENDED_NS.load(Ordering::SeqCst));
    read(ClockId::CLOCK_MONOTONIC).saturating_sub(suspended)
}

/// Notes that this process has just been suspended for so long.
pub fn add_suspended(length: Duration) {
    SUSPENDED_NS.fetch_add(ns(length), Ordering::SeqCst);
}
