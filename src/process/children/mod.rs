//! The one owner of all children of a run, from their spawn to their clean-up.

#[cfg(test)]
mod tests;

use std::os::fd::AsFd;
use std::slice::{Iter, IterMut};
use std::time::Duration;

use nix::libc::WEXITED;
use nix::unistd::Pid;

use super::child::{Child, Received, Stage};
use super::kill_on_drop::KillOnDrop;
use super::limits;
use super::limits::DESCRIPTORS_EACH;
use super::protocol::Message;
use super::spawn::Exec;
use super::spawner::{Spawned, Spawner};
use crate::os::deadline;
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
    children: KillOnDrop<Child>,
    /// Ends waits that would never end; they are over before it is dropped.
    _interval_signal: IntervalSignal,
}

impl Children {
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            children: KillOnDrop::default(),
            _interval_signal: IntervalSignal::start()?,
        })
    }

    /// Makes sure, before the first fork, that there can be this many children, of which some are
    /// yet to be forked; and that each could be observed and ended.
    pub fn ensure_possible(children: usize, of_them_new: usize) -> Result<(), Error> {
        procfs::must_be_ours()?;
        can_signal()?;
        limits::ensure(children, of_them_new)
    }

    /// Creates one child for each process of the workload, and brings each to its first confirmed
    /// stop, at which it is ready and has executed nothing: with them, how many instructions each
    /// says it has. When it fails, none remains.
    pub async fn spawn(
        spawner: &Spawner,
        workload: &Workload,
        signals: &Signals,
    ) -> Result<(Self, Vec<u64>), Error> {
        Self::spawn_within(spawner, workload, signals, deadline::READY).await
    }

    async fn spawn_within(
        spawner: &Spawner,
        workload: &Workload,
        signals: &Signals,
        ready: Duration,
    ) -> Result<(Self, Vec<u64>), Error> {
        let ready = Timeout::uninterruptible(ready);
        let mut arguments = Vec::with_capacity(workload.processes.len());
        for (spec, index) in workload.processes.iter().zip(0..) {
            arguments.push(spawner.arguments(ProcId(index), &spec.program)?);
        }

        let mut children = Self::new()?;
        for (words, index) in arguments.iter().zip(0..) {
            let forked = spawner.spawn(ProcId(index), spawner.role(words))?;
            children.add(ProcId(index), forked)?;
        }
        let mut programs = Vec::with_capacity(children.len());
        for child in children.iter_mut() {
            programs.push(until_first_stop(child, spawner.cpu(), signals, &ready).await?);
        }
        Ok((children, programs))
    }

    /// Creates one child and brings it to its first confirmed stop. How many instructions it says
    /// it has. When it fails, the child is gone.
    pub async fn spawn_one(
        spawner: &Spawner,
        process: ProcId,
        exec: Exec<'_>,
        signals: &Signals,
    ) -> Result<(Self, u64), Error> {
        let mut children = Self::new()?;
        let child = children.add(process, spawner.spawn(process, exec)?)?;
        let ready = Timeout::uninterruptible(deadline::READY);
        let instructions = until_first_stop(child, spawner.cpu(), signals, &ready).await?;
        Ok((children, instructions))
    }

    fn add(&mut self, process: ProcId, spawned: Spawned) -> Result<&mut Child, Error> {
        let child = Child::new(process, spawned)?;
        self.children.push(child);
        let last = self.children.len() - 1;
        Ok(&mut self.children[last])
    }

    /// Those for which `leaves` holds get an owner of their own, in the order they had.
    pub fn split_off(&mut self, leaves: impl Fn(&Child) -> bool) -> Result<Self, Error> {
        let mut other = Self::new()?;
        let leaving = self.children.extract_if(.., |child| leaves(child));
        other.children.extend(leaving);
        Ok(other)
    }

    /// Takes in all children of another owner, in the order of their ids.
    pub fn append(&mut self, mut other: Self) {
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
        (0..).map(ProcId).zip(self.iter())
    }

    /// How many children would take the descriptors that these do: of one that was reaped, one is
    /// left.
    pub fn by_descriptors(&self) -> usize {
        let is_gone = |child: &&Child| matches!(child.stage(), Stage::Reaped(_));
        let gone = self.children.iter().filter(is_gone).count();
        self.children.len() - gone + gone.div_ceil(usize::try_from(DESCRIPTORS_EACH).unwrap_or(1))
    }

    pub fn len(&self) -> usize {
        self.children.len()
    }

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

    /// Stops those that are going, so that clocks stand still, and notes those that have ended: from
    /// now on, children end because we kill them. One that cannot be stopped goes on until it is killed.
    pub fn pause(&mut self) {
        for child in self.iter_mut() {
            if child.stage() == Stage::Going && !is_force_quit() {
                let _ = child.stop_within(deadline::LAST_STOP);
            }
            if child.exit().is_none() {
                let _ = child.look(WEXITED);
            }
        }
    }

    /// Kills and reaps those that are left.
    pub fn kill_all(&mut self) {
        self.children.kill_all();
    }

    /// Those that are there although they were killed, in words.
    pub fn left(&self) -> Vec<String> {
        let words = |child: &Child| {
            let state = child.letter().unwrap_or('?');
            is_alive(state).then(|| format!("{} (pid {}, state {state})", child.id, child.pid))
        };
        let left = self.children.iter().filter(|child| child.exit().is_none());
        let left = left.filter(|_| !is_force_quit());
        left.filter_map(words).collect()
    }
}

