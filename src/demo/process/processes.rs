//! The demo's side: all processes of a scene, from their spawn to the last one's end.

use std::cell::RefCell;
use std::ffi::CString;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::call::{Call, Outcome};
use super::kill_pipe::KillPipe;
use super::message::{Channel, Reply};
use super::watch::{look, pid_of};
use super::{ROLE, comm};
use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::error::{Error, io, system};
use crate::os::signal::BlockingSignals;
use crate::os::signal::is_force_quit;
use crate::os::syscalls;
use crate::process::spawn;
use crate::process::spawn::{Exec, SpawnSpec};

/// A process of a scene.
pub struct DemoProcess {
    /// Whom it plays: `child`. The kernel shows it as `ts:child`.
    pub name: String,
    pub pid: i32,
    pub pidfd: OwnedFd,
    channel: Channel,
}

/// All processes of a scene. However it is dropped, none of them remains.
pub struct DemoProcesses<'a> {
    pub interrupts: &'a BlockingSignals,
    null: OwnedFd,
    /// `None`: they have been sent away.
    kill_pipe: Option<KillPipe>,
    /// A pidfd of each process that ever was.
    known: Vec<OwnedFd>,
    /// Who was stopped by somebody else, and continued.
    interfered: RefCell<Vec<(String, i32)>>,
    /// A process is being born that we do not know yet.
    expecting: bool,
    was_subreaper: bool,
}

impl<'a> DemoProcesses<'a> {
    /// An empty one. From now on, whoever loses his parent becomes a child of this process
    /// (`PR_SET_CHILD_SUBREAPER`): so each can be waited for in the end, and nobody has to rely on
    /// an init that never waits.
    ///
    /// # Errors
    /// When the kernel refuses a pipe or this.
    pub fn gather(interrupts: &'a BlockingSignals) -> Result<Self, Error> {
        let was_subreaper =
            prctl::get_child_subreaper().map_err(system("find out who adopts orphans (prctl)"))?;
        prctl::set_child_subreaper(true).map_err(system("adopt orphans (prctl)"))?;
        Ok(Self {
            interrupts,
            null: spawn::null()?,
            kill_pipe: Some(KillPipe::new().map_err(system("create a pipe"))?),
            known: Vec::new(),
            interfered: RefCell::default(),
            expecting: false,
            was_subreaper,
        })
    }

    /// A child of this process: fork and execve.
    ///
    /// # Errors
    /// When it cannot be born; nothing remains of it then.
    pub fn start(&mut self, name: &str) -> Result<DemoProcess, Error> {
        let (ours, its) = Channel::pair().map_err(system("create a pair of sockets"))?;
        let words = [comm(name), ROLE.to_owned()];
        // Not one of them can contain a NUL byte.
        let words = words.into_iter().filter_map(|word| CString::new(word).ok());
        let kill_pipe = self.kill_pipe()?;
        let spawn = SpawnSpec {
            parent: Pid::this(),
            cpus: None,
            calling: Exec::Role(spawn::SELF, &words.collect::<Vec<_>>()),
            null: self.null.as_fd(),
            third: its.as_fd(),
            fourth: kill_pipe.as_fd(),
            fifth: None,
            #[cfg(test)]
            panics: false,
        };
        let pid = spawn.fork().map_err(system(format!("fork {name}")))?;
        drop(its);
        self.meet(name, ours).inspect_err(|_| spawn::undo(pid))
    }

    /// A child of a process's, and what fork returned in both of them, the parent first. `tied`: the
    /// child dies with its parent.
    ///
    /// # Errors
    /// When it cannot be born.
    pub fn fork(
        &mut self,
        parent: &DemoProcess,
        name: &str,
        tied: bool,
    ) -> Result<(DemoProcess, [Outcome; 2]), Error> {
        let (ours, its) = Channel::pair().map_err(system("create a pair of sockets"))?;
        let call = Call::Fork {
            name: name.to_owned(),
            tied,
        };
        self.expecting = true;
        self.order(parent, &call, Some(its.as_fd()))?;
        drop(its);
        let outcome = self.reply(parent)?;
        if !outcome.succeeded() {
            self.expecting = false;
            return Err(system(format!("fork {name}"))(Errno::from_raw(
                outcome.errno,
            )));
        }
        let process = self.meet(name, ours)?;
        self.expecting = false;
        let in_child = self.reply(&process)?;
        Ok((process, [outcome, in_child]))
    }

    /// Waits until a spawned process says that it is there.
    fn meet(&mut self, name: &str, channel: Channel) -> Result<DemoProcess, Error> {
        let pidfd = match self.hear(&channel, name)? {
            (Reply::Ready, Some(pidfd)) => pidfd,
            (Reply::StartFailed { what, errno }, _) => {
                return Err(system(format!("let {name} {what}"))(Errno::from_raw(errno)));
            }
            _ => return Err(lost(name, UNEXPECTED)),
        };
        let pid = pid_of(&pidfd)?.ok_or_else(|| lost(name, ENDED))?;
        let again = pidfd.try_clone().map_err(io("duplicate a pidfd"))?;
        self.known.push(again);
        Ok(DemoProcess {
            name: name.to_owned(),
            pid,
            pidfd,
            channel,
        })
    }

    /// Tells a process to make a call, and does not wait for what comes of it.
    ///
    /// # Errors
    /// When it is gone.
    pub fn order(
        &self,
        process: &DemoProcess,
        call: &Call,
        descriptor: Option<BorrowedFd<'_>>,
    ) -> Result<(), Error> {
        if let (Call::Spin, Ok(pidfd)) = (call, process.pidfd.try_clone()) {
            self.interrupts.suspend_group.add(process.pid, pidfd);
        }
        let sent = process.channel.send(call, descriptor);
        sent.map_err(|_| lost(&process.to_string(), ENDED))
    }

