//! System calls as data: what a process can be told to do, and what came of it.

use std::fmt;

use nix::errno::Errno;
use nix::libc::{WCONTINUED, WEXITED, WNOHANG, WNOWAIT, WUNTRACED};
use serde::{Deserialize, Serialize};

use crate::machine::{signal_name, wait_status_in_words};

/// One system call with its arguments; signals and options as the kernel numbers them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SystemCall {
    /// The child is a commanded process, too, by this name. `tied`: it dies with its parent.
    Fork {
        name: String,
        tied: bool,
    },
    /// This many children, each of which exits at once; over when all of them are zombies.
    ForkMany {
        count: usize,
    },
    /// Our own executable again: with a process's arguments, and this one environment variable.
    Execve {
        name: String,
        variable: String,
    },
    Exit {
        code: i32,
    },
    Abort,
    Waitpid {
        pid: i32,
        options: i32,
    },
    /// Waits for each child that has ended, until none is left that has.
    WaitForAll,
    /// Of one process, by its pid.
    Waitid {
        pid: i32,
        options: i32,
    },
    Kill {
        pid: i32,
        signal: i32,
    },
    /// `signal(SIG, SIG_IGN)`.
    Ignore {
        signal: i32,
    },
    /// `sigprocmask(SIG_BLOCK, …)`.
    Block {
        signal: i32,
    },
    /// Takes a pending signal; does not wait for one.
    TakeSignal {
        signal: i32,
    },
    /// Asks the kernel to dump no core of it.
    NoCore,
    Setsid,
    Getpid,
    Getppid,
    BecomeSubreaper,
    /// A pid namespace for its children; `user`: and a user namespace for itself, which needs no
    /// privilege.
    NewPidNamespace {
        user: bool,
    },
    Pin {
        cpu: usize,
    },
    /// One byte, from the pipe that comes with the order.
    Read,
    /// Computes, without system calls but a `poll` now and then for the next order.
    Spin,
    Mmap {
        bytes: usize,
    },
    /// `madvise(…, MADV_NOHUGEPAGE)`.
    NoHugePages {
        address: usize,
        bytes: usize,
    },
    /// Writes one byte to each page from this address on.
    Touch {
        address: usize,
        pages: usize,
    },
}

/// What came of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// -1: it failed.
    pub returned: i64,
    /// 0 unless it failed.
    pub errno: i32,
    pub detail: Detail,
}

/// What a call says besides its result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Detail {
    #[default]
    Nothing,
    /// `waitpid`.
    Status(i32),
    /// `waitid`; its code is one of `CLD_EXITED` and so on.
    Child { pid: i32, code: i32, status: i32 },
    /// The process of which a signal that was taken tells.
    Sender(i32),
    /// The children of `ForkMany` or `WaitForAll`.
    Pids(Vec<i32>),
    /// `Spin`: the time that passed, and the time it was on a CPU, by its own clocks.
    Clocks { wall_ns: u64, cpu_ns: u64 },
    /// `Touch`: the page faults that took no reading from a disk.
    Faults(u64),
}

impl Outcome {
    /// From the result of a C library's function.
    pub fn of(result: Result<i64, Errno>) -> Self {
        let (returned, errno) = match result {
            Ok(returned) => (returned, 0),
            Err(errno) => (-1, errno as i32),
        };
        Self {
            returned,
            errno,
            detail: Detail::Nothing,
        }
    }

    pub fn with(self, detail: Detail) -> Self {
        Self { detail, ..self }
    }

    pub const fn succeeded(&self) -> bool {
        self.errno == 0
    }

    pub fn failed_with(&self, errno: Errno) -> bool {
        self.errno == errno as i32
    }

    pub fn is(&self, returned: i32) -> bool {
        self.succeeded() && self.returned == i64::from(returned)
    }

    /// The wait status that `waitpid` stored, if it reaped a child.
    pub const fn status(&self) -> Option<i32> {
        match self.detail {
            Detail::Status(status) => Some(status),
            _ => None,
        }
    }
}

impl SystemCall {
    /// Whether it can take forever.
    pub fn may_block(&self) -> bool {
        match self {
            Self::Waitpid { options, .. } | Self::Waitid { options, .. } => options & WNOHANG == 0,
            Self::Read | Self::Spin => true,
            _ => false,
        }
    }

    /// What is more than one system call, or none.
    fn wait_status_in_words(&self) -> String {
        match self {
            Self::ForkMany { count } => format!("forks {count} children that exit at once"),
            Self::WaitForAll => "while (waitpid(-1, &status, WNOHANG) > 0) …".to_owned(),
            Self::Spin => "computes".to_owned(),
            Self::Touch { address, pages } => {
                format!("writes to {pages} pages from {address:#x} on")
            }
            call => format!("{call:?}"),
        }
    }

    /// Whether it ends the process that makes it.
    pub const fn is_the_last(&self) -> bool {
        matches!(self, Self::Exit { .. } | Self::Abort)
    }
}

