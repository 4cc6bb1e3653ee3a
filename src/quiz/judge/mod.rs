//! Whether a prediction is right, and otherwise which kinds of mistakes it has.

#[cfg(test)]
mod tests;

use super::figure::{judge_share, judge_ticks};
use super::misconception::{Misconception, alternatives};
use super::verdict::first_of_each_kind;
use super::{Guess, Mistake, Prediction, Question, Turn, Verdict};
use crate::scheduler::{ProcId, State};

/// How many ticks more than the right answer another one must explain from the start on, to be
/// named for a part of a prediction: fewer are chance.
const MORE_THAN_CHANCE: usize = 3;

/// Judges a prediction.
pub fn judge(question: &Question, prediction: &Prediction) -> Verdict {
    match prediction {
        Prediction::Who(guesses) if !guesses.is_empty() => judge_turns(question, guesses),
        Prediction::Time(ticks) => judge_ticks(question, *ticks),
        Prediction::Cpu(share) => judge_share(question, *share),
        Prediction::Who(_) | Prediction::Nothing => Verdict {
            right: 0,
            of: question.ticks.len() as u64,
            mistakes: Vec::new(),
        },
    }
}

fn judge_turns(question: &Question, guesses: &[Guess]) -> Verdict {
    let turns = question.turns();
    let pairs = guesses.iter().zip(&turns);
    let right = pairs.filter(|(guess, turn)| guess.is(**turn)).count();
    let not_needed = if guesses.len() >= needed(&turns) {
        turns.len().saturating_sub(guesses.len())
    } else {
        0
    };
    let mut mistakes: Vec<_> = first_difference(question, &turns, guesses)
        .into_iter()
        .collect();
    let two = (1..).zip(guesses);
    let two = two.filter(|(_, guess)| guess.processes().len() > 1);
    let ticks: Vec<_> = two.map(|(tick, _)| tick).collect();
    if !ticks.is_empty() {
        mistakes.push(Mistake::TwoAtOnce { ticks });
    }
    if !mistakes.is_empty() {
        mistakes.extend(other_rules(question, &turns, guesses));
    }
    Verdict {
        right: (right + not_needed) as u64,
        of: turns.len().max(guesses.len()) as u64,
        mistakes,
    }
}

/// How many ticks a prediction must have: when all are done, it need not say that the CPU is idle.
/// The classic dialect has such a tick at its end.
fn needed(turns: &[Turn]) -> usize {
    let last = turns.iter().rposition(|turn| turn.holder.is_some());
    last.map_or(0, |last| last + 1)
}

/// How many ticks are right before the first that is not.
fn lead(guesses: &[Guess], turns: &[Turn]) -> usize {
    let pairs = guesses.iter().zip(turns);
    pairs.take_while(|(guess, turn)| guess.is(**turn)).count()
}

/// Whether all of it is right.
fn is_whole(guesses: &[Guess], turns: &[Turn]) -> bool {
    lead(guesses, turns) == guesses.len() && guesses.len() >= needed(turns)
}

/// The first tick that is wrong; that of two at once is told otherwise.
fn first_difference(question: &Question, turns: &[Turn], guesses: &[Guess]) -> Option<Mistake> {
    if is_whole(guesses, turns) {
        return None;
    }
    let at = lead(guesses, turns);
    let tick = at as u64 + 1;
    match (guesses.get(at), turns.get(at)) {
        (None, None) => None,
        (None, Some(_)) => Some(Mistake::EndedTooEarly { tick }),
        (Some(_), None) => Some(Mistake::WentOnTooLong { tick }),
        (Some(guess), Some(turn)) => match *guess.processes() {
            [] => Some(left_idle(turns, at, turn.holder?)),
            [process] => Some(wrong_process(question, turns, at, process)),
            _ => None,
        },
    }
}

/// The CPU is idle; `right` should have it.
fn left_idle(turns: &[Turn], at: usize, right: ProcId) -> Mistake {
    let tick = at as u64 + 1;
    if holder_before(turns, at) == Some(right) {
        Mistake::SwitchedTooEarly {
            tick,
            from: right,
            to: None,
        }
    } else {
        Mistake::LeftIdle {
            tick,
            process: right,
        }
    }
}

/// `process` has the CPU, and another one, or none, should have it.
fn wrong_process(question: &Question, turns: &[Turn], at: usize, process: ProcId) -> Mistake {
    let tick = at as u64 + 1;
    let before = holder_before(turns, at);
    if before == Some(process) {
        return Mistake::StayedTooLong { tick, process };
    }
    let too_early = |from| Mistake::SwitchedTooEarly {
        tick,
        from,
        to: Some(process),
    };
    match question.state(process, tick) {
        Some(State::Blocked) => Mistake::RanBlocked { tick, process },
        Some(State::Zombie | State::Gone) => Mistake::RanDone { tick, process },
        _ => match (turns[at].holder, last_holder(turns, at)) {
            (Some(right), _) if before == Some(right) => too_early(right),
            // The CPU waits with the process that issued the I/O.
            (None, Some(owner)) => too_early(owner),
            (right, _) => Mistake::WrongNext {
                tick,
                process,
                right,
            },
        },
    }
}

fn holder_before(turns: &[Turn], at: usize) -> Option<ProcId> {
    turns.get(at.checked_sub(1)?)?.holder
}

/// Who had the CPU last before a tick.
fn last_holder(turns: &[Turn], at: usize) -> Option<ProcId> {
    turns[..at].iter().rev().find_map(|turn| turn.holder)
}

/// All other rules that explain the whole prediction, or else those that explain a good part of it.
fn other_rules(question: &Question, turns: &[Turn], guesses: &[Guess]) -> Vec<Mistake> {
    let alternatives = alternatives(question);
    let whole = alternatives
        .iter()
        .filter(|(_, other)| is_whole(guesses, other));
    let whole = first_of_each_kind(
        whole.map(|(misconception, _)| Mistake::explained(*misconception, None)),
    );
    if whole.is_empty() {
        let part = good_part(&alternatives, turns, guesses);
        part.into_iter().collect()
    } else {
        whole
    }
}

fn good_part(
    alternatives: &[(Misconception, Vec<Turn>)],
    turns: &[Turn],
    guesses: &[Guess],
) -> Option<Mistake> {
    let enough = lead(guesses, turns) + MORE_THAN_CHANCE;
    let leads = alternatives
        .iter()
        .map(|(misconception, other)| (*misconception, lead(guesses, other)));
    // Of equals the first: the policies come before the rest.
    let (misconception, lead) = leads
        .rev()
        .filter(|(_, lead)| *lead >= enough)
        .max_by_key(|(_, lead)| *lead)?;
    Some(Mistake::explained(misconception, Some(lead as u64)))
}
