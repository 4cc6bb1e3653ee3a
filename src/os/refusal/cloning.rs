//! Why there is no further process or thread: `EAGAIN` of `clone(2)`.

use std::fs;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::getuid;

use super::facts::{Capability, Facts, groups_with, sysctl};
use super::probe::{Probe, is_filtered};
use crate::os::procfs::{cgroup, status};
use crate::os::sched;

/// To be asked while what was created before is still there.
pub fn why(facts: &Facts) -> String {
    if facts.has_filter && is_filtered(Probe::Clone, Errno::EAGAIN) {
        return super::filter(Errno::EAGAIN);
    }
    if sched::own_class_forbids_clone() {
        return "A SCHED_DEADLINE thread may create none (sched(7)): give it SCHED_FLAG_RESET_ON_FORK"
            .to_owned();
    }
    let full = groups_with("pids")
        .into_iter()
        .find_map(|folder| full(&folder));
    let user = user_limit(facts);
    let of_user = user.map(|limit| (limit, threads_of_user()));
    if let Some(full) = full {
        return full;
    }
    if let Some((limit, there)) = of_user.filter(|(limit, there)| there >= limit) {
        return format!(
            "The limit on this user's processes and threads is reached: {there} of {limit} \
             (ulimit -u). Use fewer, or raise the limit"
        );
    }
    if let Some(full) = machine_is_full() {
        return full;
    }
    let of_user = of_user.map_or_else(String::new, |(limit, there)| {
        format!(
            "; the one on this user's counts those in other containers, too ({there} of {limit} are \
             seen here, ulimit -u)"
        )
    });
    format!("No limit on processes is seen to be reached{of_user}")
}

/// The limit, where it holds: not for root, nor for who may exceed it (`setrlimit(2)`).
pub fn user_limit(facts: &Facts) -> Option<u64> {
    let is_exempt = getuid().is_root() && !facts.in_user_namespace
        || facts.has_of_machine(Capability::SysAdmin)
        || facts.has_of_machine(Capability::SysResource);
    let (soft, _) = getrlimit(Resource::RLIMIT_NPROC).ok()?;
    (!is_exempt && soft != libc::RLIM_INFINITY).then_some(soft)
}

fn full(folder: &Path) -> Option<String> {
    let max: i64 = cgroup::number(&folder.join("pids.max"))?;
    let current: i64 = cgroup::number(&folder.join("pids.current"))?;
    (current >= max).then(|| {
        format!(
            "The limit of the control group is reached: {current} of {max} processes and threads \
             (pids.max in {}). Use fewer, or raise the limit",
            folder.display()
        )
    })
}

/// Those that are visible.
fn threads_of_user() -> u64 {
    let user = getuid().to_string();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let threads = entries.filter_map(|entry| {
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        let real = status::field(&status, "Uid")?.split_whitespace().next()?;
        (real == user).then(|| status::field(&status, "Threads")?.parse::<u64>().ok())?
    });
    threads.sum()
}

fn machine_is_full() -> Option<String> {
    // `0.20 0.18 0.12 1/80 11206`: the fourth is runnable and all threads (`proc_loadavg(5)`).
    let loadavg = fs::read_to_string("/proc/loadavg").ok()?;
    let (_, all) = loadavg.split_whitespace().nth(3)?.split_once('/')?;
    let all: i64 = all.parse().ok()?;
    let limits = ["kernel/threads-max", "kernel/pid_max"].map(|name| Some((name, sysctl(name)?)));
    let (name, limit) = limits
        .into_iter()
        .flatten()
        .find(|&(_, limit)| all >= limit)?;
    Some(format!(
        "The machine's limit on processes and threads is reached: {all} of {limit} ({})",
        name.replace('/', ".")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_control_group_is_named_with_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("pids.current", "7\n");
        for (max, is_full) in [("max\n", false), ("8\n", false), ("7\n", true)] {
            write("pids.max", max);
            let full = full(folder.path());
            assert_eq!(full.is_some(), is_full, "{max}");
            assert!(full.is_none_or(|why| why.contains("7 of 7") && why.contains("pids.max")));
        }
    }

    #[test]
    fn this_thread_is_one_of_this_user() {
        assert!(threads_of_user() >= 1);
    }
}
