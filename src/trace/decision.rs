//! What the scheduler decided, as a trace tells it.

use serde::{Deserialize, Serialize};

use crate::scheduler::{
    Decision, PolicySpec, ProcId, Reason, ReasonKind, Transition, TransitionKind, is_worth_telling,
};

/// One decision of the scheduler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The tick at whose start it took effect.
    pub tick: u64,
    /// Absent when the policy was asked and left everything as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<TransitionKind>,
    /// The process that it moved; absent with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcId>,
    pub reason: ReasonKind,
    /// The reason in words.
    pub why: String,
}

impl DecisionRecord {
    /// As [`is_worth_telling`].
    pub const fn is_worth_telling(&self) -> bool {
        is_worth_telling(self.transition, self.reason)
    }
}

impl From<&Decision> for DecisionRecord {
    fn from(decision: &Decision) -> Self {
        Self {
            tick: decision.tick.0,
            transition: decision.transition.map(Into::into),
            process: decision.transition.map(Transition::process),
            reason: decision.reason.into(),
            why: decision.reason.to_string(),
        }
    }
}

/// Another policy, by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChange {
    /// The first tick it decides about.
    pub tick: u64,
    #[serde(flatten)]
    pub spec: PolicySpec,
}

impl PolicyChange {
    /// Those among decisions.
    pub fn among(decisions: &[Decision]) -> Vec<Self> {
        decisions.iter().filter_map(Self::of).collect()
    }

    /// The one a decision is about, if it is about one.
    pub fn of(decision: &Decision) -> Option<Self> {
        match decision.reason {
            Reason::PolicyChanged { to } => Some(Self {
                tick: decision.tick.0,
                spec: to,
            }),
            _ => None,
        }
    }
}
