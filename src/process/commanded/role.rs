//! The side of a commanded process: makes one call after the other, as it is told, and reports what
//! came of each.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid, fork};

use super::call::{Outcome, SystemCall};
use super::channel::{Channel, Reply};
use super::kill_pipe;
use super::memory::Memory;
use super::perform;
use crate::os::syscalls;
use crate::process::spawn::{comm, show_as};
use crate::process::spawn_failed::{SpawnFailed, SpawnStep};
use crate::process::spinner::Spinner;

/// The descriptors at which it finds its end of the channel and the kill pipe.
const CHANNEL_FD: i32 = 3;
const KILL_PIPE_FD: i32 = 4;

/// `None`: it was not spawned by a supervisor.
pub fn run() -> Option<ExitCode> {
    let channel = syscalls::take_file(CHANNEL_FD, libc::S_IFSOCK).map(Channel::new)?;
    let kill_pipe = syscalls::take_file(KILL_PIPE_FD, libc::S_IFIFO)?;
    let mut process = Role {
        channel,
        kill_pipe,
        spinner: Spinner::new(),
        memory: Memory::default(),
    };
    let name = std::env::args().next().unwrap_or_default();
    Some(match process.start(&name).and_then(|()| process.serve()) {
        Ok(()) => ExitCode::SUCCESS,
        // The supervisor is gone, or knows already.
        Err(_) => ExitCode::FAILURE,
    })
}

struct Role {
    channel: Channel,
    kill_pipe: OwnedFd,
    spinner: Spinner,
    memory: Memory,
}

/// There is no supervisor to talk to.
struct Over;

impl Role {
    /// Ties its life to the supervisor's, and says that it is there.
    fn start(&mut self, name: &str) -> Result<(), Over> {
        match self.prepare(name) {
            Ok(pidfd) => self.reply(&Reply::Ready, Some(pidfd.as_fd())),
            Err((step, errno)) => {
                let _ = self.channel.send_failure(SpawnFailed { step, errno });
                Err(Over)
            }
        }
    }

    fn prepare(&mut self, name: &str) -> Result<OwnedFd, (SpawnStep, Errno)> {
        let at = |step| move |errno| (step, errno);
        kill_pipe::hold_on(&mut self.kill_pipe).map_err(at(SpawnStep::KillPipe))?;
        show_as(name);
        syscalls::pidfd_open(Pid::this()).map_err(at(SpawnStep::Pidfd))
    }

    fn reply(&self, reply: &Reply, descriptor: Option<BorrowedFd<'_>>) -> Result<(), Over> {
        self.channel.send(reply, descriptor).map_err(|_| Over)
    }

    /// Makes the calls it is told to until the supervisor closes the channel.
    fn serve(&mut self) -> Result<(), Over> {
        while let Some(message) = self.channel.receive().map_err(|_| Over)? {
            let call = message.call().ok_or(Over)?;
            let descriptor = message.descriptor;
            if call.may_block() {
                self.reply(&Reply::Begun, None)?;
            }
            let outcome = match &call {
                SystemCall::Fork { name, tied } => self.fork(name, *tied, descriptor)?,
                SystemCall::Spin => {
                    let channel = &self.channel;
                    perform::spin_until(&mut self.spinner, || has_orders(channel))
                }
                SystemCall::Mmap { bytes } => self.memory.map(*bytes),
                SystemCall::Touch { address, pages } => self.memory.touch(*address, *pages),
                SystemCall::Read => perform::read_byte(descriptor),
                _ => perform::perform(&call),
            };
            self.reply(&Reply::Done(outcome), None)?;
        }
        Ok(())
    }

    /// Returns in both: in the child with an outcome of 0, and with a channel of its own.
    fn fork(&mut self, name: &str, tied: bool, channel: Option<OwnedFd>) -> Result<Outcome, Over> {
        let channel = channel.ok_or(Over)?;
        // SAFETY: it has one thread, so that the child is as able as its parent.
        match unsafe { fork() } {
            Ok(ForkResult::Parent { child }) => Ok(Outcome::of(Ok(child.as_raw().into()))),
            Err(errno) => Ok(Outcome::of(Err(errno))),
            Ok(ForkResult::Child) => {
                if tied {
                    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|_| Over)?;
                }
                self.channel.replace(&channel).map_err(|_| Over)?;
                self.start(&comm(name))?;
                Ok(Outcome::of(Ok(0)))
            }
        }
    }
}

fn has_orders(channel: &Channel) -> bool {
    let mut look = [PollFd::new(channel.as_fd(), PollFlags::POLLIN)];
    poll(&mut look, PollTimeout::ZERO) != Ok(0)
}
