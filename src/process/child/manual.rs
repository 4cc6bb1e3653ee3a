//! What is asked of a child when a person drives it.

use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::libc::{WEXITED, WNOHANG, WNOWAIT, WSTOPPED};
use nix::time::{ClockId, clock_gettime};
use tokio::net::unix::pipe;

use super::{Child, Received};
use crate::os::clock;
use crate::os::error::{Error, io};
use crate::os::syscalls;
use crate::os::syscalls::Change;
use crate::process::protocol::MESSAGE_LEN;

/// The CPU clock of a child since its first stop.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    clock: ClockId,
    start_ns: u64,
}

impl Meter {
    /// As [`Child::clock_ns`]; `None` once it has been reaped.
    pub fn cpu_ns(self) -> Option<u64> {
        let now = clock_gettime(self.clock).ok()?;
        Some(clock::ns(now.into()).saturating_sub(self.start_ns))
    }
}

impl Child {
    /// A message that has come already. [`Child::receive`] says what has come only when the event
    /// loop has looked.
    pub fn received_already(&self) -> Result<Option<Received>, Error> {
        let Some(requests) = &self.requests else {
            return Ok(Some(Received::Closed));
        };
        let mut bytes = [0; MESSAGE_LEN];
        match nix::unistd::read(requests, &mut bytes) {
            Ok(length) => self.received(length, bytes).map(Some),
            Err(Errno::EAGAIN) => Ok(None),
            Err(errno) => Err(self.failed("listen to")(errno)),
        }
    }

    /// Something that becomes readable when it has ended (`pidfd_open(2)`).
    pub fn end_receiver(&self) -> Result<pipe::Receiver, Error> {
        let pidfd = self.pidfd.as_fd().try_clone_to_owned();
        // A pidfd is no pipe, but it is never read, only polled.
        pidfd
            .and_then(pipe::Receiver::from_owned_fd_unchecked)
            .map_err(|error| io(self.doing("watch"))(error))
    }

    /// Whether it is stopped, by us or by another program.
    pub fn is_stopped(&self) -> bool {
        self.letter() == Some('T')
    }

    /// Sends any signal, by its number, and says what the kernel answers. What that does to it, the
    /// ledger does not know: SIGSTOP and SIGCONT have verbs of their own.
    pub fn send(&self, signal: i32) -> Result<(), Errno> {
        self.pidfd.send_number(signal)
    }

    /// The signal by which it was stopped, if that was not our doing; told once for each stop. Our
    /// own stops are taken as they are confirmed.
    pub fn take_stop(&mut self) -> Result<Option<i32>, Errno> {
        if self.exit().is_some() {
            return Ok(None);
        }
        Ok(match syscalls::waitid(&self.pidfd, WSTOPPED | WNOHANG) {
            Ok(Some(Change::Stopped { signal })) => Some(signal),
            // That is how the kernel says of a zombie that it will never be stopped.
            Ok(_) | Err(Errno::ECHILD) => None,
            Err(errno) => return Err(errno),
        })
    }

    /// Asks for its end without waiting, and says what the kernel answers.
    pub fn poll_exit(&mut self) -> Result<(), Errno> {
        self.ask(WEXITED | WNOHANG | WNOWAIT).map(drop)
    }

    /// Its CPU time, for reading while the child has another owner.
    pub const fn meter(&self) -> Meter {
        Meter {
            clock: self.clock,
            start_ns: self.at_start.cpu_ns,
        }
    }
}