    /// Who was stopped by somebody else, as noticed since this was asked last: names and pids.
    pub fn interfered(&self) -> Vec<(String, i32)> {
        self.interfered.take()
    }

    /// Waits for something that a process is to do, and continues it if somebody has stopped it: no
    /// scene stops a process of which it expects anything. `false`: the time is over.
    pub fn wait_for(&self, fd: BorrowedFd<'_>, process: &DemoProcess) -> Result<bool, Error> {
        let deadline = Deadline::after(deadline::ANSWER);
        while let Some(left) = deadline.left() {
            if self
                .interrupts
                .wait_for(fd, left.min(deadline::LOOK_INTO))?
            {
                return Ok(true);
            }
            if look(process.pid)?.is_some_and(|view| view.letter == 'T') {
                let _ = syscalls::pidfd_send_signal(process.pidfd.as_fd(), Some(Signal::SIGCONT));
                let mut interfered = self.interfered.borrow_mut();
                interfered.push((process.name.clone(), process.pid));
            }
        }
        Ok(false)
    }

    /// What came of the call a process was told to make.
    ///
    /// # Errors
    /// When it is gone, or does not answer in time.
    pub fn reply(&self, process: &DemoProcess) -> Result<Outcome, Error> {
        loop {
            match self.answer(process)? {
                Reply::Done(outcome) => return Ok(outcome),
                Reply::Begun => {}
                _ => return Err(lost(&process.to_string(), UNEXPECTED)),
            }
        }
    }

    /// Waits until a process says that it makes a call that may block.
    ///
    /// # Errors
    /// As [`DemoProcesses::reply`].
    pub fn begun(&self, process: &DemoProcess) -> Result<(), Error> {
        match self.answer(process)? {
            Reply::Begun => Ok(()),
            _ => Err(lost(&process.to_string(), UNEXPECTED)),
        }
    }

    /// Waits until a process that has executed a program anew is there again.
    ///
    /// # Errors
    /// As [`DemoProcesses::reply`]; and when it could not execute it.
    pub fn reborn(&self, process: &mut DemoProcess, name: &str) -> Result<(), Error> {
        match self.answer(process)? {
            Reply::Ready => {
                name.clone_into(&mut process.name);
                Ok(())
            }
            Reply::Done(outcome) => {
                let what = format!("execute /proc/self/exe as {name}");
                Err(system(what)(Errno::from_raw(outcome.errno)))
            }
            _ => Err(lost(&process.to_string(), UNEXPECTED)),
        }
    }

    fn answer(&self, process: &DemoProcess) -> Result<Reply, Error> {
        let who = process.to_string();
        if !self.wait_for(process.channel.as_fd(), process)? {
            return Err(lost(&who, SILENT));
        }
        Ok(receive(&process.channel, &who)?.0)
    }

    fn hear(&self, channel: &Channel, who: &str) -> Result<(Reply, Option<OwnedFd>), Error> {
        if !self
            .interrupts
            .wait_for(channel.as_fd(), deadline::ANSWER)?
        {
            return Err(lost(who, SILENT));
        }
        receive(channel, who)
    }

    fn kill_pipe(&self) -> Result<&KillPipe, Error> {
        self.kill_pipe
            .as_ref()
            .ok_or_else(|| lost("the troupe", "has been sent away"))
    }

    /// Ends all processes and waits for them: they are our children, or become so when their parents
    /// have ended.
    ///
    /// # Errors
    /// When somebody is still there when time is over.
    pub fn kill_all(&mut self) -> Result<(), Error> {
        if self.known.is_empty() && !self.expecting {
            return Ok(());
        }
        // This alone ends them; but for those who are the init of a pid namespace, whom only a
        // process outside of it can kill.
        self.kill_pipe = None;
        self.interrupts.suspend_group.clear();
        for pidfd in &self.known {
            let _ = syscalls::pidfd_send_signal(pidfd.as_fd(), Some(Signal::SIGKILL));
        }
        let deadline = Deadline::after(deadline::KILL);
        loop {
            let alone = reap_all();
            self.known
                .retain(|pidfd| !matches!(pid_of(pidfd), Ok(None)));
            // As the init of a container we have children that are nobody of ours.
            if alone || (self.known.is_empty() && !self.expecting) {
                return Ok(());
            }
            let left = deadline
                .left()
                .filter(|_| !is_force_quit())
                .ok_or_else(|| lost("an actor", "does not die, though it was killed"))?;
            std::thread::sleep(left.min(deadline::STATE_POLL));
        }
    }
}

impl Drop for DemoProcesses<'_> {
    fn drop(&mut self) {
        let _ = self.kill_all();
        let _ = prctl::set_child_subreaper(self.was_subreaper);
    }
}

/// What a process has said.
fn receive(channel: &Channel, who: &str) -> Result<(Reply, Option<OwnedFd>), Error> {
    let message = channel.receive().map_err(io(format!("listen to {who}")))?;
    let message = message.ok_or_else(|| lost(who, ENDED))?;
    let reply = message.reply().ok_or_else(|| lost(who, UNEXPECTED))?;
    Ok((reply, message.descriptor))
}

/// Waits for all children that have ended. Whether there are no others.
fn reap_all() -> bool {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return false,
            Err(Errno::ECHILD) => return true,
            _ => {}
        }
    }
}

const ENDED: &str = "has ended in the middle of its part; has somebody killed it?";
const SILENT: &str = "does not answer; has somebody stopped it?";
const UNEXPECTED: &str = "said what no actor of this version says at this point";

pub fn lost(who: &str, what: &str) -> Error {
    Error::Process(format!("{who} {what}"))
}

impl fmt::Display for DemoProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.name, self.pid)
    }
}
