//! The registers of a stopped process, read without changing anything about it.
//!
//! Only ptrace reads them. `PTRACE_SEIZE` stops no process; one that is stopped already (`T`)
//! exchanges its stop for a trap of the tracer's, in which its registers can be read, and
//! `PTRACE_DETACH` puts it back into the stop it was in. It executes nothing of its own meanwhile,
//! and its parent is told nothing. One that is not stopped would have to be, so it is left alone.

use std::io;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use serde::Serialize;

use super::address::Address;
use super::deadline::{self, Deadline};
use super::procfs::StatFile;
use super::procfs::view::KernelView;
use super::refusal;

/// How often the state is read until the kernel has done what was asked.
const POLL: Duration = Duration::from_micros(50);

/// What a thread has in its registers in user mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Registers {
    pub sp: Address,
    pub pc: Address,
    /// All of them: these two, the others of xv6's `context`, the rest.
    pub all: Vec<Register>,
}

/// One register, by the name its architecture gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Register {
    pub name: String,
    pub value: Address,
}

/// Why the registers of a process were not read.
#[derive(Debug, thiserror::Error)]
pub enum RegistersError {
    #[error("it is not stopped (T) but {0}, and would have to be: kill -STOP")]
    NotStopped(char),
    #[error("it was continued meanwhile")]
    Continued,
    #[error("another program traces it already")]
    Traced,
    #[error("to trace it is forbidden{}", .0.map(|why| format!(": {why}")).unwrap_or_default())]
    Forbidden(Option<&'static str>),
    #[error("it is gone")]
    Gone,
    #[error("this program does not know the registers of this architecture")]
    Unknown,
    #[error("there is no thread to read them: {0}")]
    Thread(io::Error),
    #[error("ptrace failed: {}", .0.desc())]
    Ptrace(Errno),
}

impl From<Errno> for RegistersError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::EPERM | Errno::EACCES => Self::Forbidden(None),
            Errno::ESRCH | Errno::ECHILD => Self::Gone,
            errno => Self::Ptrace(errno),
        }
    }
}

/// The registers of a process's main thread. The process must be stopped, and is so afterwards.
///
/// The caller's process must not wait for *any* child at the same time: it could take the trap for
/// a stop.
///
/// # Errors
/// When it is not stopped, or may not be traced.
pub fn of(pid: i32) -> Result<Registers, RegistersError> {
    // The kernel detaches what a thread traces when that ends: whatever goes wrong in between, the
    // process does not stay traced.
    let reader = thread::Builder::new().spawn(move || read(Pid::from_raw(pid)));
    let read = reader.map_err(RegistersError::Thread)?.join();
    read.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn read(pid: Pid) -> Result<Registers, RegistersError> {
    let stat = StatFile::open(pid).map_err(|_| RegistersError::Gone)?;
    match stat.letter() {
        Some('T') => {}
        Some('t') => return Err(RegistersError::Traced),
        Some(letter) => return Err(RegistersError::NotStopped(letter)),
        None => return Err(RegistersError::Gone),
    }
    ptrace::seize(pid, Options::empty()).map_err(|errno| why_not(pid, errno))?;
    wait_for_trap(pid)?;
    let registers = registers_of(pid);
    ptrace::detach(pid, None)?;
    wait_until_stopped(&stat);
    registers
}

/// Why it cannot be traced.
fn why_not(pid: Pid, errno: Errno) -> RegistersError {
    match RegistersError::from(errno) {
        RegistersError::Forbidden(_) => {
            let parent = KernelView::of(pid.as_raw()).ok().flatten();
            let is_child = parent.is_some_and(|view| view.ppid == Pid::this().as_raw());
            RegistersError::Forbidden(refusal::why_not_traced(is_child))
        }
        error => error,
    }
}

/// If it was continued since its letter was read, it does not come to the trap, but perhaps to a
/// signal.
fn wait_for_trap(pid: Pid) -> Result<(), RegistersError> {
    // No WEXITED: its end, should it be killed now, is for its parent to learn, which may be us.
    let flags = WaitPidFlag::WSTOPPED | WaitPidFlag::WNOHANG;
    let flags = flags | WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
    let deadline = Deadline::after(deadline::TRAP);
    loop {
        match waitid(Id::Pid(pid), flags)? {
            WaitStatus::PtraceEvent(_, _, libc::PTRACE_EVENT_STOP) => return Ok(()),
            // The signal is delivered: it is not ours.
            WaitStatus::PtraceEvent(_, signal, _) => ptrace::detach(pid, signal)?,
            _ if deadline.left().is_some() => {
                thread::sleep(POLL);
                continue;
            }
            _ => {}
        }
        return Err(RegistersError::Continued);
    }
}

/// So that the next reader finds it as it was, unless it was continued meanwhile.
fn wait_until_stopped(stat: &StatFile) {
    let deadline = Deadline::after(deadline::TRAP);
    while deadline.left().is_some() && !matches!(stat.letter(), Some('T' | 'Z') | None) {
        thread::sleep(POLL);
    }
}

/// Of a process in a trap.
fn registers_of(pid: Pid) -> Result<Registers, RegistersError> {
    let register = |(name, value)| Register {
        name,
        value: Address(value),
    };
    let all: Vec<_> = named_values(pid)?.into_iter().map(register).collect();
    match &all[..] {
        [pc, sp, ..] => Ok(Registers {
            sp: sp.value,
            pc: pc.value,
            all,
        }),
        _ => Err(RegistersError::Unknown),
    }
}

/// The program counter and the stack pointer first; none where the architecture is not known.
#[cfg(target_arch = "x86_64")]
fn named_values(pid: Pid) -> Result<Vec<(String, u64)>, Errno> {
    let set = ptrace::getregs(pid)?;
    macro_rules! values {
        ($($name:ident)*) => { vec![$((stringify!($name).to_owned(), set.$name)),*] };
    }
    Ok(values![
        rip rsp rbx rcx rdx rsi rdi rbp rax r8 r9 r10 r11 r12 r13 r14 r15
        cs eflags ss orig_rax ds fs_base es gs_base fs gs
    ])
}

#[cfg(target_arch = "aarch64")]
fn named_values(pid: Pid) -> Result<Vec<(String, u64)>, Errno> {
    let set = ptrace::getregs(pid)?;
    let named = [("pc", set.pc), ("sp", set.sp), ("pstate", set.pstate)];
    let named = named.map(|(name, value)| (name.to_owned(), value));
    let numbered = set.regs.iter().enumerate();
    let numbered = numbered.map(|(index, &value)| (format!("x{index}"), value));
    Ok(named.into_iter().chain(numbered).collect())
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn named_values(_: Pid) -> Result<Vec<(String, u64)>, Errno> {
    Ok(Vec::new())
}
