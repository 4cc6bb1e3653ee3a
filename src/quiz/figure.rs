//! Predictions of a single figure: the total time, or the CPU utilization.

use serde::Serialize;

use super::misconception::alternatives;
use super::{Mistake, Question, Turn, Verdict};
use crate::homework::{Edition, figures};
use crate::trace::{TickSet, ratio};
use crate::workload::Instruction;
use crate::workload::quote::quoted;

/// What is to be predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Who has the CPU in each tick.
    Who,
    /// The total time.
    Time,
    /// The CPU utilization.
    Cpu,
}

/// A figure that cannot be read. Its display is one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FigureError {
    #[error("{} is not a number of ticks: expected a whole number, as in 11", quoted(.0))]
    Ticks(String),
    #[error("{} is not a utilization: expected percent, as in 12.5%, or a fraction, as in 1/8 or 0.125", quoted(.0))]
    Share(String),
}

/// Half a percent: a utilization may be rounded.
const TOLERANCE: f64 = 0.005;

/// Reads a number of ticks.
///
/// # Errors
/// When it is none.
pub fn parse_ticks(text: &str) -> Result<u64, FigureError> {
    let text = text.trim();
    let number = text.strip_suffix("ticks").unwrap_or(text).trim();
    number
        .parse()
        .map_err(|_| FigureError::Ticks(text.to_owned()))
}

/// Reads a utilization, a fraction of 1: `12.5%`, `12.5`, `1/8` or `0.125`. A bare number up to 1 is a
/// fraction, since a prediction below one percent would make no sense.
///
/// # Errors
/// When it is none, or not from 0 to 1.
pub fn parse_share(text: &str) -> Result<f64, FigureError> {
    let text = text.trim();
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let share = match text.split_once('/') {
        Some((part, whole)) => number(part).zip(number(whole)).map(|(a, b)| a / b),
        None => match text.strip_suffix('%') {
            Some(percent) => number(percent).map(|percent| percent / 100.0),
            None => number(text).map(|bare| if bare > 1.0 { bare / 100.0 } else { bare }),
        },
    };
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| FigureError::Share(text.to_owned()))
}

/// Judges a total time.
pub(super) fn judge_ticks(question: &Question, ticks: u64) -> Verdict {
    let right = question.counted.all.count;
    let busy = question.counted.cpu.count;
    let ios = question.counted.executed(Instruction::Io);
    let other_rules = alternatives(question)
        .into_iter()
        .filter(|(_, turns)| turns.len() as u64 == ticks)
        .map(|(misconception, _)| Mistake::explained(misconception, None));
    let others = [
        (busy, Mistake::ForgotToWait),
        (
            busy + ios * question.policy.blocked_ticks(),
            Mistake::NothingOverlapped,
        ),
        (right + question.counted.marked.count, Mistake::CountedMarks),
    ];
    let others = others.into_iter().filter(|(figure, _)| *figure == ticks);
    Verdict::of_figure(
        ticks == right,
        other_rules.chain(others.map(|(_, mistake)| mistake)),
    )
}

/// Judges a CPU utilization.
pub(super) fn judge_share(question: &Question, share: f64) -> Verdict {
    let is = |figure: f64| (figure - share).abs() < TOLERANCE;
    let of = |counted: &TickSet| ratio(counted.count, question.counted.all.count);
    let july = figures(&question.workload, &question.policy)
        .into_iter()
        .find(|figures| figures.edition == Edition::July2020)
        .map(|figures| ratio(figures.cpu_busy_ticks, figures.ticks));
    let other_rules = alternatives(question)
        .into_iter()
        .filter(|(_, turns)| is(utilization(turns)))
        .map(|(misconception, _)| Mistake::explained(misconception, None));
    let others = [
        (Some(of(&question.counted.io)), Mistake::DeviceInsteadOfCpu),
        (july, Mistake::JulyOf2020),
    ];
    let others = others.into_iter();
    let others = others.filter(|(figure, _)| figure.is_some_and(is));
    Verdict::of_figure(
        is(of(&question.counted.cpu)),
        other_rules.chain(others.map(|(_, mistake)| mistake)),
    )
}

fn utilization(turns: &[Turn]) -> f64 {
    let busy = turns.iter().filter(|turn| turn.executes).count();
    ratio(busy as u64, turns.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_utilization_is_percent_or_a_fraction() {
        for text in ["50%", " 50 ", "50.0 %", "1/2", "6 / 12", "0.5", ".5"] {
            assert_eq!(parse_share(text), Ok(0.5), "{text}");
        }
        assert_eq!((parse_share("1"), parse_share("1%")), (Ok(1.0), Ok(0.01)));
        for text in [
            "", "x", "101", "-1", "1/0", "0/0", "nan", "inf", "7/6", "1/2/3",
        ] {
            assert!(parse_share(text).is_err(), "{text}");
        }
        assert_eq!(
            parse_share("half").unwrap_err().to_string(),
            "'half' is not a utilization: expected percent, as in 12.5%, or a fraction, as in 1/8 \
             or 0.125"
        );
    }

    #[test]
    fn a_time_is_a_whole_number_of_ticks() {
        assert_eq!(parse_ticks(" 11\n"), Ok(11));
        assert_eq!(parse_ticks("11 ticks"), Ok(11));
        for text in ["", "-1", "1.5", "eleven"] {
            assert!(parse_ticks(text).is_err(), "{text}");
        }
    }
}
