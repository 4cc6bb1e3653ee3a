//! Every deadline of the machine on Linux, in one place. They bound what should take
//! microseconds, on a machine that may be loaded or suspended; none of them paces anything.

use std::time::Duration;

use super::clock;

/// From the first fork to the last ready message of all children that are spawned together: a
/// thousand take two seconds on a slow machine that has nothing else to do.
pub const READY: Duration = Duration::from_mins(1);
/// From SIGSTOP to the confirmed stop.
pub const STOP: Duration = Duration::from_secs(5);
/// The same when the run is over, and clocks shall stop before all children are killed.
pub const LAST_STOP: Duration = Duration::from_millis(100);
/// From an I/O request to the sleep in `read()`.
pub const SLEEP: Duration = Duration::from_secs(5);
/// How often a wait for a child is interrupted, to see whether an outsider interferes.
pub const RECHECK: Duration = Duration::from_millis(50);
/// From the last instruction to the zombie.
pub const EXIT: Duration = Duration::from_secs(10);
/// From SIGKILL, or the last zombie reaped, to the next zombie, during the final clean-up.
pub const KILL: Duration = Duration::from_secs(2);
/// From SIGKILL to the last orphan's end. Longer: nothing else would wait for them.
pub const ORPHANS: Duration = Duration::from_secs(10);

/// From an order to a process of a scene to its answer.
pub const ANSWER: Duration = Duration::from_secs(20);
/// Until a process shows the state it should be in.
pub const STATE: Duration = Duration::from_secs(10);
/// Until the kernel says in which function a process sleeps: it knows once that has left the CPU.
pub const WCHAN: Duration = Duration::from_secs(1);
/// The same where it is only for show.
pub const IDLE: Duration = Duration::from_millis(50);
/// How long to sleep before looking for a state again, at first and at most.
pub const STATE_POLL: Duration = Duration::from_millis(1);
pub const STATE_POLL_MAX: Duration = Duration::from_millis(32);

/// For how long a script waits for a stopped process that another process may continue.
pub const CONTINUED: Duration = Duration::from_secs(10);

/// From the request to trace a stopped process to its trap, and from letting it go to its stop.
pub const TRAP: Duration = Duration::from_millis(500);

/// How often a tick or a scene that does not go on is looked into.
pub const LOOK_INTO: Duration = Duration::from_millis(100);
/// How long the process that executes may neither get on nor wait for the CPU: a debugger holds it,
/// or it is stopped again and again.
pub const NO_PROGRESS: Duration = Duration::from_secs(5);
/// How much CPU time, in ticks and beyond them, an instruction may take before it counts as
/// never ending.
pub const INSTRUCTION_TICKS: u64 = 50;
pub const INSTRUCTION_MORE: Duration = Duration::from_secs(1);

/// From a second signal that asks us to end to our end, whatever we are doing; less than a second.
pub const FORCE_QUIT: Duration = Duration::from_millis(500);
/// How long the thread that draws may keep us from giving the screen back: the terminal may not take
/// what is written to it.
pub const SCREEN: Duration = Duration::from_millis(500);
/// How often to look whether the terminal is ours again.
pub const TERMINAL_POLL: Duration = Duration::from_millis(50);
/// How often to look whether a process that is no child of ours has ended.
pub const EXIT_POLL: Duration = Duration::from_millis(50);

/// A moment by which something must have happened. It comes no nearer while this process is
/// [suspended](clock::awake).
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Duration);

impl Deadline {
    pub fn after(time: Duration) -> Self {
        Self(clock::awake().saturating_add(time))
    }

    /// What is left; `None` when it has passed.
    pub fn left(self) -> Option<Duration> {
        self.0
            .checked_sub(clock::awake())
            .filter(|left| !left.is_zero())
    }
}
