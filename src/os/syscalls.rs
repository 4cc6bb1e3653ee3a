//! System calls that nix does not wrap, each as a safe function.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

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
    // SAFETY: the kernel has just opened this descriptor for us, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// `pidfd_send_signal(2)`, Linux 5.1. Without a signal it is only checked whether one could be sent.
pub fn pidfd_send_signal(pidfd: BorrowedFd<'_>, signal: Option<Signal>) -> Result<(), Errno> {
    let no_info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null siginfo is documented to mean "as kill(2) would fill it".
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal.map_or(0, |signal| signal as i32),
            no_info,
            0,
        )
    };
    Errno::result(result).map(drop)
}

/// The wait status of a process that its parent has waited for (`PIDFD_GET_INFO`, Linux 6.15). `None`:
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
#[must_use]
pub fn is_ignored(signal: Signal) -> bool {
    // SAFETY: sigaction is plain data, for which all zeroes is a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null new action changes nothing; the old one goes to a live value.
    let result = unsafe { libc::sigaction(signal as i32, std::ptr::null(), &raw mut action) };
    result == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Whether a signal waits to be delivered to this thread, which blocks it.
#[must_use]
pub fn is_pending(signal: Signal) -> bool {
    // SAFETY: sigset_t is plain data, for which all zeroes is a value.
    let mut pending: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to a live value.
    unsafe {
        libc::sigpending(&raw mut pending) == 0
            && libc::sigismember(&raw const pending, signal as i32) == 1
    }
}

/// The name of a process's scheduling class (`sched_getscheduler(2)`).
#[must_use]
pub fn class_name(pid: Pid) -> &'static str {
    // SAFETY: takes an integer and touches no memory of ours.
    class_of(unsafe { libc::sched_getscheduler(pid.as_raw()) })
}

/// The name of a scheduling class (`sched(7)`).
#[must_use]
pub const fn class_of(policy: i32) -> &'static str {
    match policy & !libc::SCHED_RESET_ON_FORK {
        libc::SCHED_OTHER => "SCHED_OTHER",
        libc::SCHED_BATCH => "SCHED_BATCH",
        libc::SCHED_IDLE => "SCHED_IDLE",
        libc::SCHED_FIFO => "SCHED_FIFO",
        libc::SCHED_RR => "SCHED_RR",
        libc::SCHED_DEADLINE => "SCHED_DEADLINE",
        // libc has no name for it: sched_ext (Linux 6.12).
        7 => "SCHED_EXT",
        _ => "unknown",
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

/// A scheduling class as `sched_setattr(2)` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `SCHED_FIFO`, the lowest priority, not inherited by children.
    Fifo,
    /// `SCHED_OTHER` with the nice value one has, and this slice. A waking thread with a shorter
    /// slice than the running one's preempts it sooner (Linux 6.12; ignored before).
    Normal { slice: Duration },
}

/// Sets the scheduling class of the calling thread.
pub fn set_class(class: Class) -> Result<(), Errno> {
    // SAFETY: getpriority takes two integers; -1 is also a legal answer, and then we keep it.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
    let (policy, priority, runtime, flags) = match class {
        Class::Fifo => (libc::SCHED_FIFO, 1, 0, libc::SCHED_FLAG_RESET_ON_FORK),
        Class::Normal { slice } => (
            libc::SCHED_OTHER,
            0,
            u64::try_from(slice.as_nanos()).unwrap_or(u64::MAX),
            0,
        ),
    };
    let attributes = libc::sched_attr {
        size: u32::try_from(size_of::<libc::sched_attr>()).map_err(|_| Errno::E2BIG)?,
        sched_policy: u32::try_from(policy).map_err(|_| Errno::EINVAL)?,
        sched_flags: u64::try_from(flags).map_err(|_| Errno::EINVAL)?,
        sched_nice: nice,
        sched_priority: priority,
        sched_runtime: runtime,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the pointer is to a live sched_attr whose size field tells its size.
    let result = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    Errno::result(result).map(drop)
}

/// The scheduling class of a thread with all that belongs to it (`sched_getattr(2)`).
#[derive(Clone, Copy)]
pub struct Attributes(libc::sched_attr);

#[cfg(test)]
impl Attributes {
    /// Of `SCHED_OTHER`.
    pub const fn slice_ns(&self) -> u64 {
        self.0.sched_runtime
    }
}

/// Those of the calling thread; `None` where the kernel does not tell.
#[must_use]
pub fn attributes() -> Option<Attributes> {
    // SAFETY: sched_attr is plain integers, for which all zeroes is a value.
    let mut attributes: libc::sched_attr = unsafe { std::mem::zeroed() };
    let size = size_of::<libc::sched_attr>();
    // SAFETY: the pointer is to a live sched_attr of the size given.
    let result = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, size, 0) };
    (result == 0).then_some(Attributes(attributes))
}

