//! Real processes that a person drives by hand, one call at a time.
//!
//! The person decides which one runs; the device goes on by itself ([`event`]): an I/O is answered
//! after its length in real time, and a process that is stopped then stays stopped. The scheduler can
//! have the workers for a while ([`delegate`]).

mod call;
mod delegate;
mod event;
mod pause;

use std::collections::BTreeMap;
use std::time::Duration;

use nix::libc::WEXITED;
use nix::sys::signal::Signal;
use tokio::net::unix::pipe;

pub use call::{Answer, Asked, Call};
pub use delegate::Delegated;
pub use event::News;

use crate::console::language::SignalNumber;
use crate::linux::machine::Settings;
use crate::machine::Exit;
use crate::os::alarm::Alarm;
use crate::os::error::{Error, system};
use crate::os::procfs::condition::Condition;
use crate::os::procfs::must_be_ours;
use crate::os::procfs::view::KernelView;
use crate::os::signal::Signals;
use crate::os::signal::is_force_quit;
use crate::process::child::{Child, Stage};
use crate::process::children::Children;
use crate::process::executable::Executable;
use crate::process::limits;
use crate::process::orphans::Orphans;
use crate::process::spawn::Exec;
use crate::process::spawner::Spawner;
use crate::scheduler::ProcId;
use crate::workload::Program;
use crate::workload::quote::quoted;

/// The processes of a console. However it is dropped, none of them remains.
pub struct ManualControl {
    children: Children,
    /// Behind the children: what a child leaves behind becomes ours when it ends.
    orphans: Orphans,
    members: BTreeMap<ProcId, Member>,
    settings: Settings,
    spawner: Spawner,
    alarm: Alarm,
    signals: Signals,
}

/// What is known of a child beside its ledger.
struct Member {
    /// Instructions a worker has left; `None`: it is a command.
    remaining: Option<u64>,
    /// When the device answers its I/O, in nanoseconds of `CLOCK_MONOTONIC`.
    answer_ns: Option<u64>,
    /// Whether its request pipe may still say something.
    speaks: bool,
    /// Becomes readable when it has ended; `None` once that has been told.
    end: Option<pipe::Receiver>,
    /// The signal that stopped it, if we did not; until it is continued or stopped by us.
    stopped_by: Option<SignalNumber>,
}

