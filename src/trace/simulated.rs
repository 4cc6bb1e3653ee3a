//! The same on paper: what a trace's scenario comes to in virtual time.

use super::{Outcome, PolicyChange, PolicyRecord, Recorder, TickAccounting, TickRecord, Trace};
use crate::machine::{Device, Observer, StopAfter, simulate};
use crate::scheduler::{PolicySpec, Scheduler, SwitchablePolicy, Tick};
use crate::workload::Workload;

impl PolicyRecord {
    /// A scheduler that follows it.
    pub fn scheduler(&self) -> Scheduler {
        Scheduler::new(self.spec.build(), self.reap)
    }

    /// A scheduler that follows it until `wanted` says otherwise: asked after each tick which
    /// policy is to be followed from the next on.
    pub fn switchable(
        &self,
        wanted: impl FnMut(Tick) -> Option<PolicySpec> + Send + 'static,
    ) -> Scheduler {
        let policy = SwitchablePolicy::new(self.spec, wanted);
        Scheduler::new(Box::new(policy), self.reap)
    }

    /// A scheduler that changes its policy where it was changed before.
    fn following(&self, changes: &[PolicyChange]) -> Scheduler {
        if changes.is_empty() {
            return self.scheduler();
        }
        let changes = changes.to_vec();
        self.switchable(move |next| {
            let due = changes.iter().rfind(|change| change.tick <= next.0)?;
            Some(due.spec)
        })
    }
}

impl Trace {
    /// The ticks of its simulation.
    pub fn on_paper(&self) -> Vec<TickRecord> {
        self.simulation().ticks
    }

    /// These ticks, and the decisions that led to them.
    pub fn simulation(&self) -> Recorder {
        self.simulation_until(self.simulated.ticks)
    }

    /// Its first ticks, `most` at most.
    pub fn simulation_until(&self, most: u64) -> Recorder {
        let most = most.min(self.simulated.ticks);
        let mut recorder = Recorder::default();
        self.play(most, &mut recorder);
        recorder
    }

    /// The simulation, up to this tick.
    fn play(&self, most: u64, observer: &mut impl Observer) {
        let scheduler = self.policy.following(&self.policy_changes);
        // What is decided behind the last tick is part of a simulation that came to its end.
        let whole = self.outcome == Outcome::Complete && most == self.simulated.ticks;
        let most = most.saturating_add(u64::from(whole));
        watch(&self.workload, &self.policy, scheduler, most, observer);
    }

    /// Which ticks of its simulation the statistics count.
    pub fn tick_accounting(&self) -> TickAccounting {
        let mut accounting = TickAccounting::default();
        self.play(self.simulated.ticks, &mut accounting);
        accounting
    }
}

/// The ticks of a workload on paper, but no more than `most`: an I/O may be of any
/// length.
pub fn on_paper(workload: &Workload, policy: &PolicyRecord, most: u64) -> Vec<TickRecord> {
    record(workload, policy, most).ticks
}

/// These ticks, and the decisions that led to them.
pub fn record(workload: &Workload, policy: &PolicyRecord, most: u64) -> Recorder {
    let mut recorder = Recorder::default();
    watch(workload, policy, policy.scheduler(), most, &mut recorder);
    recorder
}

/// As [`record`], with policies that are changed on the way.
pub fn record_steered(
    workload: &Workload,
    policy: &PolicyRecord,
    changes: &[PolicyChange],
    most: u64,
) -> Recorder {
    let mut recorder = Recorder::default();
    let scheduler = policy.following(changes);
    watch(workload, policy, scheduler, most, &mut recorder);
    recorder
}

/// Which of these ticks the statistics count.
pub fn tick_accounting(workload: &Workload, policy: &PolicyRecord, most: u64) -> TickAccounting {
    let mut accounting = TickAccounting::default();
    watch(workload, policy, policy.scheduler(), most, &mut accounting);
    accounting
}

/// `observer` writes to memory only: it cannot fail, and neither can paper.
fn watch(
    workload: &Workload,
    policy: &PolicyRecord,
    mut scheduler: Scheduler,
    most: u64,
    observer: &mut impl Observer,
) {
    if most == 0 {
        return;
    }
    let device = Device::new(policy.blocked_ticks());
    let mut observer = (observer, StopAfter(most));
    let _ = simulate(workload, device, &mut scheduler, &mut observer);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::{Reap, State};
    use crate::workload::dialect::Dialect;
    use crate::workload::notation;

    fn first_of_second(changes: &[PolicyChange]) -> u64 {
        let policy = PolicyRecord {
            spec: "SWITCH_ON_END".parse().unwrap(),
            io_length: 2,
            dialect: Dialect::Current,
            reap: Reap::End,
        };
        let (workload, _) = notation::programs("i,i,c1:c2").unwrap();
        let ticks = record_steered(&workload, &policy, changes, 100).ticks;
        let runs = |tick: &&TickRecord| tick.processes[1].state == State::Running;
        ticks.iter().find(runs).unwrap().tick
    }

    fn change(tick: u64, policy: &str) -> PolicyChange {
        let spec = policy.parse().unwrap();
        PolicyChange { tick, spec }
    }

    #[test]
    fn a_change_decides_from_its_tick_on_and_not_before() {
        let on_io = |tick| change(tick, "SWITCH_ON_IO");
        // The I/Os are issued in ticks 1 and 5; the process goes on with io_done in 4 and 8.
        assert_eq!(first_of_second(&[]), 10);
        assert_eq!(first_of_second(&[on_io(2)]), 2);
        assert_eq!(first_of_second(&[on_io(3)]), 6);
        assert_eq!(first_of_second(&[on_io(7)]), 10);
        assert_eq!(first_of_second(&[change(3, "round_robin")]), 6);
    }

    #[test]
    fn a_change_can_be_taken_back() {
        let there_and_back = [change(3, "SWITCH_ON_IO"), change(5, "SWITCH_ON_END")];
        assert_eq!(first_of_second(&there_and_back), 10);
    }
}
