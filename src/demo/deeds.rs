//! What is done on a stage: calls, made by actors or by ourselves, each told with its result; and
//! what is waited for.

use crate::os;
use std::io::{PipeReader, PipeWriter, Write};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::libc::{SIGSTOP, WNOHANG, WUNTRACED};

use super::Cut;
use super::process;
use super::process::{Actor, Call, Outcome};
use super::record::{CallRecord, Phase, Step};
use super::stage::{Stage, Who, me};
use crate::os::procfs::view::KernelView;

/// A call that an actor has yet to come to.
#[must_use]
pub struct Queued(String);

/// A call that has begun and not returned.
#[must_use]
pub struct Unfinished(String);

impl Stage<'_> {
    /// A new child of ours.
    pub fn start(&mut self, name: &str) -> Result<Actor, Cut> {
        let actor = self.troupe.start(name)?;
        self.troupe.until_idle(actor.pid)?;
        let outcome = Outcome::of(Ok(actor.pid.into()));
        self.told(me(), "fork()".to_owned(), Phase::Whole, Some(&outcome))?;
        Ok(actor)
    }

    /// A new child of an actor's.
    pub fn fork(&mut self, parent: &Actor, name: &str) -> Result<Actor, Cut> {
        let (actor, [outcome, _]) = self.born_of(parent, name, false)?;
        self.forked(parent, &outcome)?;
        Ok(actor)
    }

    /// As [`Stage::fork`]; but this child dies with its parent.
    pub fn fork_tied(&mut self, parent: &Actor, name: &str) -> Result<Actor, Cut> {
        let (actor, [outcome, _]) = self.born_of(parent, name, true)?;
        self.forked(parent, &outcome)?;
        Ok(actor)
    }

    /// As [`Stage::fork`]; shows that it returns in both of them.
    pub fn fork_in_two(&mut self, parent: &Actor, name: &str) -> Result<Actor, Cut> {
        let (actor, [in_parent, in_child]) = self.born_of(parent, name, false)?;
        self.forked(parent, &in_parent)?;
        self.forked(&actor, &in_child)?;
        Ok(actor)
    }

    fn born_of(
        &mut self,
        parent: &Actor,
        name: &str,
        tied: bool,
    ) -> Result<(Actor, [Outcome; 2]), Cut> {
        let (actor, outcomes) = self.troupe.fork(parent, name, tied)?;
        self.troupe.until_idle(parent.pid)?;
        self.troupe.until_idle(actor.pid)?;
        Ok((actor, outcomes))
    }

    fn forked(&mut self, whose: &Actor, outcome: &Outcome) -> Result<(), Cut> {
        self.told(
            whose.who(),
            "fork()".to_owned(),
            Phase::Whole,
            Some(outcome),
        )
    }

    /// An actor makes a call; returns when it has, or when the actor has ended by it.
    pub fn call(&mut self, actor: &Actor, call: &Call) -> Result<Outcome, Cut> {
        self.troupe.order(actor, call, None)?;
        if call.is_the_last() {
            self.troupe.ended(actor)?;
            self.told(actor.who(), call.to_string(), Phase::Whole, None)?;
            return Ok(Outcome::default());
        }
        let outcome = self.troupe.reply(actor)?;
        self.troupe.until_idle(actor.pid)?;
        self.told(actor.who(), call.to_string(), Phase::Whole, Some(&outcome))?;
        Ok(outcome)
    }

    /// An actor makes a call that blocks; returns when it is about to make it.
    pub fn begin(&mut self, actor: &Actor, call: &Call) -> Result<Unfinished, Cut> {
        let queued = self.queue(actor, call, None)?;
        self.begun(actor, queued)
    }

    /// Tells an actor which call to make when it comes to it: it may be stopped, or busy. With a
    /// descriptor if the call needs one.
    pub fn queue(
        &mut self,
        actor: &Actor,
        call: &Call,
        luggage: Option<BorrowedFd<'_>>,
    ) -> Result<Queued, Cut> {
        self.troupe.order(actor, call, luggage)?;
        Ok(Queued(call.to_string()))
    }

    /// Waits until an actor has come to a call that blocks.
    pub fn begun(&mut self, actor: &Actor, Queued(call): Queued) -> Result<Unfinished, Cut> {
        self.troupe.begun(actor)?;
        self.told(actor.who(), call.clone(), Phase::Begins, None)?;
        Ok(Unfinished(call))
    }

    /// Lets an actor that computes stop doing so.
    pub fn enough(&mut self, actor: &Actor, spin: Unfinished) -> Result<Outcome, Cut> {
        // Whatever it is told, it stops. This takes no time, and the answer is of no interest.
        self.troupe.order(actor, &Call::Getpid, None)?;
        let outcome = self.finish(actor, spin)?;
        self.troupe.reply(actor)?;
        Ok(outcome)
    }

    /// Waits until a call that has begun returns.
    pub fn finish(&mut self, actor: &Actor, call: Unfinished) -> Result<Outcome, Cut> {
        let outcome = self.troupe.reply(actor)?;
        self.told(actor.who(), call.0, Phase::Ends, Some(&outcome))?;
        Ok(outcome)
    }

    /// We make a call, which must not block.
    pub fn by_me(&mut self, call: &Call) -> Result<Outcome, Cut> {
        let outcome = process::perform(call);
        self.told(me(), call.to_string(), Phase::Whole, Some(&outcome))?;
        Ok(outcome)
    }

    /// We send an actor a signal.
    pub fn kill(&mut self, actor: &Actor, signal: i32) -> Result<Outcome, Cut> {
        let pid = actor.pid;
        self.by_me(&Call::Kill { pid, signal })
    }

    /// We write a byte into a pipe, as a device that answers.
    pub fn write_byte(&mut self, pipe: &mut PipeWriter) -> Result<(), Cut> {
        let written = pipe.write(&[1]).map_err(failed("write to a pipe"))?;
        let outcome = Outcome::of(Ok(i64::from(written > 0)));
        let call = "write(pipe, &byte, 1)".to_owned();
        self.told(me(), call, Phase::Whole, Some(&outcome))
    }

    /// We stop a child of ours and confirm it; what the kernel shows then.
    pub fn suspend(&mut self, actor: &Actor) -> Result<Option<KernelView>, Cut> {
        self.kill(actor, SIGSTOP)?;
        let view = self.until(actor, 'T')?;
        let (pid, options) = (actor.pid, WUNTRACED | WNOHANG);
        self.by_me(&Call::Waitpid { pid, options })?;
        Ok(view)
    }

    /// An actor executes the program anew, by another name and with this environment variable.
    pub fn execve(&mut self, actor: &mut Actor, name: &str, variable: &str) -> Result<(), Cut> {
        let call = Call::Execve {
            name: name.to_owned(),
            variable: variable.to_owned(),
        };
        self.troupe.order(actor, &call, None)?;
        self.troupe.reborn(actor, name)?;
        self.troupe.until_idle(actor.pid)?;
        self.told(actor.who(), call.to_string(), Phase::Whole, None)
    }

    fn told(
        &mut self,
        by: Who<'_>,
        call: String,
        phase: Phase,
        outcome: Option<&Outcome>,
    ) -> Result<(), Cut> {
        self.step(Step::Call(CallRecord {
            by: by.name.to_owned(),
            pid: by.pid,
            call,
            phase,
            result: outcome.map(ToString::to_string),
            returned: outcome.map(|outcome| outcome.returned),
            errno: outcome
                .map(|outcome| outcome.errno)
                .filter(|&errno| errno != 0),
        }))
    }
}

