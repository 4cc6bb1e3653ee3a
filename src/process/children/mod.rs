//! The one owner of all children, from their birth to their clean-up.

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
use super::spawn::{Calling, Newborn};
use super::spawner::Nursery;
use crate::machine::{Exit, signal_name};
use crate::os::deadline;
use crate::os::deadline::{Deadline, Patience};
use crate::os::error::{Error, system};
use crate::os::signal::Interrupts;
use crate::os::signal::force_quit;
use crate::os::signal::interval_signal::Pulse;
use crate::os::{affinity, procfs, syscalls};
use crate::scheduler::ProcId;
use crate::workload::Workload;

/// All children. However it is dropped, none of them remains.
pub struct Family {
    children: Vec<Child>,
    /// It has done what it could: nobody is waited for twice.
    disbanded: bool,
    /// Behind the children: they are still waited for when they are dropped.
    _pulse: Pulse,
}

impl Family {
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
    pub async fn raise(
        nursery: &Nursery,
        workload: &Workload,
        interrupts: &Interrupts,
    ) -> Result<(Self, Vec<u64>), Error> {
        Self::raise_in(nursery, workload, interrupts, deadline::READY).await
    }

    async fn raise_in(
        nursery: &Nursery,
        workload: &Workload,
        interrupts: &Interrupts,
        ready: Duration,
    ) -> Result<(Self, Vec<u64>), Error> {
        let ready = Patience::deaf(ready);
        let mut arguments = Vec::with_capacity(workload.processes.len());
        for (spec, index) in workload.processes.iter().zip(0..) {
            arguments.push(nursery.arguments(ProcId(index), &spec.program)?);
        }

        let mut family = Self::new()?;
        for (words, index) in arguments.iter().zip(0..) {
            let newborn = nursery.fork(ProcId(index), nursery.role(words))?;
            family.adopt(ProcId(index), newborn, interrupts)?;
        }
        let mut programs = Vec::with_capacity(family.children.len());
        for child in &mut family.children {
            programs.push(first_stop(child, nursery.cpu(), interrupts, &ready).await?);
        }
        Ok((family, programs))
    }

    /// Nobody yet.
    ///
    /// # Errors
    /// When no pulse can be had.
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            children: Vec::new(),
            disbanded: false,
            _pulse: Pulse::start()?,
        })
    }

    /// Creates one child and brings it to its first confirmed stop. How many instructions it says
    /// it has before it.
    ///
    /// # Errors
    /// As [`Family::raise`]; the child is gone then.
    pub async fn raise_one(
        nursery: &Nursery,
        process: ProcId,
        calling: Calling<'_>,
        interrupts: &Interrupts,
    ) -> Result<(Self, u64), Error> {
        let mut family = Self::new()?;
        let child = family.adopt(process, nursery.fork(process, calling)?, interrupts)?;
        let ready = Patience::deaf(deadline::READY);
        let instructions = first_stop(child, nursery.cpu(), interrupts, &ready).await?;
        Ok((family, instructions))
    }

    /// Owns a child from here on, before anything else can fail.
    fn adopt(
        &mut self,
        process: ProcId,
        newborn: Newborn,
        interrupts: &Interrupts,
    ) -> Result<&mut Child, Error> {
        let pid = newborn.pid;
        let child = Child::new(process, newborn, interrupts.end_asked())
            .inspect_err(|_| spawn::undo(pid))?;
        self.children.push(child);
        let last = self.children.len() - 1;
        Ok(&mut self.children[last])
    }

    /// Those for whom `leaves` holds become a family of their own, in the order they had.
    ///
    /// # Errors
    /// As [`Family::new`].
    pub fn part(&mut self, leaves: impl Fn(&Child) -> bool) -> Result<Self, Error> {
        let mut other = Self::new()?;
        other.children = self
            .children
            .extract_if(.., |child| leaves(child))
            .collect();
        Ok(other)
    }

    /// Takes in all children of another family.
    pub fn join(&mut self, mut other: Self) {
        self.children.append(&mut other.children);
        self.children.sort_by_key(|child| child.id);
    }

    /// The child of this id. Where some have left, its position says nothing.
    pub fn find(&self, id: ProcId) -> Option<&Child> {
        self.children.iter().find(|child| child.id == id)
    }

    /// As [`Family::find`].
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
            if child.stage() == Stage::Going && !force_quit::is_made() {
                let _ = child.stop_within(deadline::LAST_STOP);
            }
            if child.exit().is_none() {
                let _ = child.look(WEXITED);
            }
        }
    }

    /// Ends and waits for whoever is left. Bounded: SIGKILL cannot be refused, but it can be slow
    /// to act.
    pub fn disband(&mut self) {
        if std::mem::replace(&mut self.disbanded, true) {
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

    /// After it has been disbanded: who is there all the same, in words.
    pub fn left(&self) -> Vec<String> {
        let is_left = |child: &&Child| child.exit().is_none() && !force_quit::is_made();
        let left = self.children.iter().filter(is_left);
        let words = |child: &Child| {
            let state = child.letter().unwrap_or('?');
            format!("{} (pid {}, state {state})", child.id, child.pid)
        };
        left.map(words).collect()
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        self.disband();
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
    interrupts: &Interrupts,
    ready: &Patience,
) -> Result<u64, Error> {
    let heard = tokio::select! {
        biased;
        signal = interrupts.end() => return Err(Error::Interrupted(signal?)),
        heard = tokio::time::timeout(ready.left(), child.hear()) => heard,
    };
    let instructions = match heard.map_err(|_| child.late("get ready", ready.whole()))?? {
        Heard::Message(Message::Ready { instructions }) => instructions,
        Heard::Message(Message::Failed { step, errno }) => {
            let errno = nix::errno::Errno::from_raw(errno);
            return Err(Error::Birth {
                process: child.id,
                step,
                errno,
            });
        }
        Heard::Message(_) | Heard::Closed => return Err(stillborn(child)),
    };
    if affinity::only_cpu(child.pid) != Some(cpu) {
        return Err(Error::Refused(format!(
            "{} (pid {}) is not pinned to CPU {cpu}, though the kernel took the order",
            child.id, child.pid
        )));
    }
    child.stop()?;
    if child.exit().is_some() {
        return Err(stillborn(child));
    }
    child.start_accounting();
    child.answer()?;
    Ok(instructions)
}

fn stillborn(child: &mut Child) -> Error {
    let how = match child.confirm_exit().map(|()| child.exit()) {
        Ok(Some(Exit::Code(code))) => format!("exit status {code}"),
        Ok(Some(Exit::Signal { number, .. })) => format!("killed by {}", signal_name(number)),
        Ok(None) | Err(_) => "it closed its pipe".to_owned(),
    };
    Error::Stillborn {
        process: child.id,
        how,
    }
}
