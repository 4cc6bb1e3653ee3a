//! Somebody's process, watched to its end.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::error::{Error, io, system};
use crate::os::procfs::StatFile;
use crate::os::signal::Signals;
use crate::os::syscalls;
use crate::os::wait_status::Exit;

/// Watches one process; a reused pid does not mislead it. Hears the signals that ask us to end.
pub struct ExitWatch {
    stat: StatFile,
    pidfd: OwnedFd,
    interrupts: Signals,
}

/// Why a wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The time is over, or the process has exited.
    Again,
    /// It has exited, and has been waited for.
    Gone,
    /// We are asked to end.
    Asked(Signal),
}

impl ExitWatch {
    /// To be called inside of a tokio runtime.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn over(pid: i32) -> Result<Self, Error> {
        let watch = || format!("watch process {pid}");
        let pid = Pid::from_raw(pid);
        Ok(Self {
            pidfd: syscalls::pidfd_open(pid).map_err(system(watch()))?,
            stat: StatFile::open(pid).map_err(io(watch()))?,
            interrupts: Signals::listen()?,
        })
    }

    /// Waits for so long, or until there is something new to tell before.
    ///
    /// # Errors
    /// When we cannot listen for signals.
    pub async fn wait(&self, time: Duration) -> Result<Woken, Error> {
        let until = Deadline::after(time);
        let was_zombie = self.stat.letter() == Some('Z');
        while let Some(left) = until.left() {
            match self.stat.letter() {
                None | Some('X') => return Ok(Woken::Gone),
                Some('Z') if !was_zombie => return Ok(Woken::Again),
                Some(_) => {}
            }
            let signal = self.interrupts.end();
            if let Ok(signal) = tokio::time::timeout(left.min(deadline::EXIT_POLL), signal).await {
                return Ok(Woken::Asked(signal?));
            }
        }
        Ok(if self.is_there() {
            Woken::Again
        } else {
            Woken::Gone
        })
    }

    /// Whether it has not been waited for yet.
    #[must_use]
    pub fn is_there(&self) -> bool {
        !matches!(self.stat.letter(), None | Some('X'))
    }

    /// How it ended; `None` where the kernel does not tell whoever is not its parent.
    #[must_use]
    pub fn exit(&self) -> Option<Exit> {
        syscalls::wait_status_of_reaped(self.pidfd.as_fd()).map(Exit::from_wait_status)
    }
}
