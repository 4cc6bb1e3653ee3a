//! What is looked at, in the order in which it is told: a list of checks.

#![expect(
    clippy::unnecessary_wraps,
    reason = "a check may have nothing to tell; those that always do are in the same list"
)]

use serde::Serialize;

use super::capabilities::{Capabilities, Supervisor};
use super::surroundings::Hypervisor;
use crate::os::supervisor_cpu::SchedClass;
use crate::process::limits::Limit;

/// What one check has found: what there is, or what its lack costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    /// Whether it is as a run would have it.
    pub ok: bool,
    pub found: String,
}

/// Each tells nothing where there is nothing to tell.
const CHECKS: [fn(&Capabilities) -> Option<Check>; 13] = [
    cpus,
    runs_beside,
    supervisor,
    perf_events,
    pidfd,
    proc,
    processes,
    cpu_time,
    clock,
    kernel_tick,
    machine,
    container,
    control_group,
];

pub fn checks(found: &Capabilities) -> Vec<Check> {
    CHECKS.iter().filter_map(|check| check(found)).collect()
}

fn check(name: &'static str, ok: bool, found: impl Into<String>) -> Check {
    Check {
        name,
        ok,
        found: found.into(),
    }
}

fn cpus(found: &Capabilities) -> Option<Check> {
    const NAME: &str = "CPUs allowed";
    let (cpus, cpu) = (&found.cpus, found.cpu);
    if cpus.as_slice() == [cpu] {
        let what = format!("{cpus} only: printing takes time from the processes");
        return Some(check(NAME, false, what));
    }
    Some(check(NAME, true, format!("{cpus}; CPU {cpu} is tried")))
}

fn runs_beside(found: &Capabilities) -> Option<Check> {
    let pids = found.runs_beside.iter().map(|&pid| match pid {
        0 => "in another pid namespace".to_owned(),
        _ => format!("pid {pid}"),
    });
    let pids: Vec<_> = pids.collect();
    if pids.is_empty() {
        return None;
    }
    let what = format!(
        "on CPU {}, too ({}): what they take distorts what is measured",
        found.cpu,
        pids.join(", ")
    );
    Some(check("other timeshares", false, what))
}

fn supervisor(found: &Capabilities) -> Option<Check> {
    const NAME: &str = "supervisor";
    match &found.supervisor {
        Ok(taken) => Some(check(
            NAME,
            taken.class == SchedClass::RealTime,
            class(taken),
        )),
        Err(why) => Some(check(NAME, false, why)),
    }
}

fn class(taken: &Supervisor) -> String {
    let why = taken
        .why_no_fifo
        .as_deref()
        .unwrap_or("it is not known why");
    match (taken.class, taken.slices_are_heeded) {
        (SchedClass::RealTime, _) => "SCHED_FIFO: decides without delay".to_owned(),
        (SchedClass::ShortSlice, _) => format!(
            "no SCHED_FIFO: {why}. With a short slice it decides late by up to milliseconds when \
             other programs want the CPU, too"
        ),
        (SchedClass::Ordinary, false) => format!(
            "no SCHED_FIFO: {why}. Nor a short slice, which kernels heed from Linux 6.12 on: decides \
             late by milliseconds now and then"
        ),
        (SchedClass::Ordinary, true) => format!(
            "no SCHED_FIFO: {why}. Nor does it get a short slice: decides late by milliseconds now \
             and then"
        ),
    }
}

fn perf_events(found: &Capabilities) -> Option<Check> {
    let what = match &found.switches {
        Ok(()) => "every context switch is recorded".to_owned(),
        Err(refused) => format!("samples only, no account of time: {refused}"),
    };
    Some(check("perf events", found.switches.is_ok(), what))
}

fn pidfd(found: &Capabilities) -> Option<Check> {
    let what = match found.pidfd {
        Ok(()) => "signals cannot hit a reused pid".to_owned(),
        Err(errno) => format!("{}: runs do not work", errno.desc()),
    };
    Some(check("pidfd", found.pidfd.is_ok(), what))
}

fn proc(found: &Capabilities) -> Option<Check> {
    let what = if found.proc {
        "states can be sampled"
    } else {
        "not readable: runs do not work"
    };
    Some(check("/proc", found.proc, what))
}

