//! Which CPUs a thread may run on (`sched_setaffinity(2)`).

use std::fmt;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use super::error::{Error, system};

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

    /// The CPU asked for, if it is allowed; otherwise the last allowed one, since the first ones
    /// have the most interrupts to serve.
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

/// Whether a CPU has been put offline (hotplug). Where the kernel does not say, it has not.
pub fn is_offline(cpu: usize) -> bool {
    let online = format!("/sys/devices/system/cpu/cpu{cpu}/online");
    std::fs::read_to_string(online).is_ok_and(|text| text.trim() == "0")
}

/// Pins the calling thread.
pub fn pin(cpus: &[usize]) -> Result<(), Error> {
    pin_process(SELF, cpus).map_err(system(format!("move to CPU {cpus:?}")))
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
