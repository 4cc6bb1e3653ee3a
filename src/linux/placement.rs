//! Where a child may run and with what weight, and whether an outsider has changed that.

use nix::unistd::Pid;

use super::{seat, sys};
use crate::machine::Meddling;

/// What a child had at its first confirmed stop, or was changed to since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Its only CPU; `None`: it has several.
    cpu: Option<usize>,
    weight: Option<sys::Weight>,
}

impl Placement {
    #[must_use]
    pub fn of(pid: Pid) -> Self {
        Self {
            cpu: seat::only_cpu(pid),
            weight: sys::weight(pid),
        }
    }

    /// What has been changed since; each change is told once. Its CPU is put right, and told again
    /// if it does not stay so. Its weight is left: whoever has no privilege could not raise it again.
    pub fn changes(&mut self, pid: Pid) -> Vec<Meddling> {
        let now = Self::of(pid);
        let mut changes = Vec::new();
        if let Some(cpu) = self.cpu
            && now.cpu != self.cpu
        {
            // Where a control group takes the CPU away, this fails, and the change is told.
            let _ = seat::pin_other(pid, cpu);
            changes.push(Meddling::Repinned);
        }
        if now.weight.is_some() && now.weight != self.weight {
            self.weight = now.weight;
            changes.push(Meddling::Reniced);
        }
        changes
    }
}
