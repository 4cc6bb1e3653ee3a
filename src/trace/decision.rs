//! What the scheduler decided, as a trace tells it.

use serde::{Deserialize, Serialize};

use crate::scheduler::{Decision, Reason};
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

/// One decision of the scheduler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The tick at whose start it took effect.
    pub tick: u64,
    /// `admit`, `dispatch`, `deschedule`, `block`, `complete_io`, `exit` or `reap`; absent when the
    /// policy was asked and left everything as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<String>,
    /// Whom it moved, by the book's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u32>,
    /// The kind of reason, as `switch_on_io`.
    pub reason: String,
    /// The reason in words.
    pub why: String,
}

impl DecisionRecord {
    /// As [`Decision::is_worth_telling`], which a test holds it to.
    #[must_use]
    pub fn is_worth_telling(&self) -> bool {
        let transition = self.transition.as_deref();
        matches!(transition, None | Some("dispatch" | "reap")) || self.reason == "died"
    }
}

impl From<&Decision> for DecisionRecord {
    fn from(decision: &Decision) -> Self {
        Self {
            tick: decision.tick.0,
            transition: decision
                .transition
                .map(|transition| transition.name().to_owned()),
            process: decision.transition.map(|transition| transition.process().0),
            reason: decision.reason.name().to_owned(),
            why: decision.reason.to_string(),
        }
    }
}

/// Other policies, by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChange {
    /// The first tick they decide about.
    pub tick: u64,
    pub switch: SwitchPolicy,
    pub io_done: IoDonePolicy,
}

impl PolicyChange {
    /// Those among decisions.
    #[must_use]
    pub fn among(decisions: &[Decision]) -> Vec<Self> {
        decisions.iter().filter_map(Self::of).collect()
    }

    /// The one a decision is about, if it is about one.
    #[must_use]
    pub fn of(decision: &Decision) -> Option<Self> {
        match decision.reason {
            Reason::PolicyChanged { to } => Some(Self {
                tick: decision.tick.0,
                switch: to.switch,
                io_done: to.io_done,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::{ProcId, Tick, Transition};

    #[test]
    fn a_record_is_worth_telling_when_its_decision_is() {
        let process = ProcId(0);
        let transitions = [
            Transition::Admit(process),
            Transition::Dispatch(process),
            Transition::Deschedule(process),
            Transition::Block(process),
            Transition::CompleteIo(process),
            Transition::Exit(process),
            Transition::Reap(process),
        ];
        for transition in transitions.map(Some).into_iter().chain([None]) {
            for reason in [Reason::Finished { process }, Reason::First { process }] {
                let decision = Decision {
                    tick: Tick(1),
                    transition,
                    reason,
                };
                let record = DecisionRecord::from(&decision);
                assert_eq!(
                    record.is_worth_telling(),
                    decision.is_worth_telling(),
                    "{record:?}"
                );
            }
        }
        let transition = Some(Transition::Exit(process));
        let died = Decision {
            tick: Tick(1),
            transition,
            reason: Reason::Died { process },
        };
        assert!(died.is_worth_telling() && DecisionRecord::from(&died).is_worth_telling());
    }
}
