//! The CPUs these tests may use.

use nix::sched::{CpuSet, sched_getaffinity};
use nix::unistd::Pid;

/// In ascending order.
pub fn allowed() -> Vec<usize> {
    let set = sched_getaffinity(Pid::from_raw(0)).expect("the kernel says which CPUs are allowed");
    (0..CpuSet::count())
        .filter(|&cpu| set.is_set(cpu).unwrap_or(false))
        .collect()
}
