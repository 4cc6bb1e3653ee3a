//! The owner of processes that must not outlive it.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::signal::is_force_quit;

/// How long to sleep between two attempts to reap, at first and at most.
const PAUSE: Duration = Duration::from_micros(50);
const PAUSE_MAX: Duration = Duration::from_millis(5);

/// A process that can be killed and reaped.
pub trait Killable {
    /// Sends SIGKILL, which needs no continuing and cannot be refused.
    fn kill(&self);

    /// Reaps it if it has ended and is our child; never waits. Whether it need not be tried again.
    fn try_reap(&mut self) -> bool;
}

/// Processes of one kind. Dropped, it kills and reaps all of them.
pub struct KillOnDrop<P: Killable> {
    processes: Vec<P>,
    /// It has done what it could: no process is waited for twice.
    killed_all: bool,
}

impl<P: Killable> KillOnDrop<P> {
    /// Kills and reaps all, within one deadline: SIGKILL can be slow to act, and a tracer can keep
    /// an end from us. Whether none is left.
    pub fn kill_all(&mut self) -> bool {
        if std::mem::replace(&mut self.killed_all, true) {
            return true;
        }
        kill_all(&mut self.processes)
    }
}

/// As [`KillOnDrop::kill_all`]. The deadline is one without progress: a thousand take their time.
pub fn kill_all<P: Killable>(processes: &mut [P]) -> bool {
    for process in &*processes {
        process.kill();
    }
    let mut left: Vec<_> = processes.iter_mut().collect();
    let mut deadline = Deadline::after(deadline::KILL);
    let mut pause = PAUSE;
    loop {
        let before = left.len();
        left.retain_mut(|process| !process.try_reap());
        if left.is_empty() {
            return true;
        }
        if left.len() < before {
            deadline = Deadline::after(deadline::KILL);
        }
        if deadline.left().is_none() || is_force_quit() {
            return false;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

impl<P: Killable> Default for KillOnDrop<P> {
    fn default() -> Self {
        Self {
            processes: Vec::new(),
            killed_all: false,
        }
    }
}

impl<P: Killable> Drop for KillOnDrop<P> {
    fn drop(&mut self) {
        self.kill_all();
    }
}

impl<P: Killable> Deref for KillOnDrop<P> {
    type Target = Vec<P>;

    fn deref(&self) -> &Vec<P> {
        &self.processes
    }
}

impl<P: Killable> DerefMut for KillOnDrop<P> {
    fn deref_mut(&mut self) -> &mut Vec<P> {
        &mut self.processes
    }
}
