//! What this machine lets us do: asked by trying, not by guessing.

use std::fs;
use std::time::Duration;

use nix::errno::Errno;
use nix::time::{ClockId, clock_getres};
use nix::unistd::Pid;

use super::surroundings::{Hypervisor, container};
use crate::os::affinity::AllowedCpus;
use crate::os::cpu_claim::CpuClaim;
use crate::os::perf::Switches;
use crate::os::procfs::{StatFile, cgroup};
use crate::os::refusal::perf::PerfRefused;
use crate::os::supervisor_cpu::{SchedClass, SupervisorCpu};
use crate::os::{clock, host, syscalls};
use crate::process::limits;
use crate::process::limits::Limit;

/// What matters to a run.
#[derive(Clone, Debug)]
pub struct Capabilities {
    pub cpus: AllowedCpus,
    /// The CPU that is tried.
    pub cpu: usize,
    /// The pids of other runs on it; 0: one in another pid namespace.
    pub runs_beside: Vec<i32>,
    /// How the supervisor would come by the CPU.
    pub supervisor: Result<Supervisor, String>,
    /// Whether the kernel records context switches for us.
    pub switches: Result<(), PerfRefused>,
    pub pidfd: Result<(), Errno>,
    /// Whether one's own state can be read in `/proc`.
    pub proc: bool,
    /// What allows the fewest children.
    pub most_children: Option<Limit>,
    /// The limit on the CPU time of each process, in seconds.
    pub cpu_seconds: Option<u64>,
    /// Resolution of `CLOCK_MONOTONIC` in nanoseconds.
    pub clock_ns: u64,
    /// The kernel's tick, from the resolution of its coarse clock.
    pub hertz: Option<u64>,
    pub hypervisor: Hypervisor,
    /// The engine of the container we are in.
    pub container: Option<&'static str>,
    /// Our control group of version 2, if it is not the root.
    pub control_group: Option<String>,
    /// Share of the time since boot that the hypervisor gave to others.
    pub steal: Option<f64>,
}

/// How the supervisor comes by the CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervisor {
    pub class: SchedClass,
    /// Why not as `SCHED_FIFO`.
    pub why_no_fifo: Option<String>,
    /// Whether this kernel heeds slices (Linux 6.12).
    pub slices_are_heeded: bool,
}

impl Capabilities {
    /// Tries everything out. Leaves the calling thread as it was.
    pub fn explore(cpus: AllowedCpus, claim: &CpuClaim) -> Self {
        let cpu = claim.cpu();
        let supervisor = SupervisorCpu::take(cpu).map(|taken| Supervisor {
            class: taken.sched_class(),
            why_no_fifo: taken.why_no_fifo(),
            slices_are_heeded: host::is_linux_from(6, 12),
        });
        let steal = fs::read_to_string("/proc/stat")
            .ok()
            .as_deref()
            .and_then(steal_of);
        Self {
            cpu,
            runs_beside: claim.others(),
            supervisor: supervisor.map_err(|error| error.to_string()),
            switches: Switches::open(cpu).map(drop),
            pidfd: syscalls::pidfd_open(Pid::this()).map(drop),
            proc: StatFile::open(Pid::this()).is_ok_and(|stat| stat.letter().is_some()),
            most_children: limits::narrowest(),
            cpu_seconds: limits::cpu_seconds(),
            clock_ns: resolution_ns(ClockId::CLOCK_MONOTONIC).unwrap_or(0),
            hertz: resolution_ns(ClockId::CLOCK_MONOTONIC_COARSE)
                .filter(|&ns| ns > 0)
                .map(|ns| 1_000_000_000 / ns),
            hypervisor: Hypervisor::find(steal.is_some_and(|share| share > 0.0)),
            container: container(),
            control_group: control_group(),
            steal,
            cpus,
        }
    }

    /// Why no run will work here, if so.
    pub fn obstacle(&self) -> Option<String> {
        if let Err(why) = &self.supervisor {
            return Some(why.clone());
        }
        if let Err(errno) = self.pidfd {
            return Some(format!("pidfd_open fails: {}", errno.desc()));
        }
        (!self.proc).then(|| "/proc is not mounted, or hides even our own processes".to_owned())
    }
}

fn resolution_ns(clock: ClockId) -> Option<u64> {
    clock_getres(clock)
        .ok()
        .map(|time| clock::ns(Duration::from(time)))
}

fn control_group() -> Option<String> {
    let groups = cgroup::parse(&fs::read_to_string("/proc/self/cgroup").ok()?);
    let own = groups
        .into_iter()
        .find(|group| group.controllers.is_empty())?;
    (!["", "/"].contains(&own.path.as_str())).then_some(own.path)
}

/// From the first line of `/proc/stat` (`proc_stat(5)`): user, nice, system, idle, iowait, irq,
/// softirq, steal.
fn steal_of(stat: &str) -> Option<f64> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks = fields.split_whitespace().take(8);
    let ticks: Vec<f64> = ticks
        .map(|field| field.parse().ok())
        .collect::<Option<_>>()?;
    let share = ticks.get(7)? / ticks.iter().sum::<f64>();
    (0.0..=1.0).contains(&share).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steal_is_the_eighth_figure_of_the_first_line() {
        let share = steal_of("cpu  10 0 10 70 0 0 0 10 0 0\ncpu0 1 2\n").unwrap();
        assert!((share - 0.1).abs() < 1e-9, "{share}");
        // Of 64 CPUs that were idle for a year.
        let share = steal_of("cpu 0 0 0 150000000000 0 0 0 50000000000 0 0").unwrap();
        assert!((share - 0.25).abs() < 1e-9, "{share}");
        assert_eq!(steal_of(""), None);
        assert_eq!(steal_of("cpu 0 0 0 0 0 0 0 0"), None);
    }

    proptest! {
        #[test]
        fn a_share_is_one_whatever_the_text(text: String, near in "cpu  ?([0-9]{1,12} ?){0,12}") {
            for share in [steal_of(&text), steal_of(&near)].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&share), "{share}");
            }
        }
    }

    #[test]
    fn this_machine_can_be_explored() {
        let cpus = AllowedCpus::of_this_process().unwrap();
        let claim = CpuClaim::take(&cpus, None).unwrap();
        let capabilities = Capabilities::explore(cpus, &claim);
        assert!(capabilities.proc);
        assert!(capabilities.clock_ns > 0);
    }
}
