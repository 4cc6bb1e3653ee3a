//! A process by its pidfd, which cannot come to mean another process when the pid is reused.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::libc::{WEXITED, WNOHANG};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::kill_on_drop::Killable;
use crate::os::procfs::status;
use crate::os::syscalls;

/// The pid is for `/proc` and for showing; signals and waits go through the descriptor.
pub struct PidFd {
    pub pid: Pid,
    fd: OwnedFd,
}

impl PidFd {
    pub fn open(pid: Pid) -> Result<Self, Errno> {
        let fd = syscalls::pidfd_open(pid)?;
        Ok(Self { pid, fd })
    }

    /// One that came from another process, perhaps of another pid namespace: its pid is the one it
    /// has in ours. `None`: it has been reaped.
    pub fn received(fd: OwnedFd) -> io::Result<Option<Self>> {
        Ok(pid_of(&fd)?.map(|pid| Self { pid, fd }))
    }

    pub fn try_clone(&self) -> io::Result<Self> {
        let fd = self.fd.try_clone()?;
        Ok(Self { pid: self.pid, fd })
    }

    pub fn send(&self, signal: Signal) -> Result<(), Errno> {
        syscalls::pidfd_send_signal(self.as_fd(), Some(signal))
    }

    /// Any signal the kernel has, by its number.
    pub fn send_number(&self, signal: i32) -> Result<(), Errno> {
        syscalls::pidfd_send_number(self.as_fd(), signal)
    }

    /// Whether it has been reaped. Asked in two ways: one takes a descriptor, the other may be
    /// forbidden.
    pub fn is_gone(&self) -> bool {
        syscalls::pidfd_send_signal(self.as_fd(), None) == Err(Errno::ESRCH)
            || matches!(pid_of(&self.fd), Ok(None))
    }
}

/// `None`: it has been reaped.
fn pid_of(pidfd: &OwnedFd) -> io::Result<Option<Pid>> {
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd()))?;
    let pid = status::field(&info, "Pid").and_then(|pid| pid.parse().ok());
    Ok(pid.filter(|&pid| pid > 0).map(Pid::from_raw))
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Killable for PidFd {
    fn kill(&self) {
        let _ = self.send(Signal::SIGKILL);
    }

    fn try_reap(&mut self) -> bool {
        // ECHILD: it is not our child; it may become one when its parent ends.
        let _ = syscalls::waitid(self, WEXITED | WNOHANG);
        self.is_gone()
    }
}
