//! What can go wrong between us and the kernel: the operation, its subject, and what to do next.

use std::fmt::Display;
use std::io;

use nix::errno::Errno;
use nix::sys::signal::Signal;

use super::refusal;
use super::refusal::Call;

/// Each message is one sentence, or two where there is advice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {what}: {}", reason(*errno, why))]
    System {
        /// The operation and its subject: "stop P0 (pid 123)".
        what: String,
        errno: Errno,
        /// The cause as far as it was found, and what to do about it; empty where it was not.
        why: String,
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

/// The errno in words, and what was found to be behind it.
pub fn reason(errno: Errno, why: &str) -> String {
    let separator = if why.is_empty() { "" } else { ". " };
    format!("{} ({errno:?}){separator}{why}", errno.desc())
}

/// For `map_err`: names the operation that a system call was part of.
pub fn system(what: impl Into<String>) -> impl FnOnce(Errno) -> Error {
    refused(Call::Other, what)
}

/// As [`system`], of a call that can fail for more reasons than its errno tells. To be used at once:
/// why it was refused may not show later.
pub fn refused(call: Call, what: impl Into<String>) -> impl FnOnce(Errno) -> Error {
    let what = what.into();
    move |errno| Error::System {
        what,
        errno,
        why: refusal::why(call, errno),
    }
}

/// For `map_err`: a thread that could not be started, `the thread that prints`.
pub fn no_thread(which: impl Display) -> impl FnOnce(io::Error) -> Error {
    move |source| {
        let what = format!("start {which}");
        match source.raw_os_error() {
            Some(errno) => refused(Call::Clone, what)(Errno::from_raw(errno)),
            None => Error::Io { what, source },
        }
    }
}

/// For `map_err`: names the operation that an input or output was part of.
pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
    let what = what.into();
    move |source| Error::Io { what, source }
}