/// Whether a process in this state, by its letter, may go on. A zombie has ended, even where there was
/// no time to reap it, or a tracer is told first: it is reaped at the latest when we have ended.
const fn is_alive(letter: char) -> bool {
    !matches!(letter, 'Z' | 'X')
}

/// Makes sure that a child could be ended: signals go through pidfds and in no other way.
fn can_signal() -> Result<(), Error> {
    let own = syscalls::pidfd_open(Pid::this()).map_err(system("open a pidfd (pidfd_open)"))?;
    syscalls::pidfd_send_signal(own.as_fd(), None)
        .map_err(system("send signals to processes (pidfd_send_signal)"))
}

/// Waits for the ready message, checks where the child is, stops it, and writes the first byte to its
/// pipe, so that the first SIGCONT starts its program.
async fn until_first_stop(
    child: &mut Child,
    cpu: usize,
    signals: &Signals,
    ready: &Timeout,
) -> Result<u64, Error> {
    let received = tokio::select! {
        biased;
        signal = signals.end() => return Err(Error::Interrupted(signal?)),
        received = tokio::time::timeout(ready.left(), child.receive()) => received,
    };
    let instructions = match received.map_err(|_| child.late("get ready", ready.whole()))?? {
        Received::Message(Message::Ready { instructions }) => instructions,
        Received::Message(Message::Failed(failed)) => return Err(failed.error(child.id)),
        Received::Message(_) | Received::Closed => return Err(start_failed(child)),
    };
    if affinity::only_cpu(child.pid) != Some(cpu) {
        return Err(not_pinned(child, cpu));
    }
    child.stop()?;
    if child.exit().is_some() {
        return Err(start_failed(child));
    }
    child.start_accounting();
    child.answer()?;
    Ok(instructions)
}

/// It was pinned by a call that succeeded.
fn not_pinned(child: &Child, cpu: usize) -> Error {
    let why = if affinity::is_offline(cpu) {
        "that CPU has been put offline"
    } else if affinity::only_cpu(Pid::from_raw(0)) != Some(cpu) {
        "the set of CPUs this process may use has been changed meanwhile"
    } else {
        "the kernel accepts sched_setaffinity and ignores it"
    };
    let Child { id, pid, .. } = child;
    Error::Process(format!(
        "{id} (pid {pid}) is not pinned to CPU {cpu}: {why}"
    ))
}

fn start_failed(child: &mut Child) -> Error {
    let exit = child.confirm_exit().ok().and_then(|()| child.exit());
    let how = exit.map_or_else(|| "it closed its pipe".to_owned(), |exit| exit.to_string());
    Error::Process(format!("{} ended before it was ready: {how}", child.id))
}