/// What a new process is to be.
pub enum Creation<'a> {
    Worker(&'a Program),
    Command(&'a Executable),
}

/// A process as `status` shows it.
#[derive(Clone, Debug)]
pub struct Row {
    pub process: ProcId,
    pub pid: i32,
    /// Instructions a worker has left.
    pub remaining: Option<u64>,
    /// CPU time since its first stop; `None` when it is not known any more.
    pub cpu_ns: Option<u64>,
    pub exit: Option<Exit>,
    /// `None`: it has been reaped.
    pub view: Option<KernelView>,
    /// The signal that stopped it, if we did not.
    pub stopped_by: Option<SignalNumber>,
}

impl ManualControl {
    /// Must be called inside a tokio runtime, on the thread that will drive them: the children die
    /// with that thread.
    ///
    /// # Errors
    /// When signals, a timer or orphans cannot be had.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        must_be_ours()?;
        Ok(Self {
            children: Children::new()?,
            orphans: Orphans::adopt()?,
            members: BTreeMap::new(),
            settings,
            spawner: Spawner::new(settings.of_workers())?,
            alarm: Alarm::new()?,
            signals: Signals::listen()?,
        })
    }

    /// Whether all ends with us that a command leaves behind. Not so where we had children before we
    /// became what we are (`exec`): it could not be told whose orphans they are.
    pub const fn adopts(&self) -> bool {
        self.orphans.are_ours()
    }

    /// Ends all of them.
    ///
    /// # Errors
    /// Names those that could not be ended.
    pub fn close(mut self) -> Result<(), Error> {
        self.children.kill_all();
        let mut left = self.children.left();
        // Of the children, that is said already.
        let is_child = |pid| self.children.iter().any(|child| child.pid.as_raw() == pid);
        for one in self.orphans.end() {
            if one.state != 'Z' && !is_child(one.pid) && !is_force_quit() {
                left.push(format!(
                    "{} (pid {}, state {})",
                    quoted(&one.comm),
                    one.pid,
                    one.state
                ));
            }
        }
        if left.is_empty() {
            Ok(())
        } else {
            Err(Error::Unended(left.join(", ")))
        }
    }

    pub const fn settings(&self) -> Settings {
        self.settings
    }

    /// Of I/Os that are issued from now on, in ticks.
    pub const fn set_io_length(&mut self, ticks: u64) {
        self.settings.io_length = ticks;
    }

    /// Of all workers, from their next instructions on.
    ///
    /// # Errors
    /// When they cannot be told.
    pub fn set_tick(&mut self, tick: Duration) -> Result<(), Error> {
        self.settings.tick = tick;
        self.spawner.tick_length().set(tick)
    }

    /// Creates a process and brings it to its first confirmed stop.
    ///
    /// # Errors
    /// When that fails; it is gone then.
    pub async fn create(&mut self, id: ProcId, what: &Creation<'_>) -> Result<Vec<Call>, Error> {
        Children::ensure_possible(self.children.by_descriptors() + 1, 1)?;
        let spawner = &self.spawner;
        let words;
        let exec = match what {
            Creation::Worker(program) => {
                limits::ensure_cpu_time(id, program.len() as u64, self.settings.tick)?;
                words = spawner.arguments(id, program)?;
                spawner.role(&words)
            }
            Creation::Command(executable) => Exec::Command(executable),
        };
        let started = Children::spawn_one(spawner, id, exec, &self.signals);
        let (mut children, instructions) = started.await?;
        let child = children.iter_mut().next();
        let mut calls = Vec::new();
        if let Some(child) = child {
            let is_worker = matches!(what, Creation::Worker(_));
            let member = Member {
                remaining: is_worker.then_some(instructions),
                answer_ns: None,
                speaks: true,
                end: Some(child.end_receiver()?),
                stopped_by: None,
            };
            self.members.insert(id, member);
            calls.push(Call::of(child, Asked::Fork, Answer::Pid));
            calls.push(Call::of(
                child,
                Asked::Signal(SignalNumber::of(Signal::SIGSTOP)),
                Answer::Done,
            ));
            calls.push(Call::of(child, Asked::Stop, Answer::Stopped));
        }
        self.children.append(children);
        Ok(calls)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn cont(&mut self, id: ProcId) -> Result<Vec<Call>, Error> {
        self.forget_stop(id);
        let child = self.look(id)?;
        if child.exit().is_some() {
            return Ok(vec![send(child, SignalNumber::of(Signal::SIGCONT))]);
        }
        child.cont()?;
        Ok(vec![Call::of(
            child,
            Asked::Signal(SignalNumber::of(Signal::SIGCONT)),
            Answer::Done,
        )])
    }

    /// Stops it and waits until the kernel confirms, unless it is stopped already.
    ///
    /// # Errors
    /// When it is not confirmed in time.
    pub fn stop(&mut self, id: ProcId) -> Result<Vec<Call>, Error> {
        let child = self.look(id)?;
        // Of one that is stopped and known to be there will be no news to wait for.
        if child.exit().is_some() || (child.stage() == Stage::Stopped && child.is_stopped()) {
            return Ok(vec![send(child, SignalNumber::of(Signal::SIGSTOP))]);
        }
        child.stop()?;
        self.forget_stop(id);
        let child = self.look(id)?;
        let answer = match child.exit() {
            None => Answer::Stopped,
            Some(_) => Answer::Failed(nix::errno::Errno::ECHILD),
        };
        Ok(vec![
            Call::of(
                child,
                Asked::Signal(SignalNumber::of(Signal::SIGSTOP)),
                Answer::Done,
            ),
            Call::of(child, Asked::Stop, answer),
        ])
    }

    /// Sends any signal.
    ///
    /// # Errors
    /// As [`ManualControl::stop`].
    pub fn signal(&mut self, id: ProcId, signal: SignalNumber) -> Result<Vec<Call>, Error> {
        match signal.named() {
            Some(Signal::SIGSTOP) => self.stop(id),
            Some(Signal::SIGCONT) => self.cont(id),
            _ => Ok(vec![send(self.look(id)?, signal)]),
        }
    }

    /// Takes its exit status if it has ended; never waits.
    ///
    /// # Errors
    /// When it is not ours to wait for.
    pub fn wait_nohang(&mut self, id: ProcId) -> Result<Call, Error> {
        let child = self.look(id)?;
        Ok(match child.stage() {
            Stage::Zombie(exit) => {
                child.reap()?;
                Call::of(child, Asked::Reap, Answer::Ended(exit))
            }
            // By the pidfd: its pid may have been reused by now.
            Stage::Reaped(_) => {
                let errno = child.poll_exit().err();
                let answer = errno.map_or(Answer::Done, Answer::Failed);
                Call::of(child, Asked::End, answer)
            }
            _ => Call::of(child, Asked::End, Answer::Nothing),
        })
    }

    /// Whether it has been reaped.
    pub fn is_gone(&self, id: ProcId) -> bool {
        let child = self.children.find(id);
        child.is_none_or(|child| matches!(child.stage(), Stage::Reaped(_)))
    }

    /// Whether it has ended and has not been reaped.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub fn is_zombie(&mut self, id: ProcId) -> Result<bool, Error> {
        Ok(matches!(self.look(id)?.stage(), Stage::Zombie(_)))
    }

    /// Whether it is stopped, whatever stopped it.
    pub fn is_stopped(&self, id: ProcId) -> bool {
        self.children.find(id).is_some_and(Child::is_stopped)
    }

    /// Those that could use the CPU at this moment: on it, or waiting for it.
    pub fn runnable(&self) -> Vec<ProcId> {
        let runnable = self
            .children
            .iter()
            .filter(|child| child.letter() == Some('R'));
        runnable.map(|child| child.id).collect()
    }

    /// What there is to show of one.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn row(&mut self, id: ProcId) -> Result<Row, Error> {
        self.notice_stop(id)?;
        let child = self.look(id)?;
        let (pid, exit, cpu_ns) = (child.pid.as_raw(), child.exit(), child.usage().cpu_ns);
        let view = if self.is_gone(id) { None } else { view(pid)? };
        Ok(Row {
            process: id,
            pid,
            remaining: self.members.get(&id).and_then(|member| member.remaining),
            cpu_ns: Some(cpu_ns),
            exit,
            stopped_by: self.stopped_by(id).filter(|_| {
                view.as_ref()
                    .is_some_and(|view| view.condition == Condition::Stopped)
            }),
            view,
        })
    }

    fn stopped_by(&self, id: ProcId) -> Option<SignalNumber> {
        self.members.get(&id)?.stopped_by
    }

    fn forget_stop(&mut self, id: ProcId) {
        if let Some(member) = self.members.get_mut(&id) {
            member.stopped_by = None;
        }
    }

    /// Notes a stop that is not our doing; the signal, if that is new.
    fn notice_stop(&mut self, id: ProcId) -> Result<Option<SignalNumber>, Error> {
        let Some(child) = self.children.find_mut(id) else {
            return Ok(None);
        };
        let stop = child
            .take_stop()
            .map_err(system(format!("wait for {id}")))?;
        let stop = stop.map(SignalNumber);
        if let Some(member) = self.members.get_mut(&id).filter(|_| stop.is_some()) {
            member.stopped_by = stop;
        }
        Ok(stop)
    }

    /// The child of this id, its end noted if it has ended.
    fn look(&mut self, id: ProcId) -> Result<&mut Child, Error> {
        let child = self
            .children
            .find_mut(id)
            .ok_or_else(|| Error::Refused(format!("{id} is not here to be driven by hand")))?;
        if child.exit().is_none() {
            child.look(WEXITED)?;
        }
        Ok(child)
    }
}

fn send(child: &Child, signal: SignalNumber) -> Call {
    let sent = child.send(signal.0);
    let answer = sent.err().map_or(Answer::Done, Answer::Failed);
    Call::of(child, Asked::Signal(signal), answer)
}

fn view(pid: i32) -> Result<Option<KernelView>, Error> {
    KernelView::of(pid).map_err(crate::os::error::io(format!("read /proc/{pid}")))
}
