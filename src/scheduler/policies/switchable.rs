//! Policies that are changed while a run goes on.

use crate::scheduler::{Choice, Event, Policy, ProcessRun, ProcessTable, Reason, Tick};

/// A policy until whoever steers wants another one. Asked after each tick, for the next.
pub struct SwitchablePolicy<W> {
    now: ProcessRun,
    wanted: W,
}

impl<W: FnMut(Tick) -> Option<ProcessRun>> SwitchablePolicy<W> {
    /// `wanted`: which policies are to be followed from this tick on; `None`: those as before.
    pub const fn new(first: ProcessRun, wanted: W) -> Self {
        Self { now: first, wanted }
    }
}

impl<W: FnMut(Tick) -> Option<ProcessRun>> Policy for SwitchablePolicy<W> {
    fn choose(&mut self, event: Event, table: &ProcessTable) -> Option<Choice> {
        self.now.choose(event, table)
    }

    fn tick_passed(&mut self, next: Tick) -> Option<Reason> {
        let to = (self.wanted)(next).filter(|&wanted| wanted != self.now)?;
        self.now = to;
        Some(Reason::PolicyChanged { to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

    #[test]
    fn only_a_change_is_told_and_only_once() {
        let other = ProcessRun {
            switch: SwitchPolicy::OnEnd,
            io_done: IoDonePolicy::Later,
        };
        let wanted = move |tick: Tick| (tick.0 >= 3).then_some(other);
        let mut policy = SwitchablePolicy::new(ProcessRun::default(), wanted);
        let told: Vec<_> = (2..=5).map(|tick| policy.tick_passed(Tick(tick))).collect();
        let steered = Some(Reason::PolicyChanged { to: other });
        assert_eq!(told, [None, steered, None, None]);
    }
}