fn processes(found: &Capabilities) -> Option<Check> {
    let Limit { children, by } = found.most_children.as_ref()?;
    let what = format!("{children} at once at most ({by})");
    Some(check("processes", *children >= 16, what))
}

fn cpu_time(found: &Capabilities) -> Option<Check> {
    let limit = found.cpu_seconds?;
    let what = format!(
        "{limit} s for each process and for the supervisor (ulimit -t): a program that takes longer \
         is refused"
    );
    Some(check("CPU time", false, what))
}

fn clock(found: &Capabilities) -> Option<Check> {
    let what = format!("{} ns resolution", found.clock_ns);
    Some(check("clock", found.clock_ns <= 1_000, what))
}

fn kernel_tick(found: &Capabilities) -> Option<Check> {
    let hertz = found.hertz.map(|hertz| format!("{hertz} Hz"));
    Some(check(
        "kernel tick",
        true,
        hertz.unwrap_or_else(|| "unknown".to_owned()),
    ))
}

fn machine(found: &Capabilities) -> Option<Check> {
    let (ok, kind) = match found.hypervisor {
        Hypervisor::Shows(by) => (
            false,
            format!("virtual (by {by}): waking a CPU is expensive"),
        ),
        Hypervisor::NotShown => (true, "no hypervisor shows".to_owned()),
        Hypervisor::Unknown => (true, "whether it is virtual is not known".to_owned()),
    };
    let steal = found.steal.filter(|_| !ok);
    let what = steal.map_or_else(
        || kind.clone(),
        |steal| format!("{kind}; {:.2}% of time stolen", 100.0 * steal),
    );
    Some(check("machine", ok, what))
}

fn container(found: &Capabilities) -> Option<Check> {
    let name = found.container?;
    Some(check(
        "container",
        false,
        format!("{name}: its limits hold"),
    ))
}

fn control_group(found: &Capabilities) -> Option<Check> {
    let path = found.control_group.as_ref()?;
    Some(check(
        "control group",
        true,
        format!("{path}: its limits hold"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::affinity::AllowedCpus;
    use crate::os::cpu_claim::CpuClaim;

    fn found() -> Capabilities {
        let cpus = AllowedCpus::of_this_process().unwrap();
        let claim = CpuClaim::take(&cpus, None).unwrap();
        Capabilities::explore(cpus, &claim)
    }

    fn told(found: &Capabilities, name: &str) -> Option<(bool, String)> {
        let mut all = checks(found).into_iter();
        let check = all.find(|check| check.name == name)?;
        Some((check.ok, check.found))
    }

    #[test]
    fn a_slice_is_not_told_of_where_the_kernel_does_not_heed_it() {
        let mut found = found();
        found.supervisor = Ok(Supervisor {
            class: SchedClass::Ordinary,
            why_no_fifo: Some("it takes CAP_SYS_NICE, or ulimit -r 1".to_owned()),
            slices_are_heeded: false,
        });
        let (ok, told) = told(&found, "supervisor").unwrap();
        assert!(!ok && told.contains("from Linux 6.12 on"), "{told}");
        assert!(
            told.contains("no SCHED_FIFO: it takes CAP_SYS_NICE"),
            "{told}"
        );
    }

    #[test]
    fn what_is_not_known_of_the_machine_is_not_told_as_known() {
        let mut found = found();
        found.hypervisor = Hypervisor::Unknown;
        let (_, what) = told(&found, "machine").unwrap();
        assert!(what.contains("not known"), "{what}");
        found.hypervisor = Hypervisor::Shows("a flag of its processor");
        assert!(!told(&found, "machine").unwrap().0);
    }

    #[test]
    fn others_on_the_cpu_are_named_by_pid() {
        let mut found = found();
        found.runs_beside = vec![];
        assert_eq!(told(&found, "other timeshares"), None);
        found.runs_beside = vec![4711, 0];
        let (ok, what) = told(&found, "other timeshares").unwrap();
        assert!(
            !ok && what.contains("pid 4711, in another pid namespace"),
            "{what}"
        );
    }

    #[test]
    fn a_limit_on_cpu_time_is_told() {
        let mut found = found();
        found.cpu_seconds = Some(3);
        let (ok, what) = told(&found, "CPU time").unwrap();
        assert!(
            !ok && what.contains("3 s") && what.contains("ulimit -t"),
            "{what}"
        );
    }
}
