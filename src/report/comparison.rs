//! Simulation and run side by side, and where the time went.

use std::fmt::Write;

use super::figures::{Part, parts, percent, sum};
use super::live::cell_text;
use super::side_by_side::{Shown, side_by_side};
use super::summary::{agreement_lines, interference_lines};
use crate::machine::{Exit, Interference, InterferenceKind, signal_name};
use crate::text::prose::paragraph;
use crate::text::table::{align_right, share, table, time};
use crate::trace::{Difference, Outcome, Spread, SwitchesRecord, Totals, Trace};

#[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
pub fn wall_ns(trace: &Trace) -> f64 {
    trace.measured.wall_ns.unwrap_or(0) as f64
}

/// The comparison of one or more runs of one scenario with its simulation. The traces shown are
/// those of the first run that differs, or else of the one with the median wall time, and so is the
/// account of time.
pub fn comparison(runs: &[Trace], shown: Shown) -> String {
    let mut text = String::new();
    let Some((number, trace)) = representative(runs) else {
        return text;
    };
    if shown.traces {
        text.push_str(&side_by_side(trace, shown));
        text.push('\n');
    }
    let _ = writeln!(text, "{}\n", utilization(runs, shown.width));
    if runs.len() > 1 {
        let _ = writeln!(text, "Run {number} of {}:", runs.len());
    }
    text.push_str(&account(trace, shown.width));
    text.push('\n');
    text.push_str(&agreement_lines(trace));
    if let Some(difference) = &trace.agreement.first_difference {
        let _ = writeln!(text, "{}", explain(trace, difference));
    }
    if runs.len() > 1 {
        let whole = runs
            .iter()
            .filter(|trace| trace.agreement.is_whole())
            .count();
        let _ = writeln!(text, "{whole} of {} runs agree in every cell.", runs.len());
    }
    text.push_str(&interference_lines(trace));
    text
}

/// The first run that differs, or else the one with the median wall time; and its number.
pub fn representative(runs: &[Trace]) -> Option<(usize, &Trace)> {
    let mut numbered: Vec<_> = (1..).zip(runs).collect();
    if let Some(differs) = numbered
        .iter()
        .find(|(_, trace)| !trace.agreement.is_whole())
    {
        return Some(*differs);
    }
    numbered.sort_by(|(_, a), (_, b)| wall_ns(a).total_cmp(&wall_ns(b)));
    numbered.get(numbered.len() / 2).copied()
}

fn utilization(runs: &[Trace], width: u16) -> String {
    let Some(first) = runs.first() else {
        return String::new();
    };
    let head: &[_] = match runs {
        [_] => &["", "simulated", "measured"],
        _ => &["", "simulated", "median", "min", "max"],
    };
    let mut table = table(width, head);
    let mut add = |name: &str, paper: String, real: Spread, show: fn(f64) -> String| {
        let figures = [real.median, real.min, real.max].map(show);
        let row = [name.to_owned(), paper].into_iter().chain(figures);
        table.add_row(row.take(head.len()));
    };
    let mut add_utilization = |name, of: fn(&Totals) -> f64| {
        let paper = format!("{} of ticks", percent(of(&first.simulated)));
        let real = Spread::of(runs, |trace| of(&trace.measured));
        add(name, paper, real, percent);
    };
    add_utilization("CPU utilization", |totals| totals.cpu_utilization);
    add_utilization("I/O utilization", |totals| totals.io_utilization);
    let ticks = first.simulated.ticks;
    let paper = format!("{ticks} ticks = {}", time(first.nominal_length_ns(ticks)));
    let show = |ns| time(whole(ns));
    add("wall time", paper, Spread::of(runs, wall_ns), show);
    align_right(&mut table, 1);
    table.to_string()
}

/// Why there is no account.
pub(super) fn no_account(trace: &Trace) -> String {
    match &trace.switches {
        SwitchesRecord::Unavailable { why } => format!(
            "Where the time went is not known, without a record of context switches:\n\
             {why}.\n"
        ),
        SwitchesRecord::Recorded { .. } if trace.withheld.cpu_lost.is_some() => {
            "Where the time went is not known: the CPU was taken away.\n".to_owned()
        }
        SwitchesRecord::Recorded { .. } => "No tick passed whose time could be told.\n".to_owned(),
    }
}

/// Says so where the account does not reach to the end of the run; otherwise nothing.
pub(super) fn account_ends(trace: &Trace) -> String {
    match trace.outcome {
        Outcome::Complete => String::new(),
        _ => format!(
            "It was broken off: this is the time up to the end of tick {}.\n",
            trace.ticks.len()
        ),
    }
}

fn account(trace: &Trace, width: u16) -> String {
    let Some(account) = trace.account else {
        let why = no_account(trace);
        return why.lines().map(|line| paragraph(line, width, "")).collect();
    };
    let wall_ns = account.total_ns().unsigned_abs();
    let mut table = table(width, &["where the time went", "", "of wall", ""]);
    for Part { name, ns, meaning } in parts(&account).chain([sum(&account)]) {
        table.add_row([name, &time(ns), &share(ns, wall_ns), meaning]);
    }
    for column in 1..=2 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    let mut text = format!("{table}\n{}", account_ends(trace));
    if let SwitchesRecord::Recorded { lost, .. } = trace.switches
        && lost > 0
    {
        let _ = writeln!(
            text,
            "The kernel lost {lost} records of context switches: this account is not exact."
        );
    }
    let moved = |event: &Interference| {
        matches!(
            event.what,
            InterferenceKind::Repinned | InterferenceKind::RepinnedForGood
        )
    };
    if trace.interference.iter().any(moved) {
        text.push_str(
            "A process was moved to another CPU, of which there is no record: this account is not\n\
             exact.\n",
        );
    }
    text
}

/// What is behind the first difference, as far as the trace tells.
fn explain(trace: &Trace, difference: &Difference) -> String {
    let killed = trace
        .processes
        .iter()
        .find_map(|process| match process.exit {
            Some(Exit::Signal { number, .. }) => {
                Some((process.id, format!("was killed by {}", signal_name(number))))
            }
            Some(Exit::Code(code)) if code != 0 => {
                Some((process.id, format!("exited with status {code}")))
            }
            _ => None,
        });
    if let Some((id, how)) = killed {
        return format!("P{id} {how}: from there on the schedule cannot be the simulation's.");
    }
    match (&trace.outcome, difference) {
        (Outcome::Interrupted { signal }, _) => format!("The run was ended by {signal}."),
        (Outcome::Left, _) => "The run was left before its end.".to_owned(),
        (Outcome::Failed { error }, _) => format!("The run failed: {error}."),
        (
            Outcome::Complete,
            Difference {
                simulated: Some(paper),
                measured: Some(real),
                ..
            },
        ) => {
            format!(
                "The process was {} where its program and the policy, on paper, have {}.",
                cell_text(*real, trace.policy.dialect),
                cell_text(*paper, trace.policy.dialect)
            )
        }
        (Outcome::Complete, _) => "One of the two went on longer than the other.".to_owned(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "nanoseconds of a run fit many times over"
)]
fn whole(ns: f64) -> i64 {
    ns.round() as i64
}