/// What is waited for.
impl Stage<'_> {
    /// Until an actor has ended, whosever child it is.
    pub fn until_ended(&self, actor: &Actor) -> Result<(), Cut> {
        Ok(self.troupe.ended(actor)?)
    }

    /// Until the kernel shows an actor by this letter, or it takes too long; what it shows.
    pub fn until(&self, actor: &Actor, letter: char) -> Result<Option<KernelView>, Cut> {
        Ok(self.troupe.until_shows(actor.pid, letter)?)
    }

    /// Until an actor sleeps, and the kernel says where, if it ever does; what it shows.
    pub fn until_asleep(&self, actor: &Actor) -> Result<Option<KernelView>, Cut> {
        Ok(self.troupe.until_asleep(actor.pid)?)
    }

    /// Until an actor has a new parent, or it takes too long; what the kernel shows.
    pub fn until_child_of(&self, actor: &Actor, parent: i32) -> Result<Option<KernelView>, Cut> {
        Ok(self.troupe.until_child_of(actor.pid, parent)?)
    }

    /// Lets time pass.
    pub fn wait(&self, time: Duration) -> Result<(), Cut> {
        Ok(self.troupe.sleep(time)?)
    }
}

/// A pipe for somebody to block on.
///
/// # Errors
/// When none can be had.
pub fn a_pipe() -> Result<(PipeReader, PipeWriter), Cut> {
    Ok(std::io::pipe().map_err(failed("create a pipe"))?)
}

fn failed(what: &str) -> impl FnOnce(std::io::Error) -> os::Error {
    let what = what.to_owned();
    move |source| os::Error::Io { what, source }
}
