//! Why the kernel refuses a call: an errno stands for many causes, and which of them it is has to be
//! found out. What is not found is not told.
//!
//! A seccomp filter answers before the kernel looks at the arguments. So it shows by arguments that
//! the kernel itself would refuse with another errno ([`probe`]).

mod cloning;
pub mod facts;
pub mod perf;
mod probe;
pub mod scheduling;
mod tracing;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};

pub use self::cloning::user_limit;
pub use self::facts::Facts;
use self::probe::{Probe, is_filtered};
pub use self::tracing::{why_no_file, why_not_traced};

/// A call that fails for more reasons than its errno tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A process or a thread is created (`fork(2)`, `pthread_create(3)`).
    Clone,
    /// `timer_create(2)`.
    Timer,
    /// `sched_setaffinity(2)`.
    Affinity,
    /// Any other.
    Other,
}

/// Why it was refused just now, and what can be done about it, as a sentence; empty where nothing was
/// found out.
pub fn why(call: Call, errno: Errno) -> String {
    let facts = Facts::of_this_thread();
    match (call, errno) {
        (Call::Clone, Errno::EAGAIN) => cloning::why(&facts),
        (Call::Timer, Errno::EAGAIN)
            if facts.has_filter && is_filtered(Probe::Timer, errno) =>
        {
            filter(errno)
        }
        (Call::Timer, Errno::EAGAIN) => timers(&facts),
        (Call::Affinity, Errno::EPERM | Errno::ENOSYS | Errno::EACCES)
            if facts.has_filter && is_filtered(Probe::Affinity, errno) =>
        {
            filter(errno)
        }
        (Call::Affinity, Errno::EINVAL) => {
            "The CPU is offline, or the control group's set of CPUs (cpuset) is without it".to_owned()
        }
        (_, Errno::EMFILE) => {
            "This process has no descriptor left: use fewer processes, or raise the limit \
             (ulimit -n)"
                .to_owned()
        }
        (_, Errno::ENFILE) => {
            "The machine has no open file left (fs.file-max): end other programs, or raise the limit"
                .to_owned()
        }
        (_, Errno::ENOMEM) => match getrlimit(Resource::RLIMIT_AS) {
            Ok((soft, _)) if soft != libc::RLIM_INFINITY => {
                "Memory is short: use fewer processes, or raise the limit (ulimit -v)".to_owned()
            }
            _ => "Memory is short: use fewer processes".to_owned(),
        },
        (_, Errno::ENOSYS) if facts.has_filter => filter(errno) + ". Linux 5.9 and newer have it",
        (_, Errno::ENOSYS) => {
            "This kernel does not have the call; Linux 5.9 or newer is needed".to_owned()
        }
        (_, Errno::EPERM) if facts.has_filter => {
            "A seccomp filter is in force (Seccomp: 2 in /proc/self/status), and may be what forbids it"
                .to_owned()
        }
        _ => String::new(),
    }
}

/// It was found to be one.
fn filter(errno: Errno) -> String {
    format!(
        "A seccomp filter answers the call with {errno:?} (Seccomp: 2 in /proc/self/status), as the \
         profile of a container does"
    )
}

/// A timer counts as a signal that is pending, from its creation to its end (`timer_create(2)`).
fn timers(facts: &Facts) -> String {
    match facts.pending_signals {
        Some((used, limit)) if used >= limit => format!(
            "The limit on pending signals, which counts timers, is reached: {used} of {limit} \
             (ulimit -i). Raise it, or end other programs of this user"
        ),
        Some((used, limit)) => format!(
            "The kernel had no memory for it; the limit on pending signals is not reached: {used} of \
             {limit} (ulimit -i)"
        ),
        None => {
            "Is the limit on pending signals reached, which counts timers (ulimit -i)?".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_that_cannot_be_had_is_put_down_to_the_limit_that_counts_it() {
        let facts = |pending_signals| Facts {
            pending_signals,
            ..Facts::default()
        };
        let reached = timers(&facts(Some((3, 3))));
        assert!(
            reached.contains("is reached: 3 of 3 (ulimit -i)"),
            "{reached}"
        );
        let free = timers(&facts(Some((0, 3))));
        assert!(free.contains("not reached"), "{free}");
    }

    #[test]
    fn where_nothing_forbids_a_call_no_filter_is_found() {
        // What the kernel itself says to such arguments.
        for probe in [
            Probe::Timer,
            Probe::Affinity,
            Probe::Scheduling,
            Probe::Perf,
            Probe::Clone,
        ] {
            assert!(!is_filtered(probe, Errno::EPERM), "{probe:?}");
        }
        assert_eq!(why(Call::Other, Errno::EBADF), "");
    }
}
