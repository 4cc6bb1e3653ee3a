//! Other rules than those of the question, under which a wrong prediction may be right.

use serde::Serialize;

use super::naive::naive;
use super::question::{MAX_TICKS, turns};
use super::{Question, Turn};
use crate::scheduler::PolicySpec;
use crate::trace::{PolicyRecord, on_paper};
use crate::workload::Instruction;
use crate::workload::dialect::Dialect;

/// A rule that a wrong prediction may have followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Misconception {
    /// Another policy.
    Policy(PolicySpec),
    /// To issue an I/O, or to handle its completion, takes no tick.
    FreeIo { issue: bool, finish: bool },
    /// The tick that issues an I/O is the first of its length.
    ShortIo,
    /// Another version of `process-run.py`.
    Dialect(Dialect),
}

/// All that is different from the question, each with what it would give. Misconceptions that change
/// nothing are left out.
pub fn alternatives(question: &Question) -> Vec<(Misconception, Vec<Turn>)> {
    let right = question.turns();
    let misconceptions = misconceptions(&question.policy).into_iter();
    let played = misconceptions
        .filter_map(|misconception| Some((misconception, play(misconception, question)?)));
    played.filter(|(_, turns)| *turns != right).collect()
}

fn misconceptions(policy: &PolicyRecord) -> Vec<Misconception> {
    let other_dialect = match policy.dialect {
        Dialect::Current => Dialect::Classic,
        Dialect::Classic => Dialect::Current,
    };
    let policies = policy.spec.alternatives();
    let free = |issue, finish| Misconception::FreeIo { issue, finish };
    let others = [
        free(true, false),
        free(false, true),
        free(true, true),
        Misconception::ShortIo,
        Misconception::Dialect(other_dialect),
    ];
    let policies = policies.into_iter().map(Misconception::Policy);
    policies.chain(others).collect()
}

/// `None`: under it the workload never ends.
fn play(misconception: Misconception, question: &Question) -> Option<Vec<Turn>> {
    let Question {
        workload, policy, ..
    } = question;
    let other = |policy: PolicyRecord| {
        let possible = policy.dialect.completes(policy.io_length);
        possible.then(|| {
            let workload = workload.clone().in_dialect(policy.dialect);
            turns(&on_paper(&workload, &policy, MAX_TICKS))
        })
    };
    match misconception {
        Misconception::Policy(spec) => other(PolicyRecord { spec, ..*policy }),
        Misconception::FreeIo { issue, finish } => {
            let free = [(issue, Instruction::Io), (finish, Instruction::IoDone)];
            let free = free.into_iter().filter(|(free, _)| *free);
            let free: Vec<_> = free.map(|(_, instruction)| instruction).collect();
            Some(naive(workload, policy, &free))
        }
        Misconception::ShortIo => other(PolicyRecord {
            io_length: policy.io_length.checked_sub(1)?,
            ..*policy
        }),
        Misconception::Dialect(dialect) => other(PolicyRecord { dialect, ..*policy }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::Reap;
    use crate::workload::notation::programs;
    use proptest::prelude::*;

    fn question(text: &str, spec: PolicySpec, dialect: Dialect) -> Question {
        let policy = PolicyRecord {
            spec,
            io_length: 3,
            dialect,
            reap: Reap::Now,
        };
        let workload = programs(text).unwrap().0.in_dialect(dialect);
        Question::new(workload, policy).unwrap()
    }

    fn holders(turns: &[Turn]) -> String {
        let holder = |turn: &Turn| turn.holder.map_or("-".to_owned(), |p| p.0.to_string());
        turns.iter().map(holder).collect()
    }

    fn default(text: &str) -> Question {
        question(text, PolicySpec::default(), Dialect::Current)
    }

    #[test]
    fn free_instructions_leave_out_their_ticks() {
        let question = default("c1,i:c5");
        assert_eq!(holders(&question.turns()), "00111110");
        let free = |issue, finish| {
            holders(&play(Misconception::FreeIo { issue, finish }, &question).unwrap())
        };
        assert_eq!(free(true, false), "0111110");
        assert_eq!(free(false, true), "0011111");
        assert_eq!(free(true, true), "011111");
    }

    #[test]
    fn an_io_that_comes_first_is_issued_before_the_first_tick() {
        let question = default("i:c2");
        assert_eq!(holders(&question.turns()), "011-0");
        let misconception = Misconception::FreeIo {
            issue: true,
            finish: false,
        };
        assert_eq!(holders(&play(misconception, &question).unwrap()), "11-0");
    }

    #[test]
    fn a_short_io_counts_the_tick_that_issues_it() {
        let question = default("i:c1");
        assert_eq!(holders(&question.turns()), "01--0");
        assert_eq!(
            holders(&play(Misconception::ShortIo, &question).unwrap()),
            "01-0"
        );
    }

    #[test]
    fn what_changes_nothing_is_no_alternative() {
        assert_eq!(alternatives(&default("c3:c2")), []);
        // One process alone: it makes no difference whether the system would switch.
        let alone = alternatives(&default("c1,i"));
        assert!(
            !alone
                .iter()
                .any(|(misconception, _)| matches!(misconception, Misconception::Policy(_)))
        );
    }

    proptest! {
        #[test]
        fn without_free_instructions_the_naive_schedule_is_the_right_one(
            text in "(c[0-3]|i)(,(c[0-3]|i)){0,4}(:(c[0-3]|i)(,(c[0-3]|i)){0,4}){0,3}",
            other in 0..4_usize,
            dialect in prop::sample::select(Dialect::ALL.to_vec()),
        ) {
            let spec = PolicySpec::default();
            let spec = spec.alternatives().get(other).copied().unwrap_or(spec);
            let question = question(&text, spec, dialect);
            prop_assert_eq!(naive(&question.workload, &question.policy, &[]), question.turns());
        }
    }
}
