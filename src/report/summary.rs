//! The tables at the end of a run: simulated and measured, side by side.

use std::fmt::Write;

use comfy_table::Table;

use super::figures;
use super::figures::{PROCESS_HEADS, threads};
use super::live::cell_text;
use super::withheld;
use crate::machine::{Exit, Interference};
use crate::text::prose::paragraph;
use crate::text::table::{align_right, count, table, time};
use crate::trace::{
    Agreement, Difference, MachineFacts, Outcome, ProcessRecord, SwitchesRecord, Trace,
    first_odd_letter,
};

pub fn summary(trace: &Trace, width: u16) -> String {
    let mut text = String::new();
    // What failed is told on standard error.
    if !matches!(trace.outcome, Outcome::Complete | Outcome::Failed { .. }) {
        let _ = write!(text, "\n{}", outcome_line(trace));
    }
    let _ = writeln!(text, "\n{}\n", totals(trace, width));
    let _ = writeln!(text, "{}\n", processes(trace, width));
    text.push_str(&agreement_lines(trace));
    for line in switches_line(trace).lines() {
        text.push_str(&paragraph(line, width, ""));
    }
    text.push_str(&change_lines(trace));
    text.push_str(&interference_lines(trace));
    text
}

/// Says so where a run did not come to its end.
pub fn outcome_line(trace: &Trace) -> String {
    match &trace.outcome {
        Outcome::Complete => String::new(),
        Outcome::Interrupted { signal } => {
            format!("The run was ended by {signal}; this is how far it came.\n")
        }
        Outcome::Left => "The run was left before its end; this is how far it came.\n".to_owned(),
        Outcome::Failed { error } => format!("The run failed: {error}.\n"),
    }
}

fn totals(trace: &Trace, width: u16) -> Table {
    let mut table = table(width, &["", "simulated", "measured"]);
    let supervisor = threads(trace).into_iter().take(1);
    for total in figures::totals(trace).into_iter().chain(supervisor) {
        let gap = if total.ticks.is_empty() { "" } else { ", " };
        let measured = format!("{}{gap}{}", total.ticks, total.time);
        table.add_row([total.name, &total.simulated, &measured]);
    }
    align_right(&mut table, 1);
    table
}

fn processes(trace: &Trace, width: u16) -> Table {
    let mut table = table(width, &[&[""][..], &PROCESS_HEADS].concat());
    // Seven columns: close together, they leave room for the name of a signal.
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(index == 0), 1));
    }
    for process in figures::processes(trace) {
        let mark = if process.is_disturbed { " !" } else { "" };
        let (id, pid) = (process.record.id, process.record.pid);
        let name = process
            .name
            .map_or(String::new(), |name| format!("\n{name}"));
        let exit = format!("\n{}", process.exit);
        let switches = format!(
            "\n{} vol\n{} inv",
            process.voluntary_switches, process.involuntary_switches
        );
        let head = format!("P{id}{mark} simulated\nmeasured\npid {pid}{name}");
        let spans = (process.spans).map(|span| format!("{}\n{}", span.simulated, span.measured));
        table.add_row([head, exit].into_iter().chain(spans).chain([switches]));
    }
    align_right(&mut table, 1);
    table
}

/// How far simulation, run and kernel agree, and the first difference.
pub fn agreement_lines(trace: &Trace) -> String {
    let agreement = &trace.agreement;
    let Agreement {
        cells,
        model_equal,
        kernel_sampled,
        kernel_equal,
        ..
    } = *agreement;
    let mut text = format!("{model_equal} of {} as simulated; ", count(cells, "cell"));
    let _ = match kernel_sampled {
        0 => writeln!(text, "the kernel was asked in none of them."),
        _ => writeln!(
            text,
            "the kernel agreed in {kernel_equal} of {} sampled.",
            count(kernel_sampled, "cell")
        ),
    };
    if let Some(Difference {
        tick,
        process,
        simulated,
        measured,
    }) = &agreement.first_difference
    {
        let cell = |cell: &Option<_>| {
            cell.map_or_else(
                || "nothing".to_owned(),
                |cell| cell_text(cell, trace.policy.dialect),
            )
        };
        let _ = writeln!(
            text,
            "First difference: tick {tick}, P{process}: simulated {}, measured {}.",
            cell(simulated),
            cell(measured)
        );
    }
    if let Some((tick, process, cell)) = first_odd_letter(&trace.ticks) {
        let what = cell_text(cell, trace.policy.dialect);
        let _ = writeln!(
            text,
            "First difference from the kernel: tick {tick}, P{process}: {what}, where that letter \
             is another state's."
        );
    }
    text
}