/// Gives the calling thread the attributes it had.
pub fn restore(attributes: &Attributes) -> Result<(), Errno> {
    let set = |attributes: &libc::sched_attr| {
        // SAFETY: the pointer is to a live sched_attr whose size field the kernel has filled.
        let result = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, attributes, 0) };
        Errno::result(result).map(drop)
    };
    set(&attributes.0).or_else(|_| {
        // Not to be inherited by children, as SCHED_FIFO was: only a privilege takes that back.
        let mut kept = attributes.0;
        kept.sched_flags |= u64::try_from(libc::SCHED_FLAG_RESET_ON_FORK).unwrap_or(0);
        set(&kept)
    })
}

/// The class and the nice value of a process: how much of a CPU it gets beside others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    class: i32,
    nice: i32,
}

/// `None`: it is gone.
#[must_use]
pub fn weight(pid: Pid) -> Option<Weight> {
    // SAFETY: takes an integer and touches no memory of ours.
    let class = Errno::result(unsafe { libc::sched_getscheduler(pid.as_raw()) }).ok()?;
    let who = libc::id_t::try_from(pid.as_raw()).ok()?;
    Errno::clear();
    // SAFETY: takes two integers and touches no memory of ours.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, who) };
    // -1 is also a legal answer.
    (nice != -1 || Errno::last_raw() == 0).then_some(Weight { class, nice })
}

/// Gives another process this class and nice value; a lower nice value than it has takes a privilege
/// (`sched(7)`).
pub fn set_weight(pid: Pid, weight: Weight) -> Result<(), Errno> {
    let attributes = libc::sched_attr {
        size: u32::try_from(size_of::<libc::sched_attr>()).map_err(|_| Errno::E2BIG)?,
        sched_policy: u32::try_from(weight.class).map_err(|_| Errno::EINVAL)?,
        sched_flags: 0,
        sched_nice: weight.nice,
        sched_priority: 0,
        sched_runtime: 0,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the pointer is to a live sched_attr whose size field tells its size.
    let result = unsafe {
        libc::syscall(
            libc::SYS_sched_setattr,
            pid.as_raw(),
            &raw const attributes,
            0,
        )
    };
    Errno::result(result).map(drop)
}

/// How late the kernel may end a sleep of a thread, to end several together
/// (`PR_SET_TIMERSLACK`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerSlack(libc::c_ulong);

impl TimerSlack {
    /// A nanosecond, where usually it is 50 us.
    pub const LEAST: Self = Self(1);
}

/// That of the calling thread; `None` where the kernel does not tell.
#[must_use]
pub fn timer_slack() -> Option<TimerSlack> {
    // SAFETY: prctl with integers only.
    let slack = unsafe { libc::prctl(libc::PR_GET_TIMERSLACK, 0, 0, 0, 0) };
    libc::c_ulong::try_from(slack).ok().map(TimerSlack)
}

/// For the calling thread.
pub fn set_timer_slack(slack: TimerSlack) {
    // SAFETY: prctl with integers only. A failure leaves it as it is, which is merely slower.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, slack.0, 0, 0, 0) };
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
    Stopped,
    Continued,
    Exited { code: i32 },
    Killed { signal: i32, core: bool },
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
        _ => Change::Stopped,
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
