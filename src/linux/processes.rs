//! The processes of the machine, and what is to be remembered of them from verb to verb.

use super::io_requests::IoRequests;
use super::spans::SpanRecorder;
use crate::machine::Exit;
use crate::os::error::Error;
use crate::process::backoff::Backoff;
use crate::process::child::{Child, Stage};
use crate::process::children::Children;
use crate::scheduler::ProcId;

pub struct Processes {
    pub children: Children,
    /// Instructions each says it has left.
    pub remaining: Vec<u64>,
    pub io: IoRequests,
    backoff: Backoff,
    /// Found dead though they had something left to execute, for the next tick's outcome.
    died: Vec<ProcId>,
    /// Those whose state has changed since they were sampled last.
    changed: Vec<ProcId>,
}

impl Processes {
    pub fn new(children: Children, remaining: Vec<u64>) -> Self {
        Self {
            children,
            remaining,
            io: IoRequests::default(),
            backoff: Backoff::default(),
            died: Vec::new(),
            changed: Vec::new(),
        }
    }

    pub fn child(&mut self, process: ProcId) -> &mut Child {
        self.children.get_mut(process)
    }

    pub fn stage(&self, process: ProcId) -> Stage {
        self.children.get(process).stage()
    }

    pub fn has_ended(&self, process: ProcId) -> bool {
        self.children.get(process).exit().is_some()
    }

    pub fn stop(&mut self, process: ProcId) -> Result<(), Error> {
        self.child(process).stop()?;
        self.note_change(process);
        self.note_if_dead(process);
        Ok(())
    }

    pub fn stop_if_going(&mut self, process: ProcId) -> Result<(), Error> {
        match self.stage(process) {
            Stage::Going => self.stop(process),
            _ => Ok(()),
        }
    }

    /// Gives the CPU to a child, in whatever way it is waiting for it.
    pub fn hand_over(&mut self, process: ProcId) -> Result<(), Error> {
        let answered = self.io.take_answer(process);
        let child = self.child(process);
        match child.stage() {
            Stage::Asleep if answered => child.answer()?,
            Stage::Stopped => child.cont()?,
            // It goes on, or it is dead and its pipe will tell.
            _ => return Ok(()),
        }
        self.note_change(process);
        Ok(())
    }

    /// Stops and answers those whose I/O is complete but which do not run now. A blocked child is
    /// stopped *before* the device answers, or the answer would make it run.
    ///
    /// To stop, a sleeping child must get the CPU for a moment. The one that keeps it is stopped
    /// meanwhile: it would not give way before its slice is over, and would run ahead; and there
    /// would be two that can run.
    pub fn answer_all_but(&mut self, running: Option<ProcId>) -> Result<(), Error> {
        let answers = self.io.take_answers_but(running);
        if let Some(running) = running.filter(|_| !answers.is_empty()) {
            self.stop_if_going(running)?;
        }
        for process in answers {
            self.stop(process)?;
            self.child(process).answer()?;
        }
        Ok(())
    }

    /// Waits until a child sleeps in the I/O that it has said it issued.
    pub fn confirm_asleep(
        &mut self,
        process: ProcId,
        spans: &mut SpanRecorder,
    ) -> Result<(), Error> {
        let child = self.children.get_mut(process);
        let (pid, since_ns) = (child.pid, child.continued_at_ns());
        child.confirm_asleep(&mut self.backoff, || spans.left_cpu(pid, since_ns))?;
        self.note_change(process);
        self.note_if_dead(process);
        Ok(())
    }

    pub fn note_change(&mut self, process: ProcId) {
        self.changed.push(process);
    }

    pub fn take_changed(&mut self) -> Vec<ProcId> {
        std::mem::take(&mut self.changed)
    }

    /// Notes the end of a child that should not have ended. To be called wherever a verb may have
    /// found it out: nothing looks at a zombie any more.
    pub fn note_if_dead(&mut self, process: ProcId) {
        match self.children.get(process).exit() {
            // It ran ahead, or it had nothing to execute.
            None | Some(Exit::Code(0)) => {}
            Some(_) => self.note_death(process),
        }
    }

    /// For the next tick's outcome. Its I/O will not be answered any more.
    pub fn note_death(&mut self, process: ProcId) {
        self.io.take_answer(process);
        if !self.died.contains(&process) {
            self.died.push(process);
        }
    }

    pub fn take_died(&mut self) -> Vec<ProcId> {
        std::mem::take(&mut self.died)
    }
}
