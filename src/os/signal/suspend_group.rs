//! Processes that compute for us: when we are suspended, they are stopped, too. Those that sleep may
//! go on sleeping, and those that are stopped stay so.

use std::cell::RefCell;
use std::os::fd::{AsFd, OwnedFd};
use std::thread::sleep;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::procfs::StatFile;
use crate::os::syscalls;

#[derive(Default)]
pub struct SuspendGroup(RefCell<Vec<(StatFile, OwnedFd)>>);

impl SuspendGroup {
    /// Adds a process, unless it is gone.
    pub fn add(&self, pid: i32, pidfd: OwnedFd) {
        if let Ok(stat) = StatFile::open(Pid::from_raw(pid)) {
            self.0.borrow_mut().push((stat, pidfd));
        }
    }

    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Stops those that compute, does something, and continues them.
    pub fn stopped_during<T>(&self, what: impl FnOnce() -> T) -> T {
        let group = self.0.borrow();
        let computes = |(stat, _): &&(StatFile, OwnedFd)| stat.letter() == Some('R');
        let stopped: Vec<_> = group.iter().filter(computes).collect();
        let send = |signal| {
            for (_, pidfd) in &stopped {
                // One that has ended needs no signal.
                let _ = syscalls::pidfd_send_signal(pidfd.as_fd(), Some(signal));
            }
        };
        send(Signal::SIGSTOP);
        let deadline = Deadline::after(deadline::LAST_STOP);
        while stopped.iter().any(computes) && deadline.left().is_some() {
            sleep(deadline::STATE_POLL);
        }
        let done = what();
        send(Signal::SIGCONT);
        done
    }
}
