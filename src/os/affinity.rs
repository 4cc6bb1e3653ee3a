//! Which CPUs a thread may run on (`sched_setaffinity(2)`).

use std::fmt;
use std::fs;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use super::error::{Error, refused, system};
use super::refusal;
use super::refusal::Call;

/// The calling thread.
const SELF: Pid = Pid::from_raw(0);

/// The CPUs this process may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedCpus(Vec<usize>);

impl AllowedCpus {
    pub fn of_this_process() -> Result<Self, Error> {
        let allowed = allowed(SELF).map_err(system("find out the CPUs allowed"))?;
        Ok(Self(allowed))
    }

    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }

    /// The CPU asked for, if it is allowed or the kernel grants it all the same (`isolcpus`,
    /// `taskset`: the mask of a process is not all it may have); otherwise the last allowed one, since
    /// the first ones have the most interrupts to serve.
    pub fn choose(&self, wanted: Option<usize>) -> Result<usize, Error> {
        match wanted {
            Some(cpu) if self.0.contains(&cpu) => Ok(cpu),
            Some(cpu) => match try_out(cpu) {
                Ok(()) => Ok(cpu),
                Err(why) => Err(Error::Refused(format!(
                    "CPU {cpu} is not among the CPUs this process may use: {self}. {why}"
                ))),
            },
            None => self.0.last().copied().ok_or_else(|| {
                Error::Refused("this process may use no CPU (sched_getaffinity)".to_owned())
            }),
        }
    }

    #[cfg(test)]
    pub fn of_numbers(numbers: &[usize]) -> Self {
        Self(numbers.to_vec())
    }

    /// All but `cpu`, if there are others.
    pub fn beside(&self, cpu: usize) -> Vec<usize> {
        let others = self.0.iter().copied().filter(|&other| other != cpu);
        let others: Vec<_> = others.collect();
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

fn allowed(pid: Pid) -> nix::Result<Vec<usize>> {
    let set = sched_getaffinity(pid)?;
    let is_set = |&cpu: &usize| set.is_set(cpu).unwrap_or(false);
    Ok((0..CpuSet::count()).filter(is_set).collect())
}

/// Whether the kernel lets the calling thread have this CPU; afterwards it has those it had before.
/// Why not, as a sentence.
fn try_out(cpu: usize) -> Result<(), String> {
    let before = sched_getaffinity(SELF).map_err(|errno| refusal::why(Call::Affinity, errno))?;
    let pinned = pin_process(SELF, &[cpu]);
    // A control group's set of CPUs may grant others than it was asked for.
    let granted = pinned.and_then(|()| allowed(SELF));
    let _ = sched_setaffinity(SELF, &before);
    match granted {
        Ok(cpus) if cpus == [cpu] => Ok(()),
        Ok(_) | Err(Errno::EINVAL) => Err(why_no_cpu(cpu)),
        Err(errno) => Err(refusal::why(Call::Affinity, errno)),
    }
}

fn why_no_cpu(cpu: usize) -> String {
    let device = format!("/sys/devices/system/cpu/cpu{cpu}");
    let why = match fs::exists(device) {
        Ok(false) => "This machine has no such CPU",
        _ if is_offline(cpu) => "It is offline",
        _ => "The set of CPUs of its control group (cpuset) is without it",
    };
    why.to_owned()
}

/// Whether a CPU has been put offline (hotplug). Where the kernel does not say, it has not.
pub fn is_offline(cpu: usize) -> bool {
    let online = format!("/sys/devices/system/cpu/cpu{cpu}/online");
    std::fs::read_to_string(online).is_ok_and(|text| text.trim() == "0")
}

/// Pins the calling thread.
pub fn pin(cpus: &[usize]) -> Result<(), Error> {
    pin_process(SELF, cpus).map_err(refused(
        Call::Affinity,
        format!(
            "move to CPU {} (sched_setaffinity)",
            AllowedCpus(cpus.to_vec())
        ),
    ))
}

/// Pins a process of one thread.
pub fn pin_process(pid: Pid, cpus: &[usize]) -> nix::Result<()> {
    let mut set = CpuSet::new();
    for &cpu in cpus {
        set.set(cpu)?;
    }
    sched_setaffinity(pid, &set)
}

/// The CPU a process may run on, when there is only one.
pub fn only_cpu(pid: Pid) -> Option<usize> {
    match allowed(pid).ok()?[..] {
        [only] => Some(only),
        _ => None,
    }
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
}
