//! A prediction, and what it is worth.

use std::mem::discriminant;

use serde::Serialize;

use super::{Guess, Mistake};

/// What a learner predicts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Prediction {
    /// Who has the CPU, tick by tick.
    Who(Vec<Guess>),
    /// The total time in ticks.
    Time(u64),
    /// CPU utilization, a fraction of 1.
    Cpu(f64),
    /// None at all.
    Nothing,
}

/// What a prediction is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Ticks, or figures, that are right.
    pub right: u64,
    /// How many there are.
    pub of: u64,
    /// What went wrong: where it first shows, and then what may be behind it. May be empty for a
    /// figure that nothing explains.
    pub mistakes: Vec<Mistake>,
}

impl Verdict {
    /// Whether all of it is right.
    pub const fn is_right(&self) -> bool {
        self.right == self.of
    }

    /// A figure, right or wrong.
    /// `mistakes`: all that would explain it.
    pub(super) fn of_figure(right: bool, mistakes: impl Iterator<Item = Mistake>) -> Self {
        Self {
            right: u64::from(right),
            of: 1,
            mistakes: first_of_each_kind(mistakes.filter(|_| !right)),
        }
    }
}

/// One prediction may have several explanations; of each kind the first is enough.
pub(super) fn first_of_each_kind(mistakes: impl Iterator<Item = Mistake>) -> Vec<Mistake> {
    let mut first: Vec<Mistake> = Vec::new();
    for mistake in mistakes {
        if !first
            .iter()
            .any(|other| discriminant(other) == discriminant(&mistake))
        {
            first.push(mistake);
        }
    }
    first
}
