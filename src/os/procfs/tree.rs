//! Who is whose parent.

use std::fs;

use super::stat::Stat;
use super::view::read_if_there;

/// Every process there is, in the order of their pids, as far as they can be read.
#[must_use]
pub fn everybody() -> Vec<Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut everybody: Vec<Stat> = pids.filter_map(stat_of).collect();
    everybody.sort_by_key(|stat| stat.pid);
    everybody
}

/// What `/proc` says of a process, if it is there.
#[must_use]
pub fn stat_of(pid: i32) -> Option<Stat> {
    let stat = read_if_there(&format!("/proc/{pid}/stat")).ok()??;
    Stat::parse(&stat)
}

/// A process's children, and theirs, and so on.
#[must_use]
pub fn descendants_of(pid: i32) -> Vec<Stat> {
    let (mut found, mut others) = (Vec::new(), everybody());
    let mut parents = vec![pid];
    while !parents.is_empty() {
        let is_child = |stat: &Stat| parents.contains(&stat.ppid);
        let (children, rest) = others.into_iter().partition(is_child);
        parents = Vec::clone(&children)
            .iter()
            .map(|stat: &Stat| stat.pid)
            .collect();
        found.extend(children);
        others = rest;
    }
    found
}

/// The pids of a process's children.
#[must_use]
pub fn children_of(pid: i32) -> Vec<i32> {
    let all = everybody();
    let children = all.iter().filter(|stat| stat.ppid == pid);
    children.map(|stat| stat.pid).collect()
}
