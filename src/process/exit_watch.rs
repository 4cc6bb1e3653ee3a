//! A process that is not our child, watched to its end.

use std::os::fd::AsFd;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::pidfd::PidFd;
use crate::machine::Exit;
use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::error::{Error, io, system};
use crate::os::procfs::StatFile;
use crate::os::signal::Signals;
use crate::os::syscalls;

/// Watches one process; a reused pid does not mislead it. Listens for the signals that ask us to end.
pub struct ExitWatch {
    stat: StatFile,
    process: PidFd,
    signals: Signals,
}

/// Why a wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The time is over, or the process has exited.
    Again,
    /// It has been reaped.
    Gone,
    /// We are asked to end.
    Asked(Signal),
}

impl ExitWatch {
    /// To be called inside of a tokio runtime.
    pub fn over(pid: i32) -> Result<Self, Error> {
        let watch = || format!("watch process {pid}");
        let pid = Pid::from_raw(pid);
        Ok(Self {
            process: PidFd::open(pid).map_err(system(watch()))?,
            stat: StatFile::open(pid).map_err(io(watch()))?,
            signals: Signals::listen()?,
        })
    }

    /// Waits for so long, or until it ends, is reaped, or a signal asks us to end.
    pub async fn wait(&self, time: Duration) -> Result<Woken, Error> {
        let until = Deadline::after(time);
        let was_zombie = self.stat.letter() == Some('Z');
        while let Some(left) = until.left() {
            match self.stat.letter() {
                None | Some('X') => return Ok(Woken::Gone),
                Some('Z') if !was_zombie => return Ok(Woken::Again),
                Some(_) => {}
            }
            let signal = self.signals.end();
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

    /// Whether it has not been reaped yet.
    pub fn is_there(&self) -> bool {
        !matches!(self.stat.letter(), None | Some('X'))
    }

    /// How it ended; `None` where the kernel tells only its parent.
    pub fn exit(&self) -> Option<Exit> {
        syscalls::wait_status_of_reaped(self.process.as_fd()).map(Exit::from_wait_status)
    }
}
