//! Processes that our children have started and left behind.
//!
//! A command may have children of its own, in sessions of their own. As a subreaper we become the
//! parent of those that lose theirs, and so none of them can hide when we end. These are programs we
//! know nothing of: unlike [`super::kill_on_drop`], which owns each process from its fork, this finds
//! them in `/proc`, and stops all before it kills any.

use std::thread::sleep;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use super::pidfd::PidFd;
use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::error::{Error, system};
use crate::os::procfs::stat::Stat;
use crate::os::procfs::tree;
use crate::os::signal::is_force_quit;

/// How long to give them until the next look.
const AGAIN: Duration = Duration::from_millis(1);

/// After so many looks, those are killed, too, that do not stay stopped: another program continues
/// them.
const LOOKS: u32 = 200;

/// While it lives, orphans become our children. Dropped, it ends all our descendants.
pub struct Orphans {
    /// Whether they are ours. A process that had children before it became us (`exec` in a shell with
    /// jobs) may get orphans that are not: the two could not be told apart.
    are_ours: bool,
}

impl Orphans {
    /// To be called before there are children. Where there are some, no orphan is adopted.
    pub fn adopt() -> Result<Self, Error> {
        let are_ours = tree::descendants_of(Pid::this().as_raw()).is_empty();
        if are_ours {
            prctl::set_child_subreaper(true)
                .map_err(system("adopt orphans (prctl PR_SET_CHILD_SUBREAPER)"))?;
        }
        Ok(Self { are_ours })
    }

    /// Whether they become our children.
    pub const fn are_ours(&self) -> bool {
        self.are_ours
    }

    /// Kills and reaps all our descendants. Those that could not be ended.
    pub fn end(&mut self) -> Vec<Stat> {
        if !std::mem::take(&mut self.are_ours) {
            return Vec::new();
        }
        let deadline = Deadline::after(deadline::ORPHANS);
        let mut beyond_us: Vec<(i32, u64)> = Vec::new();
        let mut looks = 0;
        loop {
            let left = tree::descendants_of(Pid::this().as_raw());
            let within: Vec<_> = left
                .iter()
                .filter(|one| !beyond_us.contains(&identity(one)))
                .collect();
            if within.is_empty() || deadline.left().is_none() || is_force_quit() {
                return left;
            }
            looks += 1;
            let forbidden = end_some(&within, looks > LOOKS);
            beyond_us.extend(forbidden);
            sleep(AGAIN);
        }
    }
}

/// A pid and its start time.
const fn identity(one: &Stat) -> (i32, u64) {
    (one.pid, one.starttime)
}

/// Stops those that are not stopped; when all are, kills them. A process that is killed may have a
/// parent that starts another, and children that go on; a stopped one starts none. Those to which we
/// may send no signal.
fn end_some(left: &[&Stat], at_once: bool) -> Vec<(i32, u64)> {
    let is_stopped = |one: &&Stat| matches!(one.state, 'T' | 't' | 'Z' | 'X' | 'D');
    let signal = if at_once || left.iter().all(is_stopped) {
        Signal::SIGKILL
    } else {
        Signal::SIGSTOP
    };
    let is_spared = |one: &&Stat| signal == Signal::SIGSTOP && is_stopped(one);
    let targets = left.iter().filter(|one| !is_spared(one));
    let forbidden: Vec<_> = targets.filter(|one| !may_send(one, signal)).collect();
    for one in left.iter().filter(|one| one.ppid == Pid::this().as_raw()) {
        // Without waiting: one that has become another user's may not end.
        let _ = waitpid(Pid::from_raw(one.pid), Some(WaitPidFlag::WNOHANG));
    }
    forbidden.into_iter().map(|one| identity(one)).collect()
}

impl Drop for Orphans {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// Sends a signal, if the pid is still this process's. `false`: we may not send it one.
fn may_send(one: &Stat, signal: Signal) -> bool {
    let Ok(process) = PidFd::open(Pid::from_raw(one.pid)) else {
        return true;
    };
    // What was read before the descriptor was there may have been of another process.
    let now = tree::stat_of(one.pid);
    let is_it = now.is_some_and(|now| identity(&now) == identity(one));
    !is_it || process.send(signal) != Err(Errno::EPERM)
}
