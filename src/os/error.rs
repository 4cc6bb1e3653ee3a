//! What can go wrong with real processes: the operation, its subject, and what to do next.

use std::io;

use nix::errno::Errno;
use nix::sys::signal::Signal;

use crate::process::protocol::SpawnStep;
use crate::scheduler::ProcId;

/// A failure of the machine on Linux. Each message is one sentence, or two where there is advice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A system call failed.
    #[error("cannot {what}: {}{}", describe(*errno), advice(*errno))]
    System {
        /// The operation and its subject: "stop P0 (pid 123)".
        what: String,
        errno: Errno,
    },
    #[error("cannot {what}: {source}")]
    Io { what: String, source: io::Error },
    /// A child failed before its program began.
    #[error("{process} could not {}: {}{}", step.what(), describe(*errno), advice(*errno))]
    SpawnSpec {
        process: ProcId,
        step: SpawnStep,
        errno: Errno,
    },
    /// A child ended before it was ready.
    #[error("{process} ended before it was ready: {how}")]
    StartFailed { process: ProcId, how: String },
    /// The kernel or a child did not do in time what it should.
    #[error(
        "{process} (pid {pid}) did not {what} within {seconds} s; its state in /proc is {seen}"
    )]
    Late {
        process: ProcId,
        pid: i32,
        what: &'static str,
        seconds: u64,
        /// The letter, and who traces it if somebody does.
        seen: String,
    },
    /// A process of a scene did not do its part.
    #[error("{who} {what}")]
    DemoProcess {
        /// "child (pid 123)".
        who: String,
        /// "has ended in the middle of its part".
        what: String,
    },
    /// A child sent something no worker sends.
    #[error("{process} (pid {pid}) sent a message that no worker of this version sends")]
    Protocol { process: ProcId, pid: i32 },
    /// What was asked for cannot work on this machine; found before any child was forked.
    #[error("{0}")]
    Refused(String),
    /// Somebody outlived the clean-up.
    #[error(
        "{0} could not be ended, and may go on: SIGKILL has had no effect so far, or is not for us to send"
    )]
    Unended(String),
    /// Whoever watched has seen enough.
    #[error("left before the end")]
    Left,
    /// A person or the system asked us to stop.
    #[error("ended by {}", .0.as_str())]
    Interrupted(Signal),
}

fn describe(errno: Errno) -> String {
    format!("{} ({errno:?})", errno.desc())
}

fn advice(errno: Errno) -> &'static str {
    match errno {
        Errno::EMFILE | Errno::ENFILE => ". Use fewer processes, or raise the limit: ulimit -n",
        Errno::EAGAIN => {
            ". The limit on processes is reached (ulimit -u, or pids.max of the control group)"
        }
        Errno::ENOMEM => ". Memory is short: use fewer processes, or raise the limit (ulimit -v)",
        Errno::ENOSYS => {
            ". This kernel is too old or forbids the call; Linux 5.9 or newer is needed"
        }
        Errno::EPERM => ". A security policy (seccomp, a container) forbids the call",
        _ => "",
    }
}

/// For `map_err`: names the operation that a system call was part of.
pub fn system(what: impl Into<String>) -> impl FnOnce(Errno) -> Error {
    let what = what.into();
    move |errno| Error::System { what, errno }
}

/// For `map_err`: names the operation that an input or output was part of.
pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
    let what = what.into();
    move |source| Error::Io { what, source }
}
