//! Every deadline of the machine on Linux, in one place. They bound what should take
//! microseconds, on a machine that may be loaded or suspended; none of them paces anything.

use std::time::{Duration, Instant};

/// From fork to the ready message, for all children together at most this each.
pub const READY: Duration = Duration::from_secs(20);
/// From SIGSTOP to the confirmed stop.
pub const STOP: Duration = Duration::from_secs(5);
/// From an I/O request to the sleep in `read()`.
pub const SLEEP: Duration = Duration::from_secs(5);
/// The same when the run is over and clocks shall stand still before everybody is killed.
pub const LAST_STOP: Duration = Duration::from_millis(100);
/// How long to wait for news of a child before looking whether somebody else interferes.
pub const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// From the last instruction to the zombie.
pub const EXIT: Duration = Duration::from_secs(10);
/// From SIGKILL to the zombie, during the final clean-up.
pub const KILL: Duration = Duration::from_secs(2);

/// From SIGKILL to the last orphan's end. Longer: nobody else would wait for them.
pub const ORPHANS: Duration = Duration::from_secs(10);

/// How often a tick that does not end is looked into.
pub const WATCH: Duration = Duration::from_millis(100);
/// How much CPU time, in ticks and beyond them, an instruction may take before it counts as
/// never ending.
pub const INSTRUCTION_TICKS: u64 = 50;
pub const INSTRUCTION_MORE: Duration = Duration::from_secs(1);

/// A moment by which something must have happened.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// What is left; `None` when it has passed.
    pub fn left(self) -> Option<Duration> {
        self.0
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())
    }
}
