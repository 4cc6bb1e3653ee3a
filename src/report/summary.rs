//! The tables at the end of a run: simulated and measured, side by side.

use std::fmt::Write;

use comfy_table::Table;

use super::live::cell_text;
use crate::machine::{Exit, Interference, InterferenceKind, PauseCause, signal_name};
use crate::text::table::{align_right, count, share, table, time};
use crate::trace::{
    Agreement, Difference, Lifetime, Outcome, ProcessRecord, SwitchesRecord, Totals, Trace, signed,
};

/// The summary of a run, `width` columns wide at most.
#[must_use]
pub fn summary(trace: &Trace, width: u16) -> String {
    let mut text = String::new();
    // What failed is told on standard error.
    if !matches!(trace.outcome, Outcome::Complete | Outcome::Failed { .. }) {
        let _ = write!(text, "\n{}", outcome_line(trace));
    }
    let _ = writeln!(text, "\n{}\n", totals(trace, width));
    let _ = writeln!(text, "{}\n", processes(trace, width));
    text.push_str(&agreement_lines(trace));
    text.push_str(&switches_line(trace));
    text.push_str(&change_lines(trace));
    text.push_str(&interference_lines(trace));
    text
}

/// Says so where a run did not come to its end.
#[must_use]
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
    let (paper, real) = (&trace.simulated, &trace.measured);
    let wall_ns = real.wall_ns.unwrap_or(0);
    let busy = |ticks: u64, ns: u64| format!("{}, {}", count(ticks, "tick"), time(signed(ns)));
    let mut table = table(width, &["", "simulated", "measured"]);
    table
        .add_row([
            "total time".into(),
            count(paper.ticks, "tick"),
            busy(real.ticks, wall_ns),
        ])
        .add_row([
            "CPU busy".into(),
            count(paper.cpu_busy_ticks, "tick"),
            busy(real.cpu_busy_ticks, real.cpu_busy_ns()),
        ])
        .add_row([
            "I/O busy".into(),
            count(paper.io_busy_ticks, "tick"),
            busy(real.io_busy_ticks, real.io_busy_ns),
        ])
        .add_row(utilization(
            "CPU utilization",
            |totals| totals.cpu_utilization,
            trace,
        ))
        .add_row(utilization(
            "I/O utilization",
            |totals| totals.io_utilization,
            trace,
        ));
    if let Some(supervisor_ns) = real.supervisor_cpu_ns {
        table.add_row([
            "supervisor".into(),
            String::new(),
            format!(
                "{} of CPU time, {} of wall time",
                time(signed(supervisor_ns)),
                share(signed(supervisor_ns), wall_ns)
            ),
        ]);
    }
    align_right(&mut table, 1);
    table
}

fn utilization(name: &str, of: impl Fn(&Totals) -> f64, trace: &Trace) -> [String; 3] {
    [
        name.to_owned(),
        format!("{:.2}% of ticks", 100.0 * of(&trace.simulated)),
        format!("{:.2}% of wall time", 100.0 * of(&trace.measured)),
    ]
}

fn processes(trace: &Trace, width: u16) -> Table {
    let head = [
        "",
        "exit",
        "CPU time",
        "turnaround",
        "response",
        "waiting",
        "switches",
    ];
    let mut table = table(width, &head);
    // Seven columns: close together, they leave room for whoever was killed.
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(index == 0), 1));
    }
    for (process, program) in trace.processes.iter().zip(&trace.workload.processes) {
        let name = program
            .name
            .as_deref()
            .map_or_else(String::new, |name| format!("\n{name}"));
        let interfered =
            process.interference.is_some() || killed_from_outside(trace, process).is_some();
        let Lifetime {
            turnaround_ns,
            response_ns,
            waiting_ns,
            ..
        } = process.measured;
        let paper = process.simulated;
        let mark = if interfered { " !" } else { "" };
        let exit = process.exit.map_or_else(|| "-".to_owned(), exit);
        table.add_row([
            format!(
                "P{}{mark} simulated\nmeasured\npid {}{name}",
                process.id, process.pid
            ),
            format!("\n{exit}"),
            both(Some(paper.cpu_ticks), Some(process.cpu_ns)),
            both(paper.turnaround_ticks, turnaround_ns),
            both(paper.response_ticks, response_ns),
            both(Some(paper.waiting_ticks), waiting_ns),
            switches(process),
        ]);
    }
    align_right(&mut table, 1);
    table
}

/// Measured: by itself above by force.
fn switches(process: &ProcessRecord) -> String {
    let times = |times: Option<u64>| times.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let (by_itself, by_force) = (process.voluntary_switches, process.involuntary_switches);
    format!("\n{} vol\n{} inv", times(by_itself), times(by_force))
}

/// Simulated above measured.
fn both(ticks: Option<u64>, ns: Option<u64>) -> String {
    let ticks = ticks.map_or_else(|| "-".to_owned(), |ticks| count(ticks, "tick"));
    let ns = ns.map_or_else(|| "-".to_owned(), |ns| time(signed(ns)));
    format!("{ticks}\n{ns}")
}

