//! System calls that nix does not wrap, each as a safe function.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::signalfd::SignalFd;
use nix::sys::timerfd::TimerFd;
use nix::unistd::Pid;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A descriptor for a process: it cannot come to mean another process when the pid is reused
/// (`pidfd_open(2)`, Linux 5.3).
pub fn pidfd_open(pid: Pid) -> Result<OwnedFd, Errno> {
    // SAFETY: pidfd_open takes two integers and touches no memory of ours.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    let fd = i32::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just opened this descriptor for us, and nothing else refers to it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// `pidfd_send_signal(2)`, Linux 5.1. Without a signal it is only checked whether one could be sent.
pub fn pidfd_send_signal(pidfd: BorrowedFd<'_>, signal: Option<Signal>) -> Result<(), Errno> {
    pidfd_send_number(pidfd, signal.map_or(0, |signal| signal as i32))
}

/// The same, of any signal the kernel has, real-time signals included (`signal(7)`).
pub fn pidfd_send_number(pidfd: BorrowedFd<'_>, signal: i32) -> Result<(), Errno> {
    let no_info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null siginfo is documented to mean "as kill(2) would fill it".
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal,
            no_info,
            0,
        )
    };
    Errno::result(result).map(drop)
}

/// The wait status of a process that its parent has reaped (`PIDFD_GET_INFO`, Linux 6.15). `None`:
/// it has not been, or this kernel does not tell.
pub fn wait_status_of_reaped(pidfd: BorrowedFd<'_>) -> Option<i32> {
    // SAFETY: pidfd_info is plain integers, for which all zeroes is a value.
    let mut info: libc::pidfd_info = unsafe { std::mem::zeroed() };
    let exit = u64::from(libc::PIDFD_INFO_EXIT);
    info.mask = exit;
    // SAFETY: the pointer is to a live pidfd_info, whose size is part of the request's number.
    let result = unsafe { libc::ioctl(pidfd.as_raw_fd(), libc::PIDFD_GET_INFO, &raw mut info) };
    (result == 0 && info.mask & exit != 0).then_some(info.exit_code)
}

/// Whether this process ignores a signal.
pub fn is_ignored(signal: Signal) -> bool {
    // SAFETY: sigaction is plain data, for which all zeroes is a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null new action changes nothing; the old one goes to a live value.
    let result = unsafe { libc::sigaction(signal as i32, std::ptr::null(), &raw mut action) };
    result == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Whether a signal waits to be delivered to this thread, which blocks it.
pub fn is_pending(signal: Signal) -> bool {
    // SAFETY: sigset_t is plain data, for which all zeroes is a value.
    let mut pending: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to a live value.
    unsafe {
        libc::sigpending(&raw mut pending) == 0
            && libc::sigismember(&raw const pending, signal as i32) == 1
    }
}

/// How often a child gave up the CPU and lost it, up to its end (`wait4(2)`).
#[derive(Clone, Copy, Debug)]
pub struct Reaped {
    pub voluntary_switches: u64,
    pub involuntary_switches: u64,
}

/// `waitpid` that also says what the child cost. `None`: it has not ended yet.
pub fn wait4_nohang(pid: Pid) -> Result<Option<Reaped>, Errno> {
    let mut status = 0;
    // SAFETY: rusage is plain integers, for which all zeroes is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values of the types wait4 writes.
    let result =
        unsafe { libc::wait4(pid.as_raw(), &raw mut status, libc::WNOHANG, &raw mut usage) };
    if Errno::result(result)? == 0 {
        return Ok(None);
    }
    Ok(Some(Reaped {
        voluntary_switches: u64::try_from(usage.ru_nvcsw).unwrap_or(0),
        involuntary_switches: u64::try_from(usage.ru_nivcsw).unwrap_or(0),
    }))
}

/// What owns or borrows one descriptor for its whole life.
pub trait OneFd: AsFd {}
impl OneFd for BorrowedFd<'_> {}
impl OneFd for SignalFd {}
impl OneFd for TimerFd {}

/// A descriptor in the form in which tokio can watch it.
pub struct Watched<T>(pub T);

impl<T: OneFd> AsRawFd for Watched<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// Has tokio watch when a descriptor is readable. To be called inside of a runtime.
pub fn watched<T: OneFd>(fd: T) -> io::Result<AsyncFd<Watched<T>>> {
    // SAFETY: it is one descriptor for its whole life, and the AsyncFd owns what keeps it open.
    Ok(unsafe { AsyncFd::register_with_interest(Watched(fd), Interest::READABLE) }?)
}

/// The state of a waited-for or wait-able process that `waitid(2)` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// By this signal.
    Stopped {
        signal: i32,
    },
    Continued,
    Exited {
        code: i32,
    },
    Killed {
        signal: i32,
        core: bool,
    },
}

/// `waitid(P_PIDFD, …)`: `None` when there is nothing to tell (with `WNOHANG`).
pub fn waitid(pidfd: &impl AsFd, flags: libc::c_int) -> Result<Option<Change>, Errno> {
    let id = libc::id_t::try_from(pidfd.as_fd().as_raw_fd()).map_err(|_| Errno::EBADF)?;
    // SAFETY: siginfo_t is plain data, for which all zeroes is a value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live siginfo_t.
    Errno::result(unsafe { libc::waitid(libc::P_PIDFD, id, &raw mut info, flags) })?;
    // SAFETY: waitid has filled the members for SIGCHLD, or left the zeroes of above.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    if pid == 0 {
        return Ok(None);
    }
    Ok(Some(match info.si_code {
        libc::CLD_EXITED => Change::Exited { code: status },
        libc::CLD_KILLED => Change::Killed {
            signal: status,
            core: false,
        },
        libc::CLD_DUMPED => Change::Killed {
            signal: status,
            core: true,
        },
        libc::CLD_CONTINUED => Change::Continued,
        _ => Change::Stopped { signal: status },
    }))
}

/// Takes over a descriptor this process was started with, if it is a file of this kind
/// (`S_IFIFO`, `S_IFREG`; `inode(7)`).
pub fn take_file(number: i32, kind: libc::mode_t) -> Option<OwnedFd> {
    // SAFETY: only looked at by fstat, which answers EBADF if it is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let status = nix::sys::stat::fstat(borrowed).ok()?;
    if status.st_mode & libc::S_IFMT != kind {
        return None;
    }
    // SAFETY: it is open, and a role, which nothing precedes, takes it once.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}
