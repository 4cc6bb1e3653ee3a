//! What a run on real processes leaves: how each process ended, what it cost, and what was observed.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::exit::{Exit, signal_name};
use crate::scheduler::{ProcId, Tick};

/// What the kernel's clocks and counters say of a process, its start-up left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time in nanoseconds.
    pub cpu_ns: u64,
    /// Nanoseconds it could run and waited for the CPU; `None`: the kernel does not say, or not yet.
    pub waited_ns: Option<u64>,
    /// Times it gave up the CPU by itself: to sleep, to stop, to exit. `None`: it has not been reaped,
    /// or the kernel does not say.
    pub voluntary_switches: Option<u64>,
    /// Times the CPU was taken from it; `None` as above.
    pub involuntary_switches: Option<u64>,
}

/// What is known of a process when the run is over.
#[derive(Clone, Copy, Debug)]
pub struct ChildReport {
    pub pid: i32,
    /// How it ended by itself; `None`: it was still there when the run ended.
    pub exit: Option<Exit>,
    pub usage: Usage,
}

/// What a run on real processes leaves behind, beside its ticks.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// In the order of the book's ids.
    pub children: Vec<ChildReport>,
    pub interference: Vec<Interference>,
    pub pauses: Vec<Pause>,
    /// Nanoseconds during which the device worked on at least one I/O.
    pub io_busy_ns: u64,
    /// CPU time of the supervising thread from the first dispatch on, in nanoseconds. It stands still
    /// with the clock of the run.
    pub supervisor_cpu_ns: u64,
    /// Of it, up to the end of the last tick.
    pub supervisor_in_ticks_ns: u64,
    /// CPU time of the thread that samples, in nanoseconds, from the first tick on and without
    /// pauses.
    pub sampling_cpu_ns: u64,
    /// When the first tick began, by `CLOCK_MONOTONIC`; if none did, when the run was broken off.
    pub origin_ns: u64,
    /// When the run was over or broken off, in nanoseconds since the first tick began.
    pub closed_ns: u64,
    pub kernel: KernelRecord,
    pub withheld: Withheld,
    /// The processes that outlived the clean-up, in words: `P0 (pid 4711, state D)`.
    pub left: Vec<String>,
}

/// The kernel's own record of which thread was on the CPU, where it gives one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KernelRecord {
    /// Every context switch (`perf_event_open(2)`).
    Switches {
        /// The spans of each process, in the order of the book's ids.
        processes: Vec<Vec<Span>>,
        /// Those of the supervising thread.
        supervisor: Vec<Span>,
        /// Those of our other threads, which sample and print, on the processes' CPU.
        own_threads: Vec<Span>,
        /// Records the kernel had no room for.
        lost: u64,
    },
    Unavailable {
        why: String,
    },
}

/// What the system around a run withheld from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// The CPU quotas of the control groups around us, the innermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<CpuQuota>,
    /// For how long the supervising thread was ready and waited for the CPU
    /// (`/proc/PID/task/TID/schedstat`), in nanoseconds; absent where the kernel does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor_wait_ns: Option<u64>,
    /// The programs that used the processes' CPU most, where the kernel may tell us.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rivals: Vec<Rival>,
    /// The CPU was taken away in the course of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_lost: Option<CpuLost>,
}

/// Another program on the processes' CPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rival {
    /// Its name, of at most 15 bytes (`PR_SET_NAME`).
    pub name: String,
    /// How many threads of that name there were.
    pub threads: u64,
    /// For how long they had the CPU in the course of the run, in nanoseconds.
    pub cpu_ns: u64,
}

/// A CPU quota (`cpu.max` of `cgroups(7)`), and how it held the run back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuQuota {
    /// The path of the group in its hierarchy.
    pub group: String,
    /// Microseconds of CPU time in each period, for all threads of the group together.
    pub quota_us: u64,
    pub period_us: u64,
    /// In how many periods of the run it was used up.
    pub throttled_periods: u64,
    /// For how long the group then got no CPU, in nanoseconds, added up over all CPUs.
    pub throttled_ns: u64,
}

impl CpuQuota {
    /// For how long at most it held back a run on one CPU, in nanoseconds. In each period the quota
    /// took its own length to use up; the last period may not have been counted yet.
    pub const fn held_back_ns(&self) -> u64 {
        let rest_us = self.period_us.saturating_sub(self.quota_us);
        let periods = self.throttled_periods.saturating_add(1);
        let rests_ns = periods.saturating_mul(rest_us.saturating_mul(1_000));
        if rests_ns == 0 || self.throttled_ns < rests_ns {
            self.throttled_ns
        } else {
            rests_ns
        }
    }
}

/// The processes' CPU is no longer ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuLost {
    /// The tick in which that was noticed.
    pub tick: Tick,
    /// It has been put offline; otherwise the set of CPUs we may use has been changed
    /// (`cpuset(7)`).
    pub offline: bool,
    /// The CPUs we may use since.
    pub now_on: Vec<usize>,
}

/// A stretch of time on the CPU. Times are nanoseconds since the first tick began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub start_ns: u64,
    pub end_ns: u64,
    pub ended: SpanEnd,
}

