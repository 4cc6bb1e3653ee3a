//! What this machine lets us do: asked by trying, not by guessing.

use std::fs;
use std::time::Duration;

use nix::errno::Errno;
use nix::time::{ClockId, clock_getres};
use nix::unistd::Pid;

use crate::os::affinity::AllowedCpus;
use crate::os::perf::Switches;
use crate::os::procfs::{StatFile, cgroup};
use crate::os::supervisor_cpu::{SchedClass, SupervisorCpu};
use crate::os::{clock, syscalls};
use crate::process::limits;
use crate::process::limits::Limit;

/// What matters to a run.
#[derive(Clone, Debug)]
pub struct Capabilities {
    pub cpus: Result<AllowedCpus, String>,
    /// How the supervisor would come by the CPU.
    pub sched_class: Result<SchedClass, String>,
    /// Whether the kernel records context switches for us.
    pub switches: Result<(), Errno>,
    pub pidfd: Result<(), Errno>,
    /// Whether one's own state can be read in `/proc`.
    pub proc: bool,
    /// What allows the fewest children.
    pub most_children: Option<Limit>,
    /// Resolution of `CLOCK_MONOTONIC` in nanoseconds.
    pub clock_ns: u64,
    /// The kernel's tick, from the resolution of its coarse clock.
    pub hertz: Option<u64>,
    pub virtual_machine: bool,
    /// The container or control group we are in, if it looks like one.
    pub container: Option<String>,
    /// Share of the time since boot that the hypervisor gave to others.
    pub steal: Option<f64>,
}

impl Capabilities {
    /// Tries everything out. Leaves the calling thread as it was.
    pub fn explore() -> Self {
        let cpus = AllowedCpus::of_this_process().map_err(|error| error.to_string());
        let cpu = cpus.as_ref().ok().and_then(|cpus| cpus.choose(None).ok());
        let cpu = cpu.unwrap_or(0);
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self {
            sched_class: SupervisorCpu::take(cpu)
                .map(|supervisor_cpu| supervisor_cpu.sched_class())
                .map_err(|e| e.to_string()),
            switches: Switches::open(cpu).map(drop),
            pidfd: syscalls::pidfd_open(Pid::this()).map(drop),
            proc: StatFile::open(Pid::this()).is_ok_and(|stat| stat.letter().is_some()),
            most_children: limits::narrowest(),
            clock_ns: resolution_ns(ClockId::CLOCK_MONOTONIC).unwrap_or(0),
            hertz: resolution_ns(ClockId::CLOCK_MONOTONIC_COARSE)
                .filter(|&ns| ns > 0)
                .map(|ns| 1_000_000_000 / ns),
            virtual_machine: cpuinfo
                .lines()
                .any(|line| line.starts_with("flags") && line.contains(" hypervisor")),
            container: container(),
            steal: fs::read_to_string("/proc/stat")
                .ok()
                .as_deref()
                .and_then(steal_of),
            cpus,
        }
    }

    /// Why no run will work here, if so.
    pub fn obstacle(&self) -> Option<String> {
        if let (Err(why), _) | (_, Err(why)) = (&self.cpus, &self.sched_class) {
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

fn container() -> Option<String> {
    for (mark, name) in [("/.dockerenv", "Docker"), ("/run/.containerenv", "Podman")] {
        if fs::exists(mark).unwrap_or(false) {
            return Some(name.to_owned());
        }
    }
    let groups = cgroup::parse(&fs::read_to_string("/proc/self/cgroup").ok()?);
    let own = groups
        .into_iter()
        .find(|group| group.controllers.is_empty())?;
    (!["", "/"].contains(&own.path.as_str())).then(|| format!("control group {}", own.path))
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
        let capabilities = Capabilities::explore();
        assert!(capabilities.proc);
        assert!(capabilities.clock_ns > 0);
    }
}
