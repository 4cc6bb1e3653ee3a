//! The homework: the questions, and their answers.

mod explanation;

use std::fmt::Write;

use comfy_table::Table;

pub use explanation::explanation;

use super::{Answered, Edition, Figures, QUESTIONS, Question};
use crate::report::programs::{programs, rules};
use crate::report::side_by_side::{Shown, side_by_side};
use crate::report::summary::{agreement_lines, interference_lines};
use crate::text::prose::{item, paragraph};
use crate::text::table::{align_right, count, percent, share, table, time};
use crate::trace::{PolicyRecord, signed};
use crate::workload::Workload;
use crate::workload::dialect::Dialect;

/// All questions, a line each.
pub fn list() -> String {
    let mut text = "The homework of chapter 4, \"The Abstraction: The Process\":\n\n".to_owned();
    for question in &QUESTIONS {
        let _ = writeln!(text, "  {}  {}", question.number, question.title);
    }
    text.push_str(
        "\n\
         timeshare homework 6            pose question 6\n\
         timeshare homework 6 --answer   simulate, run for real, compare, and explain\n\
         timeshare homework --answer     all of them\n",
    );
    text
}

/// A question: what runs, by which rules, and what to think about. `asked`: what each run of
/// [`Question::asked`] comes to.
pub fn question(question: &Question, asked: &[(Workload, PolicyRecord)], width: u16) -> String {
    let mut text = head(question);
    text += &paragraph(question.task, width, "");
    let runs: Vec<_> = question.asked().iter().zip(asked).collect();
    for same in runs.chunk_by(|(_, a), (_, b)| a.0 == b.0) {
        text.push('\n');
        for (run, _) in same {
            let _ = writeln!(text, "  {}", run.arguments);
        }
        if let [(_, (workload, policy)), ..] = same {
            text += &programs(workload, width);
            text += &paragraph(&rules(policy, same.len() == 1), width, "  ");
        }
    }
    text.push_str("\nThink about:\n");
    for hint in question.hints {
        text += &item("- ", hint, width);
    }
    let _ = writeln!(
        text,
        "\ntimeshare homework {} --answer simulates it, runs it for real, and explains.",
        question.number
    );
    text
}

fn head(question: &Question) -> String {
    format!("Question {}: {}\n\n", question.number, question.title)
}

/// The answer to a question, from all its runs.
pub fn answer(question: &Question, runs: &[Answered], color: bool, width: u16) -> String {
    let mut text = head(question);
    let shown = Shown {
        traces: true,
        why: false,
        color,
        width,
    };
    for run in question.shown.iter().filter_map(|&index| runs.get(index)) {
        let _ = writeln!(text, "Run as:\n  {}\n", command(run));
        text += &side_by_side(&run.trace, shown);
        text.push('\n');
    }
    let _ = writeln!(text, "{}\n", measured(runs, width));
    if question.asked > 1 {
        text.push_str("Run them as:\n");
        for run in runs {
            let _ = writeln!(text, "  {}", command(run));
        }
        text.push('\n');
    }
    text += &troubles(runs, width);
    for line in explanation(question, runs) {
        text += &paragraph(&line, width, "");
        text.push('\n');
    }
    let asked = &runs[..question.asked.min(runs.len())];
    text += &answer_keys(asked, width);
    text
}

/// As a shell takes it.
fn command(run: &Answered) -> String {
    let dialect = match run.trace.policy.dialect {
        Dialect::Current => "",
        Dialect::Classic => " --dialect classic",
    };
    format!("timeshare compare {}{dialect}", run.arguments)
}

fn answer_keys(runs: &[Answered], width: u16) -> String {
    let head = "What an answer key says, by the version of process-run.py it follows";
    if let [only] = runs {
        return format!("{head}:\n\n{}\n", versions_of_one(only, width));
    }
    let says = |figures: Figures| (figures.ticks, figures.cpu_busy_ticks);
    let differs = |run: &&Answered| {
        let [first, others @ ..] = run.versions;
        others.into_iter().any(|other| says(other) != says(first))
    };
    let differing: Vec<_> = runs.iter().filter(differs).collect();
    if differing.is_empty() {
        return "All versions of process-run.py give these ticks and CPU utilizations.\n"
            .to_owned();
    }
    let head = format!("{head}, where that makes a difference:");
    format!(
        "{}\n{}\n",
        paragraph(&head, width, ""),
        versions_of_several(&differing, width)
    )
}

/// Where a run was not the simulation's, and what outsiders did; of the latter, one run tells.
fn troubles(runs: &[Answered], width: u16) -> String {
    let mut lines = String::new();
    for run in runs.iter().filter(|run| !run.trace.agreement.is_whole()) {
        let _ = write!(lines, "{}: {}", run.name, agreement_lines(&run.trace));
    }
    let mut disturbed = runs.iter().map(|run| interference_lines(&run.trace));
    lines += &disturbed
        .find(|lines| !lines.is_empty())
        .unwrap_or_default();
    if !lines.is_empty() {
        lines.push('\n');
    }
    lines
        .lines()
        .map(|line| paragraph(line, width, ""))
        .collect()
}

/// A row for each run: on paper, and as it was.
fn measured(runs: &[Answered], width: u16) -> Table {
    let head = ["", "simulated", "CPU", "measured", "CPU", "cells agree"];
    let mut table = table(width, &head);
    for run in runs {
        let (paper, real) = (&run.trace.simulated, &run.trace.measured);
        let wall_ns = real.wall_ns.unwrap_or(0);
        let agreement = &run.trace.agreement;
        table.add_row([
            run.name.to_owned(),
            count(paper.ticks, "tick"),
            format!("{:.2}%", 100.0 * paper.cpu_utilization),
            time(signed(wall_ns)),
            share(signed(real.cpu_busy_ns()), wall_ns),
            format!("{} of {}", agreement.model_equal, agreement.cells),
        ]);
    }
    align_right(&mut table, 1);
    table
}

/// What each version says: a row for each of them.
fn versions_of_one(run: &Answered, width: u16) -> Table {
    let mut table = table(width, &["", "total time", "CPU busy", "I/O busy"]);
    for figures in run.versions {
        let busy = |part| format!("{part} ({:.2}%)", percent(part, figures.ticks));
        table.add_row([
            figures.edition.name().to_owned(),
            figures.ticks.to_string(),
            busy(figures.cpu_busy_ticks),
            busy(figures.io_busy_ticks),
        ]);
    }
    align_right(&mut table, 1);
    table
}

/// The same, a row for each of several runs.
fn versions_of_several(runs: &[&Answered], width: u16) -> Table {
    let editions = Edition::ALL.map(Edition::name);
    let head: Vec<_> = [""].into_iter().chain(editions).collect();
    let mut table = table(width, &head);
    for run in runs {
        let said = |figures: Figures| {
            let cpu = percent(figures.cpu_busy_ticks, figures.ticks);
            format!("{}, CPU {cpu:.2}%", figures.ticks)
        };
        let said = run.versions.map(said);
        table.add_row([run.name.to_owned()].into_iter().chain(said));
    }
    align_right(&mut table, 1);
    table
}
