//! Why a command failed: what is told of it, and the exit status.

use std::io;

use nix::errno::Errno;
use nix::sys::stat::{SFlag, fstat};

use crate::machine::Stopped;
use crate::os;

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What the person gave is wrong; nothing was started.
    #[error("{0}")]
    Input(String),
    /// The machine failed.
    #[error(transparent)]
    Machine(#[from] os::Error),
    /// There is no such process, or it is not to be read.
    #[error("{0}")]
    Process(String),
    /// What we print or write cannot be written.
    #[error("cannot write {to}: {source}")]
    Output { to: String, source: io::Error },
    /// A call to the kernel failed that a person asked for.
    #[error("{0}")]
    Call(String),
    /// Runs do not work on this machine.
    #[error("runs will not work here: {0}")]
    Unfit(String),
    /// A comparison found a difference, and has told it.
    #[error("the run differs from the simulation: the first difference is told with the results")]
    Different,
    /// A scene claimed what did not hold, and has told it.
    #[error("not everything that was claimed holds on this machine: see {0}")]
    Unheld(String),
}

impl From<Stopped<os::Error>> for Failure {
    fn from(stopped: Stopped<os::Error>) -> Self {
        match stopped {
            Stopped::Machine(error) => error.into(),
            Stopped::Observer(error) => Self::stdout(error),
        }
    }
}

impl Failure {
    /// A comparison that has been told is a failure when it found a difference.
    pub const fn unless(agrees: bool) -> Result<(), Self> {
        if agrees { Ok(()) } else { Err(Self::Different) }
    }

    pub fn stdout(source: io::Error) -> Self {
        Self::Output {
            to: "to standard output".to_owned(),
            source,
        }
    }

    /// What read our output has had enough: no failure of ours.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// With its terminal a program loses its output, and is sent SIGHUP: that is one event, whichever
    /// comes first.
    fn is_hangup(&self) -> bool {
        let Self::Output { source, .. } = self else {
            return false;
        };
        let is_device = fstat(io::stdout()).is_ok_and(|stat| {
            SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits()) == SFlag::S_IFCHR
        });
        source.raw_os_error() == Some(Errno::EIO as i32) && is_device
    }

    pub fn status(&self) -> u8 {
        match self {
            Self::Input(_) | Self::Machine(os::Error::Refused(_)) => 2,
            Self::Machine(os::Error::Interrupted(signal)) => {
                128 + u8::try_from(*signal as i32).unwrap_or(0)
            }
            Self::Different => 3,
            _ if self.is_closed_pipe() => 0,
            _ if self.is_hangup() => 129,
            Self::Machine(_)
            | Self::Process(_)
            | Self::Output { .. }
            | Self::Call(_)
            | Self::Unfit(_)
            | Self::Unheld(_) => 1,
        }
    }
}
