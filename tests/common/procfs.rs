//! What `/proc` says of a process (`proc_pid_stat(5)`, `proc_pid_status(5)`).

use std::fs;
use std::path::PathBuf;

use nix::unistd::Pid;

/// Some fields of `/proc/PID/stat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    pub name: String,
    pub letter: char,
    pub parent: i32,
    pub group: i32,
    /// Page faults of the children it has waited for. A process that executes a program has some.
    pub childrens_faults: u64,
}

/// `None`: there is no such process any more.
pub fn stat(pid: Pid) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse(stat: &str) -> Option<Stat> {
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    Some(Stat {
        name: name.to_owned(),
        letter: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        childrens_faults: fields.get(8)?.parse().ok()?,
    })
}

/// The processes whose parent is `pid`, in the order of their pids.
pub fn children_of(pid: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").expect("/proc can be listed");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let mut children: Vec<Pid> = pids
        .map(Pid::from_raw)
        .filter(|&other| stat(other).is_some_and(|stat| stat.parent == pid.as_raw()))
        .collect();
    children.sort();
    children
}

/// A line of `/proc/PID/status`, without its name.
pub fn status(pid: Pid, field: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name == field).then(|| value.trim().to_owned())
    })
}

/// How often a process has left the CPU so far, by itself or not.
pub fn switches(pid: Pid) -> Option<u64> {
    let count = |field| status(pid, field)?.parse::<u64>().ok();
    Some(count("voluntary_ctxt_switches")? + count("nonvoluntary_ctxt_switches")?)
}

/// How much CPU time a process has had (`/proc/PID/schedstat`).
pub fn cpu_ns(pid: Pid) -> Option<u64> {
    let schedstat = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    schedstat.split_whitespace().next()?.parse().ok()
}

/// The open files of a process: number, and what it is.
pub fn open_files(pid: Pid) -> Vec<(i32, PathBuf)> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("its files can be listed");
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let number = path.file_name()?.to_str()?.parse().ok()?;
            Some((number, fs::read_link(path).ok()?))
        })
        .collect();
    files.sort();
    files
}
