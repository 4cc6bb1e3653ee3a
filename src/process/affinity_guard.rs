//! Where a child may run and with what weight, and whether another program has changed that.

use nix::unistd::Pid;

use crate::machine::InterferenceKind;
use crate::os::affinity;
use crate::os::sched::Weight;

/// What a child had at its first confirmed stop, or was changed to since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AffinityGuard {
    /// Its only CPU; `None`: it has several.
    cpu: Option<usize>,
    weight: Option<Weight>,
}

impl AffinityGuard {
    pub fn of(pid: Pid) -> Self {
        Self {
            cpu: affinity::only_cpu(pid),
            weight: Weight::of(pid),
        }
    }

    /// What has been changed since. It is put right, and reported again if it does not stay so; what
    /// cannot be put right is reported once.
    pub fn changes(&mut self, pid: Pid) -> Vec<InterferenceKind> {
        let now = Self::of(pid);
        let mut changes = Vec::new();
        if let Some(cpu) = self.cpu
            && now.cpu != self.cpu
        {
            if affinity::pin_process(pid, &[cpu]).is_ok() {
                changes.push(InterferenceKind::Repinned);
            } else {
                // A control group has taken the CPU away.
                self.cpu = None;
                changes.push(InterferenceKind::RepinnedForGood);
            }
        }
        if let (Some(before), Some(after)) = (self.weight, now.weight)
            && before != after
        {
            // Without a privilege, a nice value that was raised cannot be lowered.
            if before.set(pid).is_ok() {
                changes.push(InterferenceKind::Reniced);
            } else {
                self.weight = now.weight;
                changes.push(InterferenceKind::RenicedForGood);
            }
        }
        changes
    }
}
