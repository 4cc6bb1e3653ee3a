//! What a machine allows, in one screen, and as JSON.

use std::fmt::Write;

use serde::Serialize;

use super::checks::Check;
use super::trial::{Row, TickTrial, Trials};
use crate::os::clock::ns;
use crate::text::prose::{list, paragraph, row};
use crate::text::table::length;

/// The name of the document `--json` writes.
pub const SCHEMA: &str = "timeshare/doctor/1";

/// Columns of the names of what was found.
const NAME: usize = 20;

/// What was found, a row each.
pub fn rows(checks: &[Check], width: u16) -> String {
    let rows = checks.iter().map(|check| {
        let mark = if check.ok { "ok" } else { "--" };
        row(
            &format!("{mark}  {}", check.name),
            NAME,
            &check.found,
            width,
        )
    });
    rows.collect()
}

/// What `--json` writes.
#[derive(Serialize)]
pub struct Document<'a> {
    schema: &'static str,
    /// The CPU that was tried.
    cpu: usize,
    checks: &'a [Check],
    /// Why no run works here, if so; then nothing was tried.
    obstacle: Option<&'a str>,
    trials: Vec<Row>,
    /// Lengths of ticks of which no run came to its end in its time.
    left_out_ns: Vec<u64>,
    /// The shortest tick down to which the order of events was right, and the times were; null: none.
    order_down_to_ns: Option<u64>,
    times_down_to_ns: Option<u64>,
}

impl<'a> Document<'a> {
    pub fn new(
        cpu: usize,
        checks: &'a [Check],
        obstacle: Option<&'a str>,
        trials: &Trials,
    ) -> Self {
        Self {
            schema: SCHEMA,
            cpu,
            checks,
            obstacle,
            trials: trials.tried.iter().map(Row::from).collect(),
            left_out_ns: trials.left_out.iter().copied().map(ns).collect(),
            order_down_to_ns: trials.order_down_to().map(ns),
            times_down_to_ns: trials.times_down_to().map(ns),
        }
    }
}

const INTRODUCTION: &str = "Two processes take turns at every tick, three runs each. Order: cells as \
    simulated. Times: how far the CPU utilization is from the simulated one.";

/// The trials, from the longest tick to the shortest: whether the order of events was right, and
/// how far off the times were. `elsewhere`: whether there is another CPU to choose.
pub fn verdict(trials: &Trials, elsewhere: bool, width: u16) -> String {
    let mut text = "\n".to_owned() + &paragraph(INTRODUCTION, width, "");
    if !trials.tried.is_empty() {
        let _ = write!(text, "\n  {:>6}  {:<12}  times\n", "tick", "order");
    }
    for trial in &trials.tried {
        text.push_str(&line(trial));
    }
    text.push('\n');
    for sentence in [left_out(trials), order(trials), times(trials, elsewhere)] {
        if !sentence.is_empty() {
            text.push_str(&paragraph(&sentence, width, ""));
        }
    }
    text
}

fn line(trial: &TickTrial) -> String {
    let mark = |good: bool| if good { '✓' } else { '✗' };
    let note = match (trial.is_trusted(), trial.spoiled, trial.runs) {
        (true, spoiled @ 1.., _) => format!(", try {}", spoiled + 1),
        (_, _, 1) => ", 1 run".to_owned(),
        (_, _, 2) => ", 2 runs".to_owned(),
        _ => String::new(),
    };
    format!(
        "  {:>6}  {} {:<10}  {} {:5.2} points ({:.2}% busy, simulated {:.2}%){note}\n",
        length(trial.tick),
        mark(trial.is_in_order()),
        format!("{} of {}", trial.equal, trial.cells),
        mark(trial.is_in_time()),
        100.0 * trial.deviation(),
        100.0 * trial.measured,
        100.0 * trial.simulated,
    )
}

fn left_out(trials: &Trials) -> String {
    if trials.left_out.is_empty() {
        return String::new();
    }
    let lengths: Vec<_> = trials.left_out.iter().copied().map(length).collect();
    format!(
        "Left out: ticks of {}. No run of them came to its end in its share of the {} that all \
         trials have.",
        list(&lengths),
        length(trials.budget)
    )
}

fn order(trials: &Trials) -> String {
    let at_all = trials.tried.iter().all(TickTrial::is_in_order);
    match trials.order_down_to() {
        Some(_) if at_all => "The order of events can be trusted at every length tried.".into(),
        Some(tick) => format!(
            "The order of events can be trusted in ticks of {} and longer.",
            length(tick)
        ),
        None if trials.tried.is_empty() => "Nothing can be said of order and times.".into(),
        None => "The order of events cannot be trusted here.".into(),
    }
}

fn times(trials: &Trials, elsewhere: bool) -> String {
    match trials.times_down_to() {
        Some(tick) => format!(
            "The times can be trusted in ticks of {} and longer.",
            length(tick)
        ),
        None if trials.tried.is_empty() => String::new(),
        None => {
            let elsewhere = if elsewhere {
                ", or try another CPU, with --cpu"
            } else {
                ""
            };
            format!(
                "The times can be trusted at none, at this moment: do other programs use the CPU? \
                 Then try again{elsewhere}."
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn trials(cells: &[(u64, f64)]) -> Trials {
        let trial = |&(equal, measured): &(u64, f64)| TickTrial {
            tick: Duration::from_millis(1),
            runs: 3,
            cells: 4,
            equal,
            simulated: 1.0,
            measured,
            spoiled: 0,
        };
        Trials {
            tried: cells.iter().map(trial).collect(),
            left_out: Vec::new(),
            budget: Duration::from_secs(40),
        }
    }

    #[test]
    fn the_order_can_be_right_where_the_times_are_not() {
        let text = verdict(&trials(&[(4, 0.9), (4, 0.8)]), true, 80);
        assert!(
            text.contains("order of events can be trusted at every"),
            "{text}"
        );
        assert!(text.contains("The times can be trusted at none"), "{text}");
        let text = verdict(&trials(&[(4, 1.0), (3, 1.0)]), true, 80);
        assert!(
            text.contains("order of events can be trusted in ticks of 1ms"),
            "{text}"
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }

    #[test]
    fn another_cpu_is_advised_only_where_there_is_one() {
        let bad = trials(&[(4, 0.5)]);
        assert!(verdict(&bad, true, 80).contains("--cpu"));
        assert!(!verdict(&bad, false, 80).contains("--cpu"));
    }

    #[test]
    fn what_was_left_out_is_told_and_nothing_is_concluded_from_it() {
        let mut some = trials(&[(4, 1.0)]);
        some.left_out = [10, 5].map(Duration::from_millis).to_vec();
        let text = verdict(&some, true, 80);
        assert!(text.contains("Left out: ticks of 10ms and 5ms"), "{text}");
        some.tried.clear();
        let text = verdict(&some, true, 80);
        assert!(text.contains("Nothing can be said"), "{text}");
        assert!(!text.contains("trusted"), "{text}");
    }
}
