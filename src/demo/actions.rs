//! What is done in a scene: calls, made by processes or by ourselves, each shown with its result; and
//! what is waited for.

use std::io::{PipeReader, PipeWriter, Write};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::libc::{SIGSTOP, WNOHANG, WUNTRACED};

use super::record::{CallRecord, Phase, Step};
use super::scene_run::{Name, Named, SceneError, SceneRun, me};
use crate::os::error::io;
use crate::os::procfs::view::KernelView;
use crate::process::commanded;
use crate::process::commanded::{CommandedProcess, Outcome, SystemCall};

/// A call that a process has yet to come to.
pub struct Queued(String);

/// A call that has begun and not returned.
pub struct Unfinished(String);

impl SceneRun<'_> {
    /// A new child of ours.
    pub fn start(&mut self, name: &str) -> Result<CommandedProcess, SceneError> {
        let process = self.processes.spawn(name)?;
        self.processes.until_idle(process.pid)?;
        let outcome = Outcome::of(Ok(process.pid.into()));
        self.show_call(me(), "fork()".to_owned(), Phase::Whole, Some(&outcome))?;
        Ok(process)
    }

    /// A new child of a process's.
    pub fn fork(
        &mut self,
        parent: &CommandedProcess,
        name: &str,
    ) -> Result<CommandedProcess, SceneError> {
        let (process, [outcome, _]) = self.fork_quietly(parent, name, false)?;
        self.forked(parent, &outcome)?;
        Ok(process)
    }

    /// As [`SceneRun::fork`]; but this child dies with its parent.
    pub fn fork_tied(
        &mut self,
        parent: &CommandedProcess,
        name: &str,
    ) -> Result<CommandedProcess, SceneError> {
        let (process, [outcome, _]) = self.fork_quietly(parent, name, true)?;
        self.forked(parent, &outcome)?;
        Ok(process)
    }

    /// As [`SceneRun::fork`]; shows that it returns twice.
    pub fn fork_in_two(
        &mut self,
        parent: &CommandedProcess,
        name: &str,
    ) -> Result<CommandedProcess, SceneError> {
        let (process, [in_parent, in_child]) = self.fork_quietly(parent, name, false)?;
        self.forked(parent, &in_parent)?;
        self.forked(&process, &in_child)?;
        Ok(process)
    }

    fn fork_quietly(
        &mut self,
        parent: &CommandedProcess,
        name: &str,
        tied: bool,
    ) -> Result<(CommandedProcess, [Outcome; 2]), SceneError> {
        let (process, outcomes) = self.processes.fork(parent, name, tied)?;
        self.processes.until_idle(parent.pid)?;
        self.processes.until_idle(process.pid)?;
        Ok((process, outcomes))
    }

    fn forked(&mut self, process: &CommandedProcess, outcome: &Outcome) -> Result<(), SceneError> {
        self.show_call(
            process.named(),
            "fork()".to_owned(),
            Phase::Whole,
            Some(outcome),
        )
    }

    /// A process makes a call; returns when it has, or when the process has ended by it.
    pub fn call(
        &mut self,
        process: &CommandedProcess,
        call: &SystemCall,
    ) -> Result<Outcome, SceneError> {
        self.processes.order(process, call, None)?;
        if call.is_the_last() {
            self.processes.until_ended(process)?;
            self.show_call(process.named(), call.to_string(), Phase::Whole, None)?;
            return Ok(Outcome::default());
        }
        let outcome = self.processes.outcome(process)?;
        self.processes.until_idle(process.pid)?;
        self.show_call(
            process.named(),
            call.to_string(),
            Phase::Whole,
            Some(&outcome),
        )?;
        Ok(outcome)
    }

    /// A process makes a call that blocks; returns when it is about to make it.
    pub fn begin(
        &mut self,
        process: &CommandedProcess,
        call: &SystemCall,
    ) -> Result<Unfinished, SceneError> {
        let queued = self.queue(process, call, None)?;
        self.begun(process, queued)
    }

    /// Tells a process which call to make when it comes to it: it may be stopped, or busy. With a
    /// descriptor if the call needs one.
    pub fn queue(
        &mut self,
        process: &CommandedProcess,
        call: &SystemCall,
        descriptor: Option<BorrowedFd<'_>>,
    ) -> Result<Queued, SceneError> {
        self.processes.order(process, call, descriptor)?;
        Ok(Queued(call.to_string()))
    }

    /// Waits until a process has come to a call that blocks.
    pub fn begun(
        &mut self,
        process: &CommandedProcess,
        Queued(call): Queued,
    ) -> Result<Unfinished, SceneError> {
        self.processes.until_begun(process)?;
        self.show_call(process.named(), call.clone(), Phase::Begins, None)?;
        Ok(Unfinished(call))
    }

    /// Lets a process that computes stop doing so.
    pub fn enough(
        &mut self,
        process: &CommandedProcess,
        spin: Unfinished,
    ) -> Result<Outcome, SceneError> {
        // It stops at any order. This one takes no time, and its answer is of no interest.
        self.processes.order(process, &SystemCall::Getpid, None)?;
        let outcome = self.finish(process, spin)?;
        self.processes.outcome(process)?;
        Ok(outcome)
    }

    /// Waits until a call that has begun returns.
    pub fn finish(
        &mut self,
        process: &CommandedProcess,
        call: Unfinished,
    ) -> Result<Outcome, SceneError> {
        let outcome = self.processes.outcome(process)?;
        self.show_call(process.named(), call.0, Phase::Ends, Some(&outcome))?;
        Ok(outcome)
    }

    /// We make a call, which must not block.
    pub fn by_me(&mut self, call: &SystemCall) -> Result<Outcome, SceneError> {
        let outcome = commanded::perform(call);
        self.show_call(me(), call.to_string(), Phase::Whole, Some(&outcome))?;
        Ok(outcome)
    }

    /// We send a process a signal.
    pub fn kill(&mut self, process: &CommandedProcess, signal: i32) -> Result<Outcome, SceneError> {
        let pid = process.pid;
        self.by_me(&SystemCall::Kill { pid, signal })
    }

    /// We write a byte into a pipe, as a device that answers.
    pub fn write_byte(&mut self, pipe: &mut PipeWriter) -> Result<(), SceneError> {
        let written = pipe.write(&[1]).map_err(io("write to a pipe"))?;
        let outcome = Outcome::of(Ok(i64::from(written > 0)));
        let call = "write(pipe, &byte, 1)".to_owned();
        self.show_call(me(), call, Phase::Whole, Some(&outcome))
    }

    /// We stop a child of ours and confirm it; what the kernel shows then.
    pub fn suspend(
        &mut self,
        process: &CommandedProcess,
    ) -> Result<Option<KernelView>, SceneError> {
        self.kill(process, SIGSTOP)?;
        let view = self.until(process, 'T')?;
        let (pid, options) = (process.pid, WUNTRACED | WNOHANG);
        self.by_me(&SystemCall::Waitpid { pid, options })?;
        Ok(view)
    }

    /// A process executes the program anew, by another name and with this environment variable.
    pub fn execve(
        &mut self,
        process: &mut CommandedProcess,
        name: &str,
        variable: &str,
    ) -> Result<(), SceneError> {
        let call = SystemCall::Execve {
            name: name.to_owned(),
            variable: variable.to_owned(),
        };
        self.processes.order(process, &call, None)?;
        self.processes.until_executed(process, name)?;
        self.processes.until_idle(process.pid)?;
        self.show_call(process.named(), call.to_string(), Phase::Whole, None)
    }

    fn show_call(
        &mut self,
        by: Named<'_>,
        call: String,
        phase: Phase,
        outcome: Option<&Outcome>,
    ) -> Result<(), SceneError> {
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
impl SceneRun<'_> {
    /// Until a process has ended, whatever its parent is.
    pub fn until_ended(&self, process: &CommandedProcess) -> Result<(), SceneError> {
        Ok(self.processes.until_ended(process)?)
    }

    /// Until the kernel shows a process by this letter, or it takes too long; what it shows.
    pub fn until(
        &self,
        process: &CommandedProcess,
        letter: char,
    ) -> Result<Option<KernelView>, SceneError> {
        Ok(self.processes.until_shows(process.pid, letter)?)
    }

    /// Until a process sleeps, and the kernel says where, if it ever does; what it shows.
    pub fn until_asleep(
        &self,
        process: &CommandedProcess,
    ) -> Result<Option<KernelView>, SceneError> {
        Ok(self.processes.until_asleep(process.pid)?)
    }

    /// Until a process has a new parent, or it takes too long; what the kernel shows.
    pub fn until_child_of(
        &self,
        process: &CommandedProcess,
        parent: i32,
    ) -> Result<Option<KernelView>, SceneError> {
        Ok(self.processes.until_child_of(process.pid, parent)?)
    }

    /// Lets time pass.
    pub fn wait(&self, time: Duration) -> Result<(), SceneError> {
        Ok(self.processes.sleep(time)?)
    }
}

/// A pipe for a process to block on.
pub fn a_pipe() -> Result<(PipeReader, PipeWriter), SceneError> {
    Ok(std::io::pipe().map_err(io("create a pipe"))?)
}
