//! Why there is no process to read.

use std::io;

/// There is no process of that number here, or no longer, or not for us.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    #[error(
        "there is no process {0}: it never was, or has been reaped. ps -e lists those there are"
    )]
    Never(i32),
    #[error("process {0} ended and was reaped while it was read")]
    Vanished(i32),
    #[error(
        "{tid} is not a process but a thread of process {pid} ({name}): try timeshare inspect {pid}"
    )]
    Thread { tid: i32, pid: i32, name: String },
    #[error(
        "there is a process {0}, but /proc hides it from us (mount option hidepid): try as root"
    )]
    Hidden(i32),
    #[error("cannot read about processes: {0}. Is /proc mounted?")]
    NoProc(io::Error),
    #[error("cannot read about process {pid}: {source}")]
    Unreadable { pid: i32, source: io::Error },
}