/// As it stands in a program, or in the output of strace.
impl fmt::Display for SystemCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |signal: &i32| signal_name(*signal);
        match self {
            Self::Fork { .. } => f.write_str("fork()"),
            Self::Execve { name, variable } => write!(
                f,
                "execve(\"/proc/self/exe\", [\"ts:{name}\", \"{}\"], [\"{variable}\"])",
                super::ROLE
            ),
            Self::Exit { code } => write!(f, "_exit({code})"),
            Self::Abort => f.write_str("abort()"),
            Self::Waitpid { pid, options } => {
                write!(f, "waitpid({pid}, &status, {})", flags(*options))
            }
            Self::Waitid { pid, options } => {
                write!(f, "waitid(P_PID, {pid}, &info, {})", flags(*options))
            }
            Self::Kill { pid, signal } => write!(f, "kill({pid}, {})", name(signal)),
            Self::Ignore { signal } => write!(f, "signal({}, SIG_IGN)", name(signal)),
            Self::Block { signal } => write!(f, "sigprocmask(SIG_BLOCK, {{{}}})", name(signal)),
            Self::TakeSignal { signal } => {
                write!(f, "sigtimedwait({{{}}}, &info, 0)", name(signal))
            }
            Self::Setsid => f.write_str("setsid()"),
            Self::Getpid => f.write_str("getpid()"),
            Self::Getppid => f.write_str("getppid()"),
            Self::NoCore => f.write_str("prctl(PR_SET_DUMPABLE, 0)"),
            Self::BecomeSubreaper => f.write_str("prctl(PR_SET_CHILD_SUBREAPER, 1)"),
            Self::NewPidNamespace { user: false } => f.write_str("unshare(CLONE_NEWPID)"),
            Self::NewPidNamespace { user: true } => {
                f.write_str("unshare(CLONE_NEWUSER|CLONE_NEWPID)")
            }
            Self::Pin { cpu } => write!(f, "sched_setaffinity(0, {{{cpu}}})"),
            Self::Read => f.write_str("read(pipe, &byte, 1)"),
            Self::Mmap { bytes } => write!(f, "mmap(NULL, {bytes}, {ACCESS}, {KIND})"),
            Self::NoHugePages { address, bytes } => {
                write!(f, "madvise({address:#x}, {bytes}, MADV_NOHUGEPAGE)")
            }
            call => f.write_str(&call.wait_status_in_words()),
        }
    }
}

const ACCESS: &str = "PROT_READ|PROT_WRITE";
const KIND: &str = "MAP_PRIVATE|MAP_ANONYMOUS";

fn flags(options: i32) -> String {
    // Two names for one bit: in waitid it is WSTOPPED.
    let names = [
        (WNOHANG, "WNOHANG"),
        (WUNTRACED, "WUNTRACED"),
        (WEXITED, "WEXITED"),
        (WCONTINUED, "WCONTINUED"),
        (WNOWAIT, "WNOWAIT"),
    ];
    let set = names.iter().filter(|(bit, _)| options & bit != 0);
    let set: Vec<_> = set.map(|&(_, name)| name).collect();
    if set.is_empty() {
        "0".to_owned()
    } else {
        set.join("|")
    }
}

/// As strace prints it, and what came with it.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.succeeded() {
            let errno = Errno::from_raw(self.errno);
            return write!(f, "-1 {errno:?} ({})", errno.desc());
        }
        match &self.detail {
            Detail::Clocks { wall_ns, cpu_ns } => {
                let ms = |ns: u64| ns / 1_000_000;
                let (wall, cpu) = (ms(*wall_ns), ms(*cpu_ns));
                return write!(f, "{wall} ms passed, on the CPU for {cpu} ms of them");
            }
            Detail::Faults(faults) => return write!(f, "{faults} page faults"),
            Detail::Pids(pids) => return write!(f, "{} pids", pids.len()),
            Detail::Sender(pid) => {
                let signal = i32::try_from(self.returned).unwrap_or(0);
                return write!(f, "{}, info: sent for {pid}", signal_name(signal));
            }
            _ => {}
        }
        // No other call returns as much as mmap.
        if self.returned > i64::from(u32::MAX) {
            write!(f, "{:#x}", self.returned)?;
        } else {
            write!(f, "{}", self.returned)?;
        }
        match &self.detail {
            Detail::Status(status) => write!(
                f,
                ", status {status:#06x}: {}",
                wait_status_in_words(*status)
            ),
            Detail::Child { pid, code, status } => {
                write!(f, ", info: {pid}, {}", child_in_words(*code, *status))
            }
            _ => Ok(()),
        }
    }
}

fn child_in_words(code: i32, status: i32) -> String {
    match code {
        libc::CLD_EXITED => format!("CLD_EXITED, {status}"),
        libc::CLD_KILLED => format!("CLD_KILLED, {}", signal_name(status)),
        libc::CLD_DUMPED => format!("CLD_DUMPED, {}", signal_name(status)),
        libc::CLD_STOPPED => format!("CLD_STOPPED, {}", signal_name(status)),
        libc::CLD_CONTINUED => "CLD_CONTINUED".to_owned(),
        _ => format!("code {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_read_as_the_field_writes_them() {
        let call = SystemCall::Waitpid {
            pid: 4711,
            options: WNOHANG | WUNTRACED,
        };
        assert_eq!(
            call.to_string(),
            "waitpid(4711, &status, WNOHANG|WUNTRACED)"
        );
        assert!(!call.may_block());
        let call = SystemCall::Waitpid {
            pid: -1,
            options: 0,
        };
        assert_eq!(call.to_string(), "waitpid(-1, &status, 0)");
        assert!(call.may_block());
        let call = SystemCall::Kill {
            pid: 4711,
            signal: libc::SIGKILL,
        };
        assert_eq!(call.to_string(), "kill(4711, SIGKILL)");
    }

    #[test]
    fn outcomes_read_as_strace_prints_them() {
        let failed = Outcome::of(Err(Errno::ECHILD));
        assert_eq!(failed.to_string(), "-1 ECHILD (No child processes)");
        let waited = Outcome::of(Ok(4711)).with(Detail::Status(0x0700));
        assert_eq!(waited.to_string(), "4711, status 0x0700: exited, 7");
        assert_eq!(Outcome::of(Ok(0)).to_string(), "0");
        let mapped = Outcome::of(Ok(0x7f00_0000_1000));
        assert_eq!(mapped.to_string(), "0x7f0000001000");
    }
}