/// `0`, or the signal that killed it.
pub(super) fn exit(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => code.to_string(),
        Exit::Signal {
            number,
            core_dumped,
        } => {
            let core = if core_dumped {
                "
(core)"
            } else {
                ""
            };
            format!("{}{core}", signal_name(number))
        }
    }
}

/// How far simulation, run and kernel agree, and the first difference.
#[must_use]
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

/// Interference beyond this fraction of the wall time spoils a measurement: 2 percent.
const WORTH_TELLING: u64 = 50;

/// What was done to each process, the first time, and how often in all.
fn deeds(trace: &Trace) -> Vec<(Interference, usize)> {
    let mut deeds: Vec<(Interference, usize)> = Vec::new();
    for &event in &trace.interference {
        let is_it = |&&mut (first, _): &&mut (Interference, _)| {
            (first.process, first.what) == (event.process, event.what)
        };
        match deeds.iter_mut().find(is_it) {
            Some((_, times)) => *times += 1,
            None => deeds.push((event, 1)),
        }
    }
    deeds
}

/// The signal that killed a process and was not sent by hand: an outsider's, or the kernel's.
/// timeshare itself ends only whoever is left when a run is over, and that is told as no exit.
fn killed_from_outside(trace: &Trace, process: &ProcessRecord) -> Option<i32> {
    let Some(Exit::Signal { number, .. }) = process.exit else {
        return None;
    };
    let by_hand = InterferenceKind::Signalled { number };
    let mut events = trace.interference.iter();
    let was_by_hand = events.any(|event| event.process.0 == process.id && event.what == by_hand);
    (!was_by_hand).then_some(number)
}

/// Who was killed from outside, and when.
fn killed_lines(trace: &Trace) -> String {
    let mut text = String::new();
    for process in &trace.processes {
        let Some(number) = killed_from_outside(trace, process) else {
            continue;
        };
        let when = match process.measured.turnaround_ticks {
            None | Some(0) => "before tick 1".to_owned(),
            Some(tick) => format!("in tick {tick}"),
        };
        let (id, signal) = (process.id, signal_name(number));
        let _ = writeln!(
            text,
            "Interference {when}: P{id} was killed by {signal}, not by timeshare."
        );
    }
    text
}

/// What was changed by hand on the way.
#[must_use]
pub fn change_lines(trace: &Trace) -> String {
    let mut lines = Vec::new();
    for change in &trace.policy_changes {
        lines.push((change.tick, change.spec.to_string()));
    }
    for (tick, length_ns) in trace.tick_changes() {
        lines.push((tick, format!("ticks of {}", time(signed(length_ns)))));
    }
    lines.sort();
    let line = |(tick, what)| format!("Changed by hand, from tick {tick} on: {what}.\n");
    lines.into_iter().map(line).collect()
}

/// What outsiders did, and when the supervisor stood still.
#[must_use]
pub fn event_lines(trace: &Trace) -> String {
    let mut text = String::new();
    for (first, times) in deeds(trace) {
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
            "From there on the run is not the simulated one, in which nobody is killed.\n",
        );
    }
    for pause in &trace.pauses {
        let (tick, length) = (pause.tick.0, time(signed(pause.length_ns)));
        let _ = match pause.cause {
            PauseCause::Terminal => writeln!(
                text,
                "Suspended in tick {tick} for {length}; processes and clocks stood still."
            ),
            PauseCause::Person => writeln!(
                text,
                "Paused in tick {tick} for {length}; processes and clocks stood still."
            ),
            PauseCause::Outside => writeln!(
                text,
                "Interference in tick {tick}: somebody stopped the supervisor for {length}; the \
                 running process went on."
            ),
        };
    }
    text
}

/// What outsiders did, what they took, and what to do about it.
#[must_use]
pub fn interference_lines(trace: &Trace) -> String {
    let mut text = disturbance_lines(trace);
    if taken(trace).is_some() {
        text.push_str("Is another CPU quieter? Choose with --cpu.\n");
    }
    text
}

/// What outsiders did, and what they took.
#[must_use]
pub fn disturbance_lines(trace: &Trace) -> String {
    let mut text = event_lines(trace);
    if let Some(ticks @ 1..) = trace.measured.ran_ahead_ticks {
        let _ = writeln!(
            text,
            "The supervisor was late: in {} the process had gone on before it was its turn.",
            count(ticks, "tick")
        );
    }
    if let Some(taken) = taken(trace) {
        let cpu = trace.machine.cpu;
        let _ = writeln!(
            text,
            "For {taken} of the time a process of ours was ready, and others had CPU {cpu}.",
        );
    }
    text
}

/// The share of the wall time that others had the CPU, where it is worth telling.
fn taken(trace: &Trace) -> Option<String> {
    let (account, wall_ns) = (trace.account?, trace.measured.wall_ns?);
    let is_much = account.interference_ns > signed(wall_ns / WORTH_TELLING);
    is_much.then(|| share(account.interference_ns, wall_ns))
}
