//! All processes, and which descend from which.

use std::fs;

use super::process_dir::ProcessDir;
use super::stat::Stat;

/// Every process there is, in the order of their pids, as far as they can be read.
pub fn all() -> Vec<Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut all: Vec<Stat> = pids.filter_map(stat_of).collect();
    all.sort_by_key(|stat| stat.pid);
    all
}

/// `None`: there is no such process.
pub fn stat_of(pid: i32) -> Option<Stat> {
    ProcessDir::open(pid).ok()?.stat().ok()
}

/// A process's children, and theirs, and so on.
pub fn descendants_of(pid: i32) -> Vec<Stat> {
    let (mut found, mut others) = (Vec::new(), all());
    let mut parents = vec![pid];
    while !parents.is_empty() {
        let is_child = |stat: &Stat| parents.contains(&stat.ppid);
        let (children, rest): (Vec<_>, _) = others.into_iter().partition(is_child);
        parents = children.iter().map(|stat| stat.pid).collect();
        found.extend(children);
        others = rest;
    }
    found
}
