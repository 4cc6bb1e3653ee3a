//! Questions drawn at random: any number of them, and always the same one for a seed.

use super::Question;
use super::misconception::alternatives;
use crate::scheduler::{ProcessRun, Reap};
use crate::trace::PolicyRecord;
use crate::workload::dialect::Dialect;
use crate::workload::notation;
use crate::workload::notation::Seed;
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

/// A question is no shorter and no longer than this, in ticks.
const TICKS: std::ops::RangeInclusive<usize> = 7..=22;

/// What is given, and not drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drawn {
    pub switch: Option<SwitchPolicy>,
    pub io_done: Option<IoDonePolicy>,
    pub io_length: Option<u64>,
    pub dialect: Dialect,
}

/// Draws a question: two or three processes, an I/O or more, and rules that matter. `None` when
/// what is given allows for none.
pub fn draw(seed: &Seed, given: Drawn) -> Option<Question> {
    let mut numbers = seed.numbers();
    // Most draws will do; what is given may make it impossible.
    (0..1_000).find_map(|_| attempt(&mut numbers, given))
}

fn attempt(numbers: &mut impl Iterator<Item = f64>, given: Drawn) -> Option<Question> {
    let mut dice = Dice(numbers);
    let processes = dice.up_to(2, 3)?;
    let programs = (0..processes).map(|_| program(&mut dice));
    let programs = programs.collect::<Option<Vec<_>>>()?.join(":");
    let io_length = dice.up_to(2, 5)?;
    let [switch, io_done] = [dice.coin()?, dice.coin()?];
    let spec = ProcessRun {
        switch: given.switch.unwrap_or(SwitchPolicy::ALL[switch]),
        io_done: given.io_done.unwrap_or(IoDonePolicy::ALL[io_done]),
    };
    let policy = PolicyRecord {
        spec: spec.into(),
        io_length: given.io_length.unwrap_or(io_length),
        dialect: given.dialect,
        reap: Reap::Now,
    };
    let (workload, _) = notation::programs(&programs).ok()?;
    let question = Question::new(workload.in_dialect(given.dialect), policy).ok()?;
    let suits = TICKS.contains(&question.ticks.len())
        && question.workload.has_io()
        && !alternatives(&question).is_empty();
    suits.then_some(question)
}

/// Two to four parts, each a computation of a few ticks or an I/O.
fn program(dice: &mut Dice<'_, impl Iterator<Item = f64>>) -> Option<String> {
    let parts = dice.up_to(1, 3)?;
    let part = |_| match dice.up_to(1, 5)? {
        1 | 2 => Some("i".to_owned()),
        ticks => Some(format!("c{}", ticks - 1)),
    };
    let parts: Option<Vec<_>> = (0..parts).map(part).collect();
    parts.map(|parts| parts.join(","))
}

/// Numbers from 0 to below 1, thrown.
struct Dice<'a, N>(&'a mut N);

impl<N: Iterator<Item = f64>> Dice<'_, N> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "small numbers, and none below 0"
    )]
    fn up_to(&mut self, least: u64, most: u64) -> Option<u64> {
        let sides = (most - least + 1) as f64;
        Some(least + (self.0.next()? * sides) as u64)
    }

    fn coin(&mut self) -> Option<usize> {
        Some(usize::from(self.0.next()? >= 0.5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_has_a_question_of_its_own_and_always_the_same() {
        let mut different = std::collections::HashSet::new();
        for number in 0..200 {
            let seed = Seed::default().after(number);
            let question = draw(&seed, Drawn::default()).unwrap();
            let again = draw(&seed, Drawn::default()).unwrap();
            assert_eq!(question.ticks, again.ticks);
            assert!(TICKS.contains(&question.ticks.len()));
            let programs = question.workload.processes.iter();
            let programs: Vec<_> = programs.map(|p| p.program.notation()).collect();
            different.insert(format!("{programs:?} {:?}", question.policy));
        }
        assert!(different.len() > 150, "{}", different.len());
    }

    #[test]
    fn what_is_given_is_not_drawn() {
        for number in 0..20 {
            let given = Drawn {
                switch: Some(SwitchPolicy::OnEnd),
                io_done: Some(IoDonePolicy::Immediate),
                io_length: Some(4),
                dialect: Dialect::Classic,
            };
            let policy = draw(&Seed::default().after(number), given).unwrap().policy;
            assert_eq!(policy.spec.to_string(), "SWITCH_ON_END, IO_RUN_IMMEDIATE");
            assert_eq!(policy.io_length, 4);
            assert_eq!(policy.dialect, Dialect::Classic);
        }
        let given = Drawn {
            io_length: Some(1_000),
            ..Drawn::default()
        };
        assert!(draw(&Seed::default(), given).is_none());
    }
}
