//! The one owner of all children, from their spawn to their clean-up.

#[cfg(test)]
mod tests;

use std::os::fd::AsFd;
use std::slice::{Iter, IterMut};
use std::time::Duration;

use nix::libc::WEXITED;
use nix::unistd::Pid;

use super::child::{Child, Heard, Stage};
use super::limits;
use super::limits::DESCRIPTORS_EACH;
use super::protocol::Message;
use super::spawn;
use super::spawn::{Exec, Spawned};
use super::spawner::Spawner;
use crate::machine::{Exit, signal_name};
use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::error;
use crate::os::error::{Error, system};
use crate::os::signal::Signals;
use crate::os::signal::Timeout;
use crate::os::signal::interval_signal::IntervalSignal;
use crate::os::signal::is_force_quit;
use crate::os::{affinity, procfs, syscalls};
use crate::scheduler::ProcId;
use crate::workload::Workload;

/// All children. However it is dropped, none of them remains.
pub struct Children {
    children: Vec<Child>,
    /// It has done what it could: nobody is waited for twice.
    killed_all: bool,
    /// Behind the children: they are still waited for when they are dropped.
    _interval_signal: IntervalSignal,
}

impl Children {
    /// Makes sure, before the first fork, that so many children can be had, of which some may be there.
    ///
    /// # Errors
    /// When their states could not be read, or no signals be sent to them, or a limit does not allow
    /// so many.
    pub fn can_have(children: usize, of_them_new: usize) -> Result<(), Error> {
        procfs::must_be_ours()?;
        can_signal()?;
        limits::make(children, of_them_new)
    }

    /// Creates one child for each process of the workload, and brings each to its first confirmed
    /// stop, at which it is ready and has executed nothing.
    ///
    /// # Errors
    /// When one cannot be born or a signal asks us to end; those born before it are gone then.
    pub async fn spawn(
        spawner: &Spawner,
        workload: &Workload,
        interrupts: &Signals,
    ) -> Result<(Self, Vec<u64>), Error> {
        Self::spawn_within(spawner, workload, interrupts, deadline::READY).await
    }

    async fn spawn_within(
        spawner: &Spawner,
        workload: &Workload,
        interrupts: &Signals,
        ready: Duration,
    ) -> Result<(Self, Vec<u64>), Error> {
        let ready = Timeout::uninterruptible(ready);
        let mut arguments = Vec::with_capacity(workload.processes.len());
        for (spec, index) in workload.processes.iter().zip(0..) {
            arguments.push(spawner.arguments(ProcId(index), &spec.program)?);
        }

        let mut children = Self::new()?;
        for (words, index) in arguments.iter().zip(0..) {
            let spawned = spawner.fork(ProcId(index), spawner.role(words))?;
            children.adopt(ProcId(index), spawned)?;
        }
        let mut programs = Vec::with_capacity(children.children.len());
        for child in &mut children.children {
            programs.push(first_stop(child, spawner.cpu(), interrupts, &ready).await?);
        }
        Ok((children, programs))
    }

