//! Every deadline of the machine on Linux, in one place. They bound what should take
//! microseconds, on a machine that may be loaded or suspended; none of them paces anything.

use std::time::Duration;

use super::error::Error;
use super::signal::EndAsked;
use super::signal::{force_quit, job_control};

/// From the first fork to the last ready message of all children that are born together: a thousand
/// take two seconds on a slow machine that has nothing else to do.
pub const READY: Duration = Duration::from_mins(1);
/// From SIGSTOP to the confirmed stop.
pub const STOP: Duration = Duration::from_secs(5);
/// The same when the run is over and clocks shall stand still before everybody is killed.
pub const LAST_STOP: Duration = Duration::from_millis(100);
/// From an I/O request to the sleep in `read()`.
pub const SLEEP: Duration = Duration::from_secs(5);
/// How long to wait for news of a child before looking whether somebody else interferes.
pub const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// From the last instruction to the zombie.
pub const EXIT: Duration = Duration::from_secs(10);
/// From SIGKILL to the zombie, during the final clean-up.
pub const KILL: Duration = Duration::from_secs(2);

/// From an order to an actor to its answer, and from its last call to its end.
pub const ACTOR: Duration = Duration::from_secs(20);
/// Until an actor shows the state it should be in.
pub const STATE: Duration = Duration::from_secs(10);
/// Until the kernel says in which function somebody sleeps: it knows once he has left the CPU.
pub const WCHAN: Duration = Duration::from_secs(1);
/// The same where it is only for show.
pub const IDLE: Duration = Duration::from_millis(50);
/// How long to sleep before looking for that again, at first and at most.
pub const STATE_GLANCE: Duration = Duration::from_millis(1);
pub const STATE_GLANCE_MAX: Duration = Duration::from_millis(32);

/// From the request to trace a stopped process to its trap, and from letting it go to its stop.
pub const TRAP: Duration = Duration::from_millis(500);
/// From SIGKILL to the last orphan's end. Longer: nobody else would wait for them.
pub const ORPHANS: Duration = Duration::from_secs(10);

/// How often a tick that does not end is looked into.
pub const WATCH: Duration = Duration::from_millis(100);
/// How long the process that executes may neither get on nor wait for the CPU: a debugger holds it,
/// or somebody stops it again and again.
pub const STANDSTILL: Duration = Duration::from_secs(5);
/// How much CPU time, in ticks and beyond them, an instruction may take before it counts as
/// never ending.
pub const INSTRUCTION_TICKS: u64 = 50;
pub const INSTRUCTION_MORE: Duration = Duration::from_secs(1);

/// From a second signal that asks us to end to our end, whatever we are doing, in nanoseconds; less
/// than a second.
pub const LAST_CALL_NS: i64 = 500_000_000;

/// How often it is looked whether the terminal is ours again.
pub const TERMINAL: Duration = Duration::from_millis(50);

/// How often it is looked whether a process that is watched has ended.
pub const VIGIL: Duration = Duration::from_millis(50);

/// A moment by which something must have happened. While we [stand still](standstill), it comes no
/// nearer.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Duration);

impl Deadline {
    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self(job_control::clock().saturating_add(time))
    }

    /// What is left; `None` when it has passed.
    #[must_use]
    pub fn left(self) -> Option<Duration> {
        self.0
            .checked_sub(job_control::clock())
            .filter(|left| !left.is_zero())
    }
}

/// How long to wait for something, and whether a signal that asks to end ends the wait, too.
#[derive(Clone)]
pub struct Timeout {
    whole: Duration,
    by: Deadline,
    end: Option<EndAsked>,
}

impl Timeout {
    /// Hears the signals.
    pub fn hearing(whole: Duration, end: &EndAsked) -> Self {
        Self {
            end: Some(end.clone()),
            ..Self::deaf(whole)
        }
    }

    /// For the final clean-up, which such a signal may have set off. Only a second one ends it.
    pub fn deaf(whole: Duration) -> Self {
        Self {
            whole,
            by: Deadline::after(whole),
            end: None,
        }
    }

    /// What is left; nothing when it is at an end.
    pub fn left(&self) -> Duration {
        self.by.left().unwrap_or_default()
    }

    /// How long it was in the beginning.
    pub const fn whole(&self) -> Duration {
        self.whole
    }

    /// An error if it is at an end; `late` says of what, given how long it has lasted.
    ///
    /// # Errors
    /// What `late` says, or that a signal asked us to end.
    pub fn check(&self, late: impl FnOnce(Duration) -> Error) -> Result<(), Error> {
        match self.end.as_ref().and_then(EndAsked::signal) {
            Some(signal) => Err(Error::Interrupted(signal)),
            None if self.by.left().is_none() || force_quit::is_made() => Err(late(self.whole)),
            None => Ok(()),
        }
    }
}
