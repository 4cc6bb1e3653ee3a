//! The process's side: does one call after the other, as it is told, and says what came of each.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid, fork};

use super::call::{Call, Outcome};
use super::memory::Memory;
use super::message::{Channel, Reply};
use super::perform;
use super::perform::Spinner;
use super::{ROLE, kill_pipe};
use crate::os::syscalls;
use crate::process::protocol::{ANSWER_FD, REQUEST_FD};

/// Runs the process role when the arguments ask for it; returns only then.
#[must_use]
pub fn run_if_asked() -> Option<ExitCode> {
    if std::env::args_os().nth(1)? != ROLE {
        return None;
    }
    let channel = syscalls::take_file(REQUEST_FD, libc::S_IFSOCK).map(Channel::new);
    let Some((channel, kill_pipe)) = channel.zip(syscalls::take_file(ANSWER_FD, libc::S_IFIFO))
    else {
        eprintln!("timeshare: '{ROLE}' is the role of timeshare's own children, not a command");
        return Some(ExitCode::from(2));
    };
    let name = std::env::args().next().unwrap_or_default();
    let mut player = Role {
        channel,
        kill_pipe,
        spinner: Spinner::default(),
        memory: Memory::default(),
    };
    Some(match player.enter(&name).and_then(|()| player.play()) {
        Ok(()) => ExitCode::SUCCESS,
        // The demo is gone, or knows already.
        Err(_) => ExitCode::FAILURE,
    })
}

struct Role {
    channel: Channel,
    kill_pipe: OwnedFd,
    spinner: Spinner,
    memory: Memory,
}

/// Nobody is there to talk to.
struct Over;

impl Role {
    /// Ties its life to the demo's, and says that it is there.
    fn enter(&mut self, name: &str) -> Result<(), Over> {
        match self.prepare(name) {
            Ok(pidfd) => self.say(&Reply::Ready, Some(pidfd.as_fd())),
            Err((what, errno)) => {
                let what = what.to_owned();
                let errno = errno as i32;
                self.say(&Reply::StartFailed { what, errno }, None)?;
                Err(Over)
            }
        }
    }

    fn prepare(&mut self, name: &str) -> Result<OwnedFd, (&'static str, Errno)> {
        let at = |what| move |errno| (what, errno);
        kill_pipe::hold_on(&mut self.kill_pipe)
            .map_err(at("tie its life to the demo's (fcntl F_SETSIG)"))?;
        // Without it `ps` says "exe"; nothing depends on it.
        let _ = CString::new(name).map(|name| prctl::set_name(&name));
        syscalls::pidfd_open(Pid::this()).map_err(at("open a pidfd of itself"))
    }

    fn say(&self, reply: &Reply, descriptor: Option<BorrowedFd<'_>>) -> Result<(), Over> {
        self.channel.send(reply, descriptor).map_err(|_| Over)
    }

    /// Does what it is told until the demo closes the channel.
    fn play(&mut self) -> Result<(), Over> {
        while let Some(message) = self.channel.receive().map_err(|_| Over)? {
            let call = message.call().ok_or(Over)?;
            let descriptor = message.descriptor;
            if call.may_block() {
                self.say(&Reply::Begun, None)?;
            }
            let outcome = match &call {
                Call::Fork { name, tied } => self.fork(name, *tied, descriptor)?,
                Call::Spin => {
                    let channel = &self.channel;
                    self.spinner.spin_until(|| has_orders(channel))
                }
                Call::Mmap { bytes } => self.memory.map(*bytes),
                Call::Touch { address, pages } => self.memory.touch(*address, *pages),
                Call::Read => perform::read_byte(descriptor),
                _ => perform::perform(&call),
            };
            self.say(&Reply::Done(outcome), None)?;
        }
        Ok(())
    }

    /// Returns in both: in the child with an outcome of 0, and with a channel of its own.
    fn fork(&mut self, name: &str, tied: bool, channel: Option<OwnedFd>) -> Result<Outcome, Over> {
        let channel = channel.ok_or(Over)?;
        // SAFETY: a process has one thread, so that the child is as able as its parent.
        match unsafe { fork() } {
            Ok(ForkResult::Parent { child }) => Ok(Outcome::of(Ok(child.as_raw().into()))),
            Err(errno) => Ok(Outcome::of(Err(errno))),
            Ok(ForkResult::Child) => {
                if tied {
                    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|_| Over)?;
                }
                self.channel.replace(&channel).map_err(|_| Over)?;
                self.enter(&super::comm(name))?;
                Ok(Outcome::of(Ok(0)))
            }
        }
    }
}

fn has_orders(channel: &Channel) -> bool {
    let mut look = [PollFd::new(channel.as_fd(), PollFlags::POLLIN)];
    poll(&mut look, PollTimeout::ZERO) != Ok(0)
}
