//! The calls themselves, made by a process, or by the demo as one of the processes in its scenes.

use std::ffi::CString;
use std::hint::black_box;
use std::mem::zeroed;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::Pid;

use super::call::{Call, Outcome, Told};
use crate::os::clock;

/// Makes a call for which one needs nothing but its arguments.
#[must_use]
pub fn perform(call: &Call) -> Outcome {
    match *call {
        Call::Waitpid { pid, options } => waitpid(pid, options),
        Call::Waitid { pid, options } => waitid(pid, options),
        Call::TakeSignal { signal } => take_signal(signal),
        Call::WaitForAll => wait_for_all(),
        Call::ForkMany { count } => fork_many(count),
        Call::Execve {
            ref name,
            ref variable,
        } => execve(name, variable),
        _ => Outcome::of(simple(call)),
    }
}

/// Those that tell nothing but their result.
fn simple(call: &Call) -> Result<i64, Errno> {
    let done = |(): ()| 0;
    let signal = Signal::try_from;
    // SAFETY: system calls with integers only, which change no memory of ours.
    let returned = unsafe {
        match *call {
            Call::Exit { code } => libc::_exit(code),
            Call::Abort => libc::abort(),
            Call::Kill { pid, signal } => libc::kill(pid, signal).into(),
            Call::Ignore { signal: number } => return signal(number).and_then(ignore).map(done),
            Call::Block { signal: number } => return signal(number).and_then(block).map(done),
            Call::Setsid => libc::setsid().into(),
            Call::Getpid => libc::getpid().into(),
            Call::Getppid => libc::getppid().into(),
            Call::NoCore => libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0).into(),
            Call::BecomeSubreaper => libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0).into(),
            Call::NewPidNamespace { user } => {
                let of_user = if user { libc::CLONE_NEWUSER } else { 0 };
                libc::unshare(libc::CLONE_NEWPID | of_user).into()
            }
            Call::Pin { cpu } => return pin(cpu).map(done),
            Call::NoHugePages { address, bytes } => {
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
    let told = match waited {
        Ok(1..) => Told::Status(status),
        _ => Told::Nothing,
    };
    Outcome::of(waited.map(i64::from)).telling(told)
}

fn wait_for_all() -> Outcome {
    let ended = || waitpid(-1, libc::WNOHANG);
    let all = std::iter::successors(Some(ended()), |_| Some(ended()));
    let pids = all.map_while(|one| i32::try_from(one.returned).ok().filter(|&pid| pid > 0));
    Outcome::of(Ok(0)).telling(Told::Pids(pids.collect()))
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
    let told = match waited {
        Ok(_) if pid != 0 => Told::Child {
            pid,
            code: info.si_code,
            status,
        },
        _ => Told::Nothing,
    };
    Outcome::of(waited.map(i64::from)).telling(told)
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
    let told = match taken {
        // SAFETY: SIGCHLD tells of a process.
        Ok(_) => Told::Sender(unsafe { info.si_pid() }),
        Err(_) => Told::Nothing,
    };
    Outcome::of(taken.map(i64::from)).telling(told)
}

/// The children are seen to be zombies, and not waited for.
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
    Outcome::of(result).telling(Told::Pids(pids))
}

/// Returns only if it fails.
fn execve(name: &str, variable: &str) -> Outcome {
    let words = [super::comm(name), super::ROLE.to_owned()];
    let (Ok(words), Ok(variable)) = (
        words
            .into_iter()
            .map(CString::new)
            .collect::<Result<Vec<_>, _>>(),
        CString::new(variable),
    ) else {
        return Outcome::of(Err(Errno::EINVAL));
    };
    match nix::unistd::execve(c"/proc/self/exe", &words, &[variable]) {
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

/// One byte from a pipe that is somebody's device.
#[must_use]
pub fn read_byte(pipe: Option<OwnedFd>) -> Outcome {
    let read = pipe.map_or(Err(Errno::EBADF), |pipe| nix::unistd::read(pipe, &mut [0]));
    Outcome::of(read.map(|count| i64::from(count > 0)))
}

/// Something to compute.
#[derive(Default)]
pub struct Spinner {
    state: u64,
}

impl Spinner {
    /// How deep a round is: a fraction of a millisecond.
    const DEPTH: u64 = 18;

    /// Computes until there is something else to do, and looks for it once a round.
    pub fn spin_until(&mut self, enough: impl Fn() -> bool) -> Outcome {
        let (wall_ns, cpu_ns) = (clock::now_ns(), clock::own_cpu_ns());
        while !enough() {
            self.state = self.state.wrapping_add(fibonacci(Self::DEPTH));
        }
        let told = Told::Clocks {
            wall_ns: clock::now_ns() - wall_ns,
            cpu_ns: clock::own_cpu_ns() - cpu_ns,
        };
        Outcome::of(Ok(0)).telling(told)
    }
}

/// The slow way, by calling itself: so that the stack pointer has something to do, too.
#[inline(never)]
fn fibonacci(n: u64) -> u64 {
    if black_box(n) < 2 {
        n
    } else {
        fibonacci(n - 1) + fibonacci(n - 2)
    }
}
