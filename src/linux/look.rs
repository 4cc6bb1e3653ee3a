//! How the supervisor looks at the children while a tick passes or when it is over.

use nix::libc::{WEXITED, WSTOPPED};

use super::interference;
use super::machine::Machine;
use super::tick::TickInProgress;
use crate::os::error::Error;
use crate::os::{clock, deadline};
use crate::process::child::Child;
use crate::scheduler::ProcId;

impl Machine {
    /// Takes what the sampler has seen of this tick since, and looks into what should not be.
    pub(super) fn look_at(&mut self, passing: &mut TickInProgress) -> Result<(), Error> {
        let Some(sampled) = self.sampler.take(self.tick) else {
            return Ok(());
        };
        for process in interference::suspects(&self.children, &sampled) {
            self.look_into(process, passing.executing)?;
        }
        self.sampled_ns = clock::now_ns();
        passing.letters = sampled;
        Ok(())
    }

    /// Looks ourselves where the sampler has not for long: others may keep it from its CPU, and what
    /// is done to the children must not stay unnoticed for that.
    pub(super) fn look_around(&mut self, passing: &TickInProgress) -> Result<(), Error> {
        let now_ns = clock::now_ns();
        if now_ns.saturating_sub(self.sampled_ns) <= clock::ns(deadline::LOOK_INTO) {
            return Ok(());
        }
        self.sampled_ns = now_ns;
        let look = |(process, child): (ProcId, &Child)| Some((process, child.letter()?));
        let seen: Vec<_> = self.children.numbered().filter_map(look).collect();
        for process in interference::suspects(&self.children, &seen) {
            self.look_into(process, passing.executing)?;
        }
        Ok(())
    }

    /// Finds out what became of a child that is not in the state it should be in.
    pub(super) fn look_into(
        &mut self,
        process: ProcId,
        executing: Option<ProcId>,
    ) -> Result<(), Error> {
        let child = self.children.get_mut(process);
        child.look(WEXITED | WSTOPPED)?;
        if child.exit().is_none() {
            self.detector.put_right(child, self.tick)?;
        }
        // Of the one that executes, the pipe will tell.
        if executing != Some(process) {
            self.note_if_lost(process);
        }
        Ok(())
    }

    /// Looks whether somebody was moved or given another weight: every so often, whoever's tick it
    /// is, since that may be done to anybody at any time. Where there are many, it is some at a time.
    pub(super) fn look_after_some(&mut self, running: Option<ProcId>) {
        let now_ns = clock::now_ns();
        if now_ns.saturating_sub(self.looked_after_ns) < clock::ns(deadline::LOOK_INTO) {
            return;
        }
        self.looked_after_ns = now_ns;
        for process in self
            .detector
            .whom_to_look_after(self.children.len(), running)
        {
            let child = self.children.get_mut(process);
            if child.exit().is_none() {
                self.detector.look_after(child, self.tick);
            }
        }
    }
}
