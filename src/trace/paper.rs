//! The same on paper: what a trace's scenario comes to in virtual time.

use super::{PolicyRecord, Reckoning, Recorder, TickRecord, Trace};
use crate::machine::Paper;
use crate::scheduler::{ProcessRun, Scheduler};
use crate::supervise::{self, Until, Witness};
use crate::workload::{ProcessSpec, Workload};

impl PolicyRecord {
    /// A scheduler that follows it.
    #[must_use]
    pub fn scheduler(&self) -> Scheduler {
        let policy = ProcessRun {
            switch: self.switch,
            io_done: self.io_done,
        };
        Scheduler::new(Box::new(policy), self.reap)
    }
}

impl Trace {
    /// The ticks of its simulation.
    #[must_use]
    pub fn on_paper(&self) -> Vec<TickRecord> {
        on_paper(&self.workload(), &self.policy, self.simulated.ticks)
    }

    /// Which ticks of its simulation the statistics count.
    #[must_use]
    pub fn reckon(&self) -> Reckoning {
        reckon(&self.workload(), &self.policy, self.simulated.ticks)
    }

    /// What was to run.
    #[must_use]
    pub fn workload(&self) -> Workload {
        let record = &self.workload;
        let processes = record.processes.iter().map(|process| ProcessSpec {
            name: process.name.clone(),
            given: process.given.clone(),
            program: process.instructions.iter().copied().collect(),
        });
        Workload {
            name: record.name.clone(),
            description: record.description.clone(),
            seed: record.seed.clone(),
            processes: processes.collect(),
        }
    }
}

/// The ticks of a workload on paper, but no more than `most`: an I/O may take as long as anybody
/// likes to wait.
#[must_use]
pub fn on_paper(workload: &Workload, policy: &PolicyRecord, most: u64) -> Vec<TickRecord> {
    record(workload, policy, most).ticks
}

/// These ticks, and the decisions that led to them.
#[must_use]
pub fn record(workload: &Workload, policy: &PolicyRecord, most: u64) -> Recorder {
    let mut recorder = Recorder::default();
    watch(workload, policy, most, &mut recorder);
    recorder
}

/// Which of these ticks the statistics count.
#[must_use]
pub fn reckon(workload: &Workload, policy: &PolicyRecord, most: u64) -> Reckoning {
    let mut reckoning = Reckoning::default();
    watch(workload, policy, most, &mut reckoning);
    reckoning
}

/// `witness` writes to memory only: it cannot fail, and neither can paper.
fn watch(workload: &Workload, policy: &PolicyRecord, most: u64, witness: &mut impl Witness) {
    let mut machine = Paper::new(workload, policy.blocked_ticks());
    let mut witness = (witness, Until(most));
    let _ = supervise::on_paper(&mut policy.scheduler(), &mut machine, &mut witness);
}
