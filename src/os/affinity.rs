//! Where everybody sits: the CPU the children share, and the supervisor's place beside them.
//!
//! The supervisor sits on the children's CPU, as the kernel of a one-CPU machine does: there it
//! simply preempts them, where from another CPU every hand-over would cost an inter-processor
//! interrupt. Where it may, it runs as `SCHED_FIFO`, so that a decision is never late; elsewhere it
//! asks for a short slice, which needs no privilege. The children stay ordinary processes:
//! `SCHED_IDLE` children would yield a little sooner still, but get next to nothing of a CPU that
//! anybody else uses.

use std::fmt;
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use super::error::{Error, system};
use super::syscalls;
use super::syscalls::Class;

/// The calling thread.
const SELF: Pid = Pid::from_raw(0);

/// The shortest slice the kernel grants.
const SHORT: Duration = Duration::from_micros(100);

/// How the supervisor comes by the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchedClass {
    /// `SCHED_FIFO`: at once.
    RealTime,
    /// `SCHED_OTHER` with a short slice: soon.
    ShortSlice,
    /// As any other process.
    Ordinary,
}

impl fmt::Display for SchedClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RealTime => "SCHED_FIFO",
            Self::ShortSlice => "SCHED_OTHER, short slice",
            Self::Ordinary => "SCHED_OTHER",
        })
    }
}

/// The CPUs this process may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedCpus(Vec<usize>);

impl AllowedCpus {
    /// # Errors
    /// When the kernel does not say.
    pub fn of_this_process() -> Result<Self, Error> {
        let set = sched_getaffinity(SELF).map_err(system("find out the CPUs allowed"))?;
        Ok(Self(
            (0..CpuSet::count())
                .filter(|&cpu| set.is_set(cpu).unwrap_or(false))
                .collect(),
        ))
    }

    #[must_use]
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }

    /// The CPU asked for, if it is allowed; otherwise the last allowed one, since the first ones
    /// have the most interrupts to serve.
    ///
    /// # Errors
    /// When the CPU asked for is not allowed; the message lists those that are.
    pub fn choose(&self, wanted: Option<usize>) -> Result<usize, Error> {
        match wanted {
            Some(cpu) if self.0.contains(&cpu) => Ok(cpu),
            Some(cpu) => Err(Error::Refused(format!(
                "CPU {cpu} is not among the CPUs this process may use: {self}"
            ))),
            None => self.0.last().copied().ok_or_else(|| {
                Error::Refused("this process may use no CPU (sched_getaffinity)".to_owned())
            }),
        }
    }

    /// All but `cpu`, if there are others.
    #[must_use]
    pub fn beside(&self, cpu: usize) -> Vec<usize> {
        let others: Vec<_> = self
            .0
            .iter()
            .copied()
            .filter(|&other| other != cpu)
            .collect();
        if others.is_empty() { vec![cpu] } else { others }
    }
}

impl fmt::Display for AllowedCpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for run in self.0.chunk_by(|a, b| a + 1 == *b) {
            match run {
                [one] => write!(f, "{separator}{one}")?,
                [first, .., last] => write!(f, "{separator}{first}-{last}")?,
                [] => {}
            }
            separator = ",";
        }
        Ok(())
    }
}

/// The supervisor's supervisor_cpu. Dropped, it gives the thread back where and what it was before.
pub struct SupervisorCpu {
    before: CpuSet,
    /// The scheduling class and the timer slack it had, where the kernel says.
    class_before: Option<syscalls::Attributes>,
    slack_before: Option<syscalls::TimerSlack>,
    sched_class: SchedClass,
}

impl SupervisorCpu {
    /// Seats the calling thread on `cpu`, with as much sched_class as it may have.
    ///
    /// # Errors
    /// When it cannot be pinned.
    pub fn take(cpu: usize) -> Result<Self, Error> {
        let before = sched_getaffinity(SELF).map_err(system("find out the CPUs allowed"))?;
        let (class_before, slack_before) = (syscalls::attributes(), syscalls::timer_slack());
        pin(&[cpu])?;
        let sched_class = take_sched_class();
        Ok(Self {
            before,
            class_before,
            slack_before,
            sched_class,
        })
    }

