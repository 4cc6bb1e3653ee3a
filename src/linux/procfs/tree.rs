//! Who is whose parent.

use std::fs;

use super::stat::Stat;
use super::view::read_if_there;

/// Every process there is, in the order of their pids, as far as they can be read.
#[must_use]
pub fn everybody() -> Vec<Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut everybody: Vec<Stat> = pids
        .filter_map(|pid: i32| {
            let stat = read_if_there(&format!("/proc/{pid}/stat")).ok()??;
            Stat::parse(&stat)
        })
        .collect();
    everybody.sort_by_key(|stat| stat.pid);
    everybody
}

/// The pids of a process's children.
#[must_use]
pub fn children_of(pid: i32) -> Vec<i32> {
    let all = everybody();
    let children = all.iter().filter(|stat| stat.ppid == pid);
    children.map(|stat| stat.pid).collect()
}
