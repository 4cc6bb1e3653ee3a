//! What can go wrong between us and the kernel: the operation, its subject, and what to do next.

use std::io;

use nix::errno::Errno;
use nix::sys::signal::Signal;

/// Each message is one sentence, or two where there is advice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {what}: {}", reason(*errno))]
    System {
        /// The operation and its subject: "stop P0 (pid 123)".
        what: String,
        errno: Errno,
    },
    #[error("cannot {what}: {source}")]
    Io { what: String, source: io::Error },
    /// A process did not do its part, or not in time. The whole sentence.
    #[error("{0}")]
    Process(String),
    /// What was asked for cannot work on this machine; found before any child was forked.
    #[error("{0}")]
    Refused(String),
    /// These processes outlived the clean-up.
    #[error(
        "{0} could not be ended, and may go on: SIGKILL has had no effect so far, or is not for us to send"
    )]
    Unended(String),
    /// The person at the screen left.
    #[error("left before the end")]
    Left,
    /// A person or the system asked us to stop.
    #[error("ended by {}", .0.as_str())]
    Interrupted(Signal),
}

/// The errno in words, and what can be done about it.
pub fn reason(errno: Errno) -> String {
    format!("{} ({errno:?}){}", errno.desc(), advice(errno))
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
