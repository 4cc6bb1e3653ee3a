//! The calls themselves: made by a commanded process, or by us as one of several processes.

use std::ffi::CString;
use std::mem::zeroed;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::Pid;

use super::call::{Detail, Outcome, SystemCall};
use crate::os::clock;
use crate::process::spawn;
use crate::process::spinner::Spinner;

/// Makes a call that needs nothing but its arguments.
pub fn perform(call: &SystemCall) -> Outcome {
    match *call {
        SystemCall::Waitpid { pid, options } => waitpid(pid, options),
        SystemCall::Waitid { pid, options } => waitid(pid, options),
        SystemCall::TakeSignal { signal } => take_signal(signal),
        SystemCall::WaitForAll => wait_for_all(),
        SystemCall::ForkMany { count } => fork_many(count),
        SystemCall::Execve {
            ref name,
            ref variable,
        } => execve(name, variable),
        _ => Outcome::of(simple(call)),
    }
}

/// Those that have nothing but their result.
fn simple(call: &SystemCall) -> Result<i64, Errno> {
    let done = |(): ()| 0;
    let signal = Signal::try_from;
    // SAFETY: system calls with integers only, which change no memory of ours.
    let returned = unsafe {
        match *call {
            SystemCall::Exit { code } => libc::_exit(code),
            SystemCall::Abort => libc::abort(),
            SystemCall::Kill { pid, signal } => libc::kill(pid, signal).into(),
            SystemCall::Ignore { signal: number } => {
                return signal(number).and_then(ignore).map(done);
            }
            SystemCall::Block { signal: number } => {
                return signal(number).and_then(block).map(done);
            }
            SystemCall::Setsid => libc::setsid().into(),
            SystemCall::Getpid => libc::getpid().into(),
            SystemCall::Getppid => libc::getppid().into(),
            SystemCall::NoCore => libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0).into(),
            SystemCall::BecomeSubreaper => {
                libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0).into()
            }
            SystemCall::NewPidNamespace { user } => {
                let of_user = if user { libc::CLONE_NEWUSER } else { 0 };
                libc::unshare(libc::CLONE_NEWPID | of_user).into()
            }
            SystemCall::Pin { cpu } => return pin(cpu).map(done),
            SystemCall::NoHugePages { address, bytes } => {
                libc::madvise(address as *mut _, bytes, libc::MADV_NOHUGEPAGE).into()
            }
            _ => return Err(Errno::ENOSYS),
        }
    };
    Errno::result(returned)
}

fn waitpid(pid: i32, options: i32) -> Outcome {
    let mut status = 0;
    // SAFETY: the pointer is to a live integer.
    let waited = Errno::result(unsafe { libc::waitpid(pid, &raw mut status, options) });
    let detail = match waited {
        Ok(1..) => Detail::Status(status),
        _ => Detail::Nothing,
    };
    Outcome::of(waited.map(i64::from)).with(detail)
}

fn wait_for_all() -> Outcome {
    let ended = || waitpid(-1, libc::WNOHANG);
    let all = std::iter::successors(Some(ended()), |_| Some(ended()));
    let pids = all.map_while(|one| i32::try_from(one.returned).ok().filter(|&pid| pid > 0));
    Outcome::of(Ok(0)).with(Detail::Pids(pids.collect()))
}

fn waitid(pid: i32, options: i32) -> Outcome {
    let Ok(id) = libc::id_t::try_from(pid) else {
        return Outcome::of(Err(Errno::EINVAL));
    };
    // SAFETY: siginfo_t is plain data, for which all zeroes is a value.
    let mut info: libc::siginfo_t = unsafe { zeroed() };
    // SAFETY: the pointer is to a live siginfo_t.
    let waited = Errno::result(unsafe { libc::waitid(libc::P_PID, id, &raw mut info, options) });
    // SAFETY: waitid has filled the members for SIGCHLD, or left the zeroes of above.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    let detail = match waited {
        Ok(_) if pid != 0 => Detail::Child {
            pid,
            code: info.si_code,
            status,
        },
        _ => Detail::Nothing,
    };
    Outcome::of(waited.map(i64::from)).with(detail)
}

fn take_signal(number: i32) -> Outcome {
    let set = match Signal::try_from(number) {
        Ok(signal) => SigSet::from(signal),
        Err(errno) => return Outcome::of(Err(errno)),
    };
    // SAFETY: both are plain data, for which all zeroes is a value.
    let (mut info, now): (libc::siginfo_t, libc::timespec) = unsafe { (zeroed(), zeroed()) };
    // SAFETY: the pointers are to live values of the types sigtimedwait takes.
    let taken = unsafe { libc::sigtimedwait(set.as_ref(), &raw mut info, &raw const now) };
    let taken = Errno::result(taken);
    let detail = match taken {
        // SAFETY: SIGCHLD comes with a pid.
        Ok(_) => Detail::Sender(unsafe { info.si_pid() }),
        Err(_) => Detail::Nothing,
    };
    Outcome::of(taken.map(i64::from)).with(detail)
}

/// The children are seen to be zombies, and not reaped.
fn fork_many(count: usize) -> Outcome {
    let mut pids = Vec::with_capacity(count);
    let mut result = Ok(0);
    for _ in 0..count {
        // SAFETY: fork, and _exit in the child.
        match Errno::result(unsafe { libc::fork() }) {
            // SAFETY: names the child, and ends it on the spot.
            Ok(0) => unsafe {
                libc::prctl(libc::PR_SET_NAME, c"ts:child".as_ptr());
                libc::_exit(0)
            },
            Ok(pid) => pids.push(pid),
            Err(errno) => {
                result = Err(errno);
                break;
            }
        }
    }
    for &pid in &pids {
        let _ = waitid(pid, libc::WEXITED | libc::WNOWAIT);
    }
    Outcome::of(result).with(Detail::Pids(pids))
}

/// Returns only if it fails.
fn execve(name: &str, variable: &str) -> Outcome {
    let words = spawn::role_arguments(name, super::ROLE, Vec::new());
    let Ok(variable) = CString::new(variable) else {
        return Outcome::of(Err(Errno::EINVAL));
    };
    match nix::unistd::execve(spawn::SELF, &words, &[variable]) {
        Ok(never) => match never {},
        Err(errno) => Outcome::of(Err(errno)),
    }
}

fn ignore(signal: Signal) -> Result<(), Errno> {
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: ignoring a signal runs no code of ours.
    unsafe { sigaction(signal, &ignore) }.map(drop)
}

fn block(signal: Signal) -> Result<(), Errno> {
    SigSet::from(signal).thread_block()
}

fn pin(cpu: usize) -> Result<(), Errno> {
    let mut cpus = CpuSet::new();
    cpus.set(cpu)?;
    sched_setaffinity(Pid::from_raw(0), &cpus)
}

/// One byte from a pipe.
pub fn read_byte(pipe: Option<OwnedFd>) -> Outcome {
    let read = pipe.map_or(Err(Errno::EBADF), |pipe| nix::unistd::read(pipe, &mut [0]));
    Outcome::of(read.map(|count| i64::from(count > 0)))
}

/// Computes until there is something else to do; the time that took by both clocks.
pub fn spin_until(spinner: &mut Spinner, enough: impl Fn() -> bool) -> Outcome {
    let (wall_ns, cpu_ns) = (clock::now_ns(), clock::own_cpu_ns());
    spinner.spin_until(enough);
    let detail = Detail::Clocks {
        wall_ns: clock::now_ns() - wall_ns,
        cpu_ns: clock::own_cpu_ns() - cpu_ns,
    };
    Outcome::of(Ok(0)).with(detail)
}
