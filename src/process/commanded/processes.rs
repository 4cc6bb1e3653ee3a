//! Our side: all commanded processes, from their spawn to the last one's end.

use std::cell::RefCell;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::ROLE;
use super::call::{Outcome, SystemCall};
use super::channel::{Channel, Datagram, Reply};
use super::kill_pipe::KillPipe;
use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::error::{Error, io, refused, system};
use crate::os::procfs::view::KernelView;
use crate::os::refusal::Call;
use crate::os::signal::BlockingSignals;
use crate::os::signal::is_force_quit;
use crate::process::kill_on_drop;
use crate::process::kill_on_drop::Killable;
use crate::process::pidfd::PidFd;
use crate::process::spawn;
use crate::process::spawn::{Exec, SpawnSpec};

pub struct CommandedProcess {
    /// `child`; the kernel shows it as `ts:child`.
    pub name: String,
    pub pid: i32,
    pub(super) process: PidFd,
    channel: Channel,
}

/// All processes of a scene. However it is dropped, none of them remains.
pub struct CommandedProcesses<'a> {
    pub signals: &'a BlockingSignals,
    null: OwnedFd,
    kill_pipe: KillPipe,
    /// Each process that ever was.
    known: Vec<PidFd>,
    /// Names and pids of those that another program stopped; they were continued.
    interfered: RefCell<Vec<(String, i32)>>,
    /// A process was forked of which there is no pidfd yet.
    expecting: bool,
    was_subreaper: bool,
}

impl<'a> CommandedProcesses<'a> {
    /// From now on, a process that loses its parent becomes a child of this one
    /// (`PR_SET_CHILD_SUBREAPER`): so each can be reaped in the end, whatever init there is.
    pub fn new(signals: &'a BlockingSignals) -> Result<Self, Error> {
        let was_subreaper =
            prctl::get_child_subreaper().map_err(system("find out what adopts orphans (prctl)"))?;
        prctl::set_child_subreaper(true).map_err(system("adopt orphans (prctl)"))?;
        Ok(Self {
            signals,
            null: spawn::null()?,
            kill_pipe: KillPipe::new().map_err(system("create a pipe"))?,
            known: Vec::new(),
            interfered: RefCell::default(),
            expecting: false,
            was_subreaper,
        })
    }

    /// A child of this process: fork and execve. When it fails, nothing of it remains.
    pub fn spawn(&mut self, name: &str) -> Result<CommandedProcess, Error> {
        let (ours, its) = Channel::pair().map_err(system("create a pair of sockets"))?;
        let words = spawn::role_arguments(name, ROLE, Vec::new());
        let spec = SpawnSpec {
            parent: Pid::this(),
            cpus: None,
            exec: Exec::Role(spawn::SELF, &words),
            null: self.null.as_fd(),
            files: &[its.as_fd(), self.kill_pipe.as_fd()],
            #[cfg(test)]
            panics: false,
        };
        let process = spec
            .spawn()
            .map_err(refused(Call::Clone, format!("fork {name}")))?;
        drop(its);
        self.meet(name, ours).inspect_err(|_| {
            kill_on_drop::kill_all(&mut [process]);
        })
    }

    /// A child of a commanded process, and what fork returned in both of them, the parent first.
    /// `tied`: the child dies with its parent.
    pub fn fork(
        &mut self,
        parent: &CommandedProcess,
        name: &str,
        tied: bool,
    ) -> Result<(CommandedProcess, [Outcome; 2]), Error> {
        let (ours, its) = Channel::pair().map_err(system("create a pair of sockets"))?;
        let call = SystemCall::Fork {
            name: name.to_owned(),
            tied,
        };
        self.expecting = true;
        self.order(parent, &call, Some(its.as_fd()))?;
        drop(its);
        let outcome = self.outcome(parent)?;
        if !outcome.succeeded() {
            self.expecting = false;
            let errno = Errno::from_raw(outcome.errno);
            return Err(refused(Call::Clone, format!("fork {name}"))(errno));
        }
        let process = self.meet(name, ours)?;
        self.expecting = false;
        let in_child = self.outcome(&process)?;
        Ok((process, [outcome, in_child]))
    }

    /// Waits until a new process says that it is there.
    fn meet(&mut self, name: &str, channel: Channel) -> Result<CommandedProcess, Error> {
        if !self.signals.wait_for(channel.as_fd(), deadline::ANSWER)? {
            return Err(failed(name, SILENT));
        }
        let (Reply::Ready, Datagram { descriptor, .. }) = receive(&channel, name)? else {
            return Err(failed(name, UNEXPECTED));
        };
        let pidfd = descriptor.ok_or_else(|| failed(name, UNEXPECTED))?;
        let process = PidFd::received(pidfd).map_err(io("read the pid of a pidfd"))?;
        let process = process.ok_or_else(|| failed(name, ENDED))?;
        let again = process.try_clone().map_err(io("duplicate a pidfd"))?;
        self.known.push(again);
        Ok(CommandedProcess {
            name: name.to_owned(),
            pid: process.pid.as_raw(),
            process,
            channel,
        })
    }