/// Why a thread left the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanEnd {
    /// It was stopped (SIGSTOP), and the stop was confirmed.
    Stopped,
    /// It slept in `read()` on its I/O, and the sleep was confirmed.
    Blocked,
    /// The CPU was taken from it while it wanted to go on.
    Preempted,
    /// It exited.
    Exited,
    /// It gave up the CPU by itself for another reason.
    Slept,
    /// It still had the CPU when the recording ended.
    Unfinished,
}

/// Why the supervisor stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseCause {
    /// It was suspended at its terminal (Ctrl-Z, SIGTSTP), and the processes with it.
    Terminal,
    /// The person who watches paused it, and the processes with it.
    Person,
    /// An outsider stopped the supervisor (SIGSTOP). Whether the running process went on meanwhile, its
    /// CPU clock tells.
    Outside,
    /// It had no CPU, did not wait for one, and nothing stopped it: its control group was frozen, or
    /// the whole machine stood still.
    Frozen,
}

/// A time during which the supervisor stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The tick in which it lies, or right before which.
    pub tick: Tick,
    pub cause: PauseCause,
    /// When it began, in nanoseconds of the run. The clock of the run stood still, too, but for
    /// [`PauseCause::Outside`] and [`PauseCause::Frozen`].
    pub at_ns: u64,
    /// How long it lasted, in nanoseconds of `CLOCK_MONOTONIC`; `Outside`: at most, since an interval of
    /// the interval signal may have passed before it, but no border of a tick.
    pub length_ns: u64,
    /// CPU time in nanoseconds that the process with the CPU has used meanwhile, at least; absent: none
    /// that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_ns: Option<u64>,
}

impl Pause {
    /// Whether the process with the CPU is known to have gone on.
    pub fn went_on(&self) -> bool {
        self.used_ns.is_some_and(|ns| ns > 0)
    }
}

/// What was done to a process, and not by the supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterferenceKind {
    /// Continued one that we had stopped; it was stopped again.
    Continued,
    /// Stopped one that we had not stopped; it was continued.
    Stopped,
    /// As [`InterferenceKind::Continued`], by the person who watches.
    ContinuedByHand,
    /// As [`InterferenceKind::Stopped`], by the person who watches.
    StoppedByHand,
    /// Took it into a debugger (`ptrace(2)`) and held it there.
    Traced,
    /// Froze its control group, and not the supervisor's.
    Frozen,
    /// Changed the CPUs it may use; it was put back on the one it shares.
    Repinned,
    /// The same, and it was not to be put back.
    RepinnedForGood,
    /// Changed its nice value or its scheduling class; it got back what it had.
    Reniced,
    /// The same, and it keeps that: to take it back takes a privilege.
    RenicedForGood,
    /// The person who watches sent it this signal.
    Signalled { number: i32 },
    /// The person who watches waited for it, and it was reaped.
    WaitedFor,
}

/// `another program stopped it; it was continued`.
impl fmt::Display for InterferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match *self {
            Self::Continued => "continued it while it was stopped; it was stopped again",
            Self::Stopped => "stopped it; it was continued",
            Self::ContinuedByHand => {
                return f.write_str("it was continued by hand while stopped; it was stopped again");
            }
            Self::StoppedByHand => {
                return f.write_str("it was stopped by hand; it was continued");
            }
            Self::Traced => "held it in a debugger",
            Self::Frozen => "froze its control group; it goes on when that is thawed",
            Self::Repinned => "moved it to other CPUs; it was put back",
            Self::RepinnedForGood => "moved it to other CPUs, and it was not to be put back",
            Self::Reniced => "changed its nice value or scheduling class; it was changed back",
            Self::RenicedForGood => {
                "changed its nice value or scheduling class; to change it back takes a privilege"
            }
            Self::Signalled { number } => {
                return write!(f, "it got {} by hand", signal_name(number));
            }
            Self::WaitedFor => return f.write_str("it was waited for by hand"),
        };
        write!(f, "another program {what}")
    }
}

/// One interference, noticed and, where possible, put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interference {
    /// The tick in which it was noticed.
    pub tick: Tick,
    pub process: ProcId,
    pub what: InterferenceKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_quota_held_back_on_one_cpu_is_less_than_on_all() {
        let quota = |quota_us, throttled_periods, throttled_ms: u64| CpuQuota {
            group: "/q".to_owned(),
            quota_us,
            period_us: 100_000,
            throttled_periods,
            throttled_ns: throttled_ms * 1_000_000,
        };
        let held_back_ms = |quota: CpuQuota| quota.held_back_ns() / 1_000_000;
        assert_eq!(held_back_ms(quota(20_000, 6, 932)), 560);
        assert_eq!(held_back_ms(quota(20_000, 6, 300)), 300);
        assert_eq!(held_back_ms(quota(20_000, 0, 0)), 0);
        // More than one CPU's worth, used up by threads on several.
        assert_eq!(held_back_ms(quota(150_000, 2, 70)), 70);
    }
}
