//! What is asked of a child when a person drives it.

use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::libc::{WEXITED, WNOHANG, WNOWAIT};
use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_gettime};
use tokio::net::unix::pipe;

use super::{Child, Heard};
use crate::os::error::{Error, io};
use crate::os::{clock, syscalls};
use crate::process::protocol::{MESSAGE_LEN, Message};

/// The CPU clock of a child since its first stop.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    clock: ClockId,
    start_ns: u64,
}

impl Meter {
    /// As [`Child::clock_ns`]; `None` once it has been waited for.
    #[must_use]
    pub fn cpu_ns(self) -> Option<u64> {
        let now = clock_gettime(self.clock).ok()?;
        Some(clock::ns(now.into()).saturating_sub(self.start_ns))
    }
}

impl Child {
    /// A message that has come already. [`Child::hear`] says what has come only when the event loop
    /// has looked.
    ///
    /// # Errors
    /// As [`Child::hear`].
    pub fn heard_already(&self) -> Result<Option<Heard>, Error> {
        let Some(requests) = &self.requests else {
            return Ok(Some(Heard::Closed));
        };
        let mut bytes = [0; MESSAGE_LEN];
        match nix::unistd::read(requests, &mut bytes) {
            Ok(0) => Ok(Some(Heard::Closed)),
            Ok(MESSAGE_LEN) => Message::from_bytes(bytes)
                .map(|message| Some(Heard::Message(message)))
                .ok_or_else(|| self.protocol_error()),
            Ok(_) => Err(self.protocol_error()),
            Err(Errno::EAGAIN) => Ok(None),
            Err(errno) => Err(self.failed("listen to")(errno)),
        }
    }

    /// Something that becomes readable when it has ended (`pidfd_open(2)`).
    ///
    /// # Errors
    /// When no descriptor can be had.
    pub fn watch_end(&self) -> Result<pipe::Receiver, Error> {
        let pidfd = self.pidfd.try_clone();
        // A pidfd is no pipe, but nobody reads it: it is only polled.
        pidfd
            .and_then(pipe::Receiver::from_owned_fd_unchecked)
            .map_err(|error| io(self.doing("watch"))(error))
    }

    /// Whether it is stopped, by whomever.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.letter() == Some('T')
    }

    /// Sends any signal and says what the kernel answers. What that does to it, the ledger does not
    /// know: SIGSTOP and SIGCONT have verbs of their own.
    pub fn send(&self, signal: Signal) -> Result<(), Errno> {
        syscalls::pidfd_send_signal(self.pidfd.as_fd(), Some(signal))
    }

    /// Asks for its end without waiting, and says what the kernel answers.
    pub fn ask_for_end(&mut self) -> Result<(), Errno> {
        self.ask(WEXITED | WNOHANG | WNOWAIT).map(drop)
    }

    /// Its CPU time, for reading while somebody else has the child.
    #[must_use]
    pub const fn meter(&self) -> Meter {
        Meter {
            clock: self.clock,
            start_ns: self.at_start.cpu_ns,
        }
    }
}