    /// Tells a process to make a call, and does not wait for what comes of it.
    pub fn order(
        &self,
        process: &CommandedProcess,
        call: &SystemCall,
        descriptor: Option<BorrowedFd<'_>>,
    ) -> Result<(), Error> {
        let pidfd = process.process.as_fd().try_clone_to_owned();
        if let (SystemCall::Spin, Ok(pidfd)) = (call, pidfd) {
            self.signals.suspend_group.add(process.pid, pidfd);
        }
        let sent = process.channel.send(call, descriptor);
        sent.map_err(|_| failed(process, ENDED))
    }

    /// Names and pids of those that another program stopped, since this was asked last.
    pub fn interfered(&self) -> Vec<(String, i32)> {
        self.interfered.take()
    }

    /// Waits until a descriptor is readable, by which a process shows that it did what it should, and
    /// continues it if another program has stopped it: we never wait so for a process that we have
    /// stopped. `false`: the time is over.
    pub(super) fn wait_for(
        &self,
        fd: BorrowedFd<'_>,
        process: &CommandedProcess,
    ) -> Result<bool, Error> {
        let deadline = Deadline::after(deadline::ANSWER);
        while let Some(left) = deadline.left() {
            if self.signals.wait_for(fd, left.min(deadline::LOOK_INTO))? {
                return Ok(true);
            }
            if look(process.pid)?.is_some_and(|view| view.letter == 'T') {
                let _ = process.process.send(Signal::SIGCONT);
                let mut interfered = self.interfered.borrow_mut();
                interfered.push((process.name.clone(), process.pid));
            }
        }
        Ok(false)
    }

    /// What came of the call a process was told to make.
    pub fn outcome(&self, process: &CommandedProcess) -> Result<Outcome, Error> {
        loop {
            match self.reply(process)? {
                Reply::Done(outcome) => return Ok(outcome),
                Reply::Begun => {}
                Reply::Ready => return Err(failed(process, UNEXPECTED)),
            }
        }
    }

    /// Waits until a process says that it makes a call that may block.
    pub fn until_begun(&self, process: &CommandedProcess) -> Result<(), Error> {
        match self.reply(process)? {
            Reply::Begun => Ok(()),
            _ => Err(failed(process, UNEXPECTED)),
        }
    }

    /// Waits until a process that has executed the program anew, by this name, is there again.
    pub fn until_executed(&self, process: &mut CommandedProcess, name: &str) -> Result<(), Error> {
        match self.reply(process)? {
            Reply::Ready => {
                name.clone_into(&mut process.name);
                Ok(())
            }
            Reply::Done(outcome) => {
                let what = format!("execute /proc/self/exe as {name}");
                Err(system(what)(Errno::from_raw(outcome.errno)))
            }
            Reply::Begun => Err(failed(process, UNEXPECTED)),
        }
    }

    fn reply(&self, process: &CommandedProcess) -> Result<Reply, Error> {
        if !self.wait_for(process.channel.as_fd(), process)? {
            return Err(failed(process, SILENT));
        }
        Ok(receive(&process.channel, process)?.0)
    }

    /// Kills all processes and reaps them: they are our children, or become so when their parents
    /// have ended.
    pub fn kill_all(&mut self) -> Result<(), Error> {
        let mut known = std::mem::take(&mut self.known);
        if known.is_empty() && !self.expecting {
            return Ok(());
        }
        self.signals.suspend_group.clear();
        // Closed, it kills also what is not known; but for an init of a pid namespace, which only a
        // signal from outside of it kills.
        self.kill_pipe.close();
        let mut all_gone = kill_on_drop::kill_all(&mut known);
        if std::mem::take(&mut self.expecting) {
            all_gone &= kill_on_drop::kill_all(&mut [AnyChild]);
        } else {
            AnyChild.try_reap();
        }
        if all_gone || is_force_quit() {
            return Ok(());
        }
        Err(failed(
            "a process of the scene",
            "does not end, though it was killed",
        ))
    }
}

impl Drop for CommandedProcesses<'_> {
    fn drop(&mut self) {
        let _ = self.kill_all();
        let _ = prctl::set_child_subreaper(self.was_subreaper);
    }
}

/// All children we have, known or not, for when we may be their only parent left.
struct AnyChild;

impl Killable for AnyChild {
    /// The kill pipe has done it.
    fn kill(&self) {}

    /// Whether there are no children any more.
    fn try_reap(&mut self) -> bool {
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => return false,
                Err(Errno::ECHILD) => return true,
                _ => {}
            }
        }
    }
}

fn receive(channel: &Channel, process: impl fmt::Display) -> Result<(Reply, Datagram), Error> {
    let received = channel.receive();
    let message = received.map_err(io(format!("listen to {process}")))?;
    let message = message.ok_or_else(|| failed(&process, ENDED))?;
    if let Some(failed) = message.failure() {
        return Err(failed.error(process));
    }
    let reply = message.reply();
    let reply = reply.ok_or_else(|| failed(process, UNEXPECTED))?;
    Ok((reply, message))
}

const ENDED: &str = "ended before the scene did; was it killed?";
const SILENT: &str = "does not answer; was it stopped?";
const UNEXPECTED: &str = "sent a message that no process of this version sends at this point";

pub(super) fn failed(process: impl fmt::Display, what: &str) -> Error {
    Error::Process(format!("{process} {what}"))
}

impl fmt::Display for CommandedProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.name, self.pid)
    }
}

/// What the kernel shows of a process; `None`: there is none by this pid.
pub fn look(pid: i32) -> Result<Option<KernelView>, Error> {
    KernelView::of(pid).map_err(io(format!("look at pid {pid} in /proc")))
}
