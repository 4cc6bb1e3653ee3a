//! A policy that is changed while a run goes on.

use super::ids::Tick;
use super::policy::{Choice, Event, Policy};
use super::spec::PolicySpec;
use super::table::ProcessTable;

/// A policy until another one is wanted. Asked after each tick, for the next.
pub struct SwitchablePolicy<W> {
    spec: PolicySpec,
    policy: Box<dyn Policy + Send>,
    wanted: W,
}

impl<W: FnMut(Tick) -> Option<PolicySpec>> SwitchablePolicy<W> {
    /// `wanted`: which policy is to be followed from this tick on; `None`: the one as before.
    pub fn new(first: PolicySpec, wanted: W) -> Self {
        Self {
            spec: first,
            policy: first.build(),
            wanted,
        }
    }
}

impl<W: FnMut(Tick) -> Option<PolicySpec>> Policy for SwitchablePolicy<W> {
    fn choose(&mut self, event: Event, table: &ProcessTable) -> Option<Choice> {
        self.policy.choose(event, table)
    }

    fn changes(&mut self, next: Tick) -> Option<PolicySpec> {
        self.spec = (self.wanted)(next).filter(|&wanted| wanted != self.spec)?;
        self.policy = self.spec.build();
        Some(self.spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_is_told_and_only_once() {
        let other: PolicySpec = "SWITCH_ON_END".parse().unwrap();
        let wanted = move |tick: Tick| (tick.0 >= 3).then_some(other);
        let mut policy = SwitchablePolicy::new(PolicySpec::default(), wanted);
        let told: Vec<_> = (2..=5).map(|tick| policy.changes(Tick(tick))).collect();
        assert_eq!(told, [None, Some(other), None, None]);
    }
}