    #[must_use]
    pub const fn sched_class(&self) -> SchedClass {
        self.sched_class
    }
}

impl Drop for SupervisorCpu {
    fn drop(&mut self) {
        // Failing leaves us where we were, which works.
        if let Some(attributes) = &self.class_before {
            let _ = syscalls::restore(attributes);
        }
        if let Some(slack) = self.slack_before {
            syscalls::set_timer_slack(slack);
        }
        let _ = sched_setaffinity(SELF, &self.before);
    }
}

/// Lets the calling thread have a CPU as soon as it may, and its sleeps end on time. Which way
/// that is.
#[expect(clippy::must_use_candidate, reason = "it is called for its effect")]
pub fn take_sched_class() -> SchedClass {
    syscalls::set_timer_slack(syscalls::TimerSlack::LEAST);
    if syscalls::set_class(Class::Fifo).is_ok() {
        SchedClass::RealTime
    } else if syscalls::set_class(Class::Normal { slice: SHORT }).is_ok() {
        SchedClass::ShortSlice
    } else {
        SchedClass::Ordinary
    }
}

/// Pins the calling thread and checks that the kernel did it.
///
/// # Errors
/// When it did not.
pub fn pin(cpus: &[usize]) -> Result<(), Error> {
    let mut set = CpuSet::new();
    for &cpu in cpus {
        set.set(cpu).map_err(system(format!("name CPU {cpu}")))?;
    }
    sched_setaffinity(SELF, &set).map_err(system(format!("move to CPU {cpus:?}")))
}

/// Pins another process.
///
/// # Errors
/// When it is gone, or is not allowed there.
pub fn pin_other(pid: Pid, cpu: usize) -> nix::Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu)?;
    sched_setaffinity(pid, &set)
}

/// The CPU a process may run on, when there is only one.
#[must_use]
pub fn only_cpu(pid: Pid) -> Option<usize> {
    let set = sched_getaffinity(pid).ok()?;
    let mut allowed = (0..CpuSet::count()).filter(|&cpu| set.is_set(cpu).unwrap_or(false));
    allowed.next().filter(|_| allowed.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_cpus_are_listed_in_runs() {
        assert_eq!(AllowedCpus(vec![0, 1, 2, 5, 7, 8]).to_string(), "0-2,5,7-8");
        assert_eq!(AllowedCpus(vec![3]).to_string(), "3");
    }

    #[test]
    fn a_cpu_that_is_not_allowed_is_refused_with_the_allowed_ones_named() {
        let error = AllowedCpus(vec![0, 1])
            .choose(Some(9))
            .unwrap_err()
            .to_string();
        assert!(error.contains("CPU 9") && error.contains("0-1"), "{error}");
    }

    #[test]
    fn by_default_the_last_allowed_cpu_is_chosen() {
        assert_eq!(AllowedCpus(vec![2, 4]).choose(None).unwrap(), 4);
    }

    #[test]
    fn a_seat_is_given_back_with_the_class_and_the_slack_of_before() {
        let now = || {
            (
                syscalls::weight(SELF),
                syscalls::timer_slack(),
                sched_getaffinity(SELF),
            )
        };
        syscalls::set_timer_slack(syscalls::TimerSlack::LEAST);
        let _ = syscalls::set_class(Class::Normal {
            slice: Duration::from_millis(7),
        });
        let slice = || syscalls::attributes().map(|attributes| attributes.slice_ns());
        let (before, slice_before) = (now(), slice());
        let cpu = AllowedCpus::of_this_process()
            .unwrap()
            .choose(None)
            .unwrap();
        drop(SupervisorCpu::take(cpu).unwrap());
        assert_eq!((now(), slice()), (before, slice_before));
    }
}