/// Says so where the kernel recorded no context switches, or lost some.
pub(super) fn switches_line(trace: &Trace) -> String {
    match &trace.switches {
        SwitchesRecord::Unavailable { why } => {
            format!(
                "No record of context switches, only samples: {why}.\n\
                 Response is up to the dispatch, not to the CPU.\n"
            )
        }
        SwitchesRecord::Recorded { lost: 0, .. } => String::new(),
        SwitchesRecord::Recorded { lost, .. } => {
            format!(
                "The kernel lost {}.\n",
                count(*lost, "record of context switches")
            )
        }
    }
}

/// What was done to each process, the first time, and how often in all.
fn interferences(trace: &Trace) -> Vec<(Interference, usize)> {
    let mut interferences: Vec<(Interference, usize)> = Vec::new();
    for &event in &trace.interference {
        let is_it = |&&mut (first, _): &&mut (Interference, _)| {
            (first.process, first.what) == (event.process, event.what)
        };
        match interferences.iter_mut().find(is_it) {
            Some((_, times)) => *times += 1,
            None => interferences.push((event, 1)),
        }
    }
    interferences
}

/// The processes that were killed from outside, and when.
fn killed_lines(trace: &Trace) -> String {
    let mut text = String::new();
    for kill in trace.kills() {
        let when = match kill.tick {
            0 => " before tick 1".to_owned(),
            tick => format!(" in tick {tick}"),
        };
        let _ = writeln!(text, "{}", figures::kill(&kill, &when));
    }
    text
}

pub fn change_lines(trace: &Trace) -> String {
    let mut lines = Vec::new();
    for change in &trace.policy_changes {
        lines.push((change.tick, change.spec.to_string()));
    }
    for (tick, length_ns) in trace.tick_changes() {
        lines.push((tick, format!("ticks of {}", time(length_ns))));
    }
    lines.sort();
    let line = |(tick, what)| format!("Changed by hand, from tick {tick} on: {what}.\n");
    lines.into_iter().map(line).collect()
}

/// What outsiders did, and when the supervisor stood still.
pub fn event_lines(trace: &Trace) -> String {
    let mut text = String::new();
    for (first, times) in interferences(trace) {
        let (tick, process, what) = (first.tick.0, first.process, first.what);
        let when = match times {
            1 => format!("in tick {tick}"),
            _ => format!("{times} times, first in tick {tick}"),
        };
        let _ = writeln!(text, "Interference {when}: {what} ({process}).");
    }
    text.push_str(&killed_lines(trace));
    if !text.is_empty() {
        text.push_str("Figures of processes marked ! are distorted by that.\n");
    }
    let by_signal = |process: &ProcessRecord| matches!(process.exit, Some(Exit::Signal { .. }));
    if trace.processes.iter().any(by_signal) && !trace.agreement.is_whole() {
        text.push_str(
            "From there on the run is not the simulated one, in which no process is killed.\n",
        );
    }
    for pause in &trace.pauses {
        let when = format!(" in tick {}", pause.tick.0);
        let _ = writeln!(text, "{}", figures::pause(pause, &when));
    }
    text
}

/// What outsiders did, what they took, and what to do about it.
pub fn interference_lines(trace: &Trace) -> String {
    let mut text = disturbance_lines(trace);
    let is_taken = withheld::is_much(trace, |account| account.interference_ns);
    if is_taken && trace.machine.cpus_allowed.len() > 1 {
        text.push_str("Is another CPU quieter? Choose with --cpu.\n");
    }
    text
}

/// What outsiders did, and what they took.
pub fn disturbance_lines(trace: &Trace) -> String {
    let mut text = event_lines(trace);
    if let Some(ticks @ 1..) = trace.measured.ran_ahead_ticks {
        let _ = writeln!(
            text,
            "The supervisor was late: in {} the process had gone on before it was its turn.",
            count(ticks, "tick")
        );
    }
    text.push_str(&withheld::lines(trace));
    text.push_str(&runs_beside(&trace.machine, ("was", "were")));
    text
}

/// Says so where other runs of timeshare are on the same CPU, or were: `verb`, of one and of more.
pub fn runs_beside(machine: &MachineFacts, verb: (&str, &str)) -> String {
    let cpu = machine.cpu;
    let name = |&pid: &i32| match pid {
        0 => "in another pid namespace".to_owned(),
        _ => format!("pid {pid}"),
    };
    let pids: Vec<_> = machine.runs_beside.iter().map(name).collect();
    match &pids[..] {
        [] => String::new(),
        [one] => format!("Another timeshare {} on CPU {cpu}, too ({one}).\n", verb.0),
        more => format!(
            "{} other runs of timeshare {} on CPU {cpu}, too ({}).\n",
            more.len(),
            verb.1,
            more.join(", ")
        ),
    }
}
