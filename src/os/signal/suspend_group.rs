//! Those who compute for a [`Listener`](super::listener::Listener) that waits without a runtime: with Ctrl-Z they
//! stand still, too. Whoever sleeps does so anyway, and who was stopped before stays stopped.

use std::cell::RefCell;
use std::os::fd::{AsFd, OwnedFd};
use std::thread::sleep;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::procfs::StatFile;
use crate::os::syscalls;

/// One of them.
struct SuspendMember {
    stat: StatFile,
    pidfd: OwnedFd,
}

/// All of them.
#[derive(Default)]
pub struct SuspendGroup(RefCell<Vec<SuspendMember>>);

impl SuspendGroup {
    /// From now on, this one, too. Who is gone is none.
    pub fn add(&self, pid: i32, pidfd: OwnedFd) {
        if let Ok(stat) = StatFile::open(Pid::from_raw(pid)) {
            self.0.borrow_mut().push(SuspendMember { stat, pidfd });
        }
    }

    /// From now on, nobody.
    pub fn dismiss(&self) {
        self.0.borrow_mut().clear();
    }

    /// Stops who computes, does something, and lets them go on.
    pub fn stopped_during<T>(&self, what: impl FnOnce() -> T) -> T {
        let suspend_group = self.0.borrow();
        let computing = |one: &&SuspendMember| one.stat.letter() == Some('R');
        let stopped: Vec<_> = suspend_group.iter().filter(computing).collect();
        for one in &stopped {
            one.send(Signal::SIGSTOP);
        }
        let deadline = Deadline::after(deadline::LAST_STOP);
        while stopped.iter().any(computing) && deadline.left().is_some() {
            sleep(deadline::STATE_GLANCE);
        }
        let done = what();
        for one in stopped {
            one.send(Signal::SIGCONT);
        }
        done
    }
}

impl SuspendMember {
    /// Who has ended needs no signal.
    fn send(&self, signal: Signal) {
        let _ = syscalls::pidfd_send_signal(self.pidfd.as_fd(), Some(signal));
    }
}