    /// Nobody yet.
    ///
    /// # Errors
    /// When no interval_signal can be had.
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            children: Vec::new(),
            killed_all: false,
            _interval_signal: IntervalSignal::start()?,
        })
    }

    /// Creates one child and brings it to its first confirmed stop. How many instructions it says
    /// it has before it.
    ///
    /// # Errors
    /// As [`Children::spawn`]; the child is gone then.
    pub async fn spawn_one(
        spawner: &Spawner,
        process: ProcId,
        calling: Exec<'_>,
        interrupts: &Signals,
    ) -> Result<(Self, u64), Error> {
        let mut children = Self::new()?;
        let child = children.adopt(process, spawner.fork(process, calling)?)?;
        let ready = Timeout::uninterruptible(deadline::READY);
        let instructions = first_stop(child, spawner.cpu(), interrupts, &ready).await?;
        Ok((children, instructions))
    }

    /// Owns a child from here on, before anything else can fail.
    fn adopt(&mut self, process: ProcId, spawned: Spawned) -> Result<&mut Child, Error> {
        let pid = spawned.pid;
        let child = Child::new(process, spawned).inspect_err(|_| spawn::undo(pid))?;
        self.children.push(child);
        let last = self.children.len() - 1;
        Ok(&mut self.children[last])
    }

    /// Those for whom `leaves` holds become a children of their own, in the order they had.
    ///
    /// # Errors
    /// As [`Children::new`].
    pub fn part(&mut self, leaves: impl Fn(&Child) -> bool) -> Result<Self, Error> {
        let mut other = Self::new()?;
        other.children = self
            .children
            .extract_if(.., |child| leaves(child))
            .collect();
        Ok(other)
    }

    /// Takes in all children of another children.
    pub fn join(&mut self, mut other: Self) {
        self.children.append(&mut other.children);
        self.children.sort_by_key(|child| child.id);
    }

    /// The child of this id. Where some have left, its position says nothing.
    pub fn find(&self, id: ProcId) -> Option<&Child> {
        self.children.iter().find(|child| child.id == id)
    }

    /// As [`Children::find`].
    pub fn find_mut(&mut self, id: ProcId) -> Option<&mut Child> {
        self.children.iter_mut().find(|child| child.id == id)
    }

    /// Each with the id the scheduler has for it: its position.
    pub fn numbered(&self) -> impl Iterator<Item = (ProcId, &Child)> {
        (0..).map(ProcId).zip(&self.children)
    }

    /// So many children as take the descriptors that these do: of one that is gone, one is left.
    pub fn all_but_gone(&self) -> usize {
        let is_gone = |child: &&Child| matches!(child.stage(), Stage::Reaped(_));
        let gone = self.children.iter().filter(is_gone).count();
        self.children.len() - gone + gone.div_ceil(usize::try_from(DESCRIPTORS_EACH).unwrap_or(1))
    }

    pub const fn len(&self) -> usize {
        self.children.len()
    }

    #[must_use]
    pub fn get(&self, process: ProcId) -> &Child {
        &self.children[process.index()]
    }

    pub fn get_mut(&mut self, process: ProcId) -> &mut Child {
        &mut self.children[process.index()]
    }

    pub fn iter(&self) -> Iter<'_, Child> {
        self.children.iter()
    }

    pub fn iter_mut(&mut self) -> IterMut<'_, Child> {
        self.children.iter_mut()
    }

    /// Stops whoever is going, so that clocks stand still, and notes who has ended: from now on they
    /// end by our hand. One that cannot be stopped goes on until it is killed.
    pub fn pause(&mut self) {
        for child in &mut self.children {
            if child.stage() == Stage::Going && !is_force_quit() {
                let _ = child.stop_within(deadline::LAST_STOP);
            }
            if child.exit().is_none() {
                let _ = child.look(WEXITED);
            }
        }
    }

    /// Ends and waits for whoever is left. Bounded: SIGKILL cannot be refused, but it can be slow
    /// to act.
    pub fn kill_all(&mut self) {
        if std::mem::replace(&mut self.killed_all, true) {
            return;
        }
        for child in &self.children {
            child.kill();
        }
        let deadline = Deadline::after(deadline::KILL);
        for child in &mut self.children {
            let left = deadline.left().unwrap_or_default();
            let _ = child.confirm_exit_within(left);
            let _ = child.reap();
        }
    }

    /// After it has been killed_all: who is there all the same, in words.
    pub fn left(&self) -> Vec<String> {
        let is_left = |child: &&Child| child.exit().is_none() && !is_force_quit();
        let left = self.children.iter().filter(is_left);
        let words = |child: &Child| {
            let state = child.letter().unwrap_or('?');
            format!("{} (pid {}, state {state})", child.id, child.pid)
        };
        left.map(words).collect()
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.kill_all();
    }
}

/// Makes sure that a child could be ended: signals go through pidfds and in no other way.
fn can_signal() -> Result<(), Error> {
    let own = syscalls::pidfd_open(Pid::this()).map_err(system("open a pidfd (pidfd_open)"))?;
    syscalls::pidfd_send_signal(own.as_fd(), None)
        .map_err(system("send signals to processes (pidfd_send_signal)"))
}

/// Waits for the ready message, checks where the child is, stops it, and lets the first byte wait
/// for it in its pipe, so that the first SIGCONT starts its program.
async fn first_stop(
    child: &mut Child,
    cpu: usize,
    interrupts: &Signals,
    ready: &Timeout,
) -> Result<u64, Error> {
    let heard = tokio::select! {
        biased;
        signal = interrupts.end() => return Err(Error::Interrupted(signal?)),
        heard = tokio::time::timeout(ready.left(), child.hear()) => heard,
    };
    let instructions = match heard.map_err(|_| child.late("get ready", ready.whole()))?? {
        Heard::Message(Message::Ready { instructions }) => instructions,
        Heard::Message(Message::Failed { step, errno }) => {
            let reason = error::reason(nix::errno::Errno::from_raw(errno));
            let failed = format!("{} could not {}: {reason}", child.id, step.what());
            return Err(Error::Process(failed));
        }
        Heard::Message(_) | Heard::Closed => return Err(start_failed(child)),
    };
    if affinity::only_cpu(child.pid) != Some(cpu) {
        return Err(Error::Refused(format!(
            "{} (pid {}) is not pinned to CPU {cpu}, though the kernel took the order",
            child.id, child.pid
        )));
    }
    child.stop()?;
    if child.exit().is_some() {
        return Err(start_failed(child));
    }
    child.start_accounting();
    child.answer()?;
    Ok(instructions)
}

fn start_failed(child: &mut Child) -> Error {
    let how = match child.confirm_exit().map(|()| child.exit()) {
        Ok(Some(Exit::Code(code))) => format!("exit status {code}"),
        Ok(Some(Exit::Signal { number, .. })) => format!("killed by {}", signal_name(number)),
        Ok(None) | Err(_) => "it closed its pipe".to_owned(),
    };
    Error::Process(format!("{} ended before it was ready: {how}", child.id))
}
