//! The tables at the end of a run: simulated and measured, side by side.

use std::fmt::Write;

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::live::cell_text;
use crate::machine::{Exit, Meddling};
use crate::trace::{Agreement, Difference, Life, Outcome, ProcessRecord, Totals, Trace};

/// The summary of a run, `width` columns wide at most.
#[must_use]
pub fn summary(trace: &Trace, width: u16) -> String {
    let mut text = String::new();
    if let Outcome::Interrupted { signal } = &trace.outcome {
        let _ = writeln!(
            text,
            "\nThe run was ended by {signal}; this is how far it came."
        );
    }
    let _ = writeln!(text, "\n{}\n", totals(trace, width));
    let _ = writeln!(text, "{}\n", processes(trace, width));
    text.push_str(&agreement(&trace.agreement));
    text.push_str(&interference(trace));
    text
}

/// Lines above, below and under the head, and no others.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

fn table(width: u16, head: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .force_no_tty()
        .set_header(head.iter().map(Cell::new));
    table
}

fn align_right(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

fn totals(trace: &Trace, width: u16) -> Table {
    let (paper, real) = (&trace.simulated, &trace.measured);
    let wall_ns = real.wall_ns.unwrap_or(0);
    let busy = |ticks: u64, ns: u64| format!("{}, {}", count(ticks, "tick"), time(ns));
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
            busy(real.cpu_busy_ticks, real.cpu_ns),
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
                time(supervisor_ns),
                share(supervisor_ns, wall_ns)
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
        "pid",
        "exit",
        "CPU time",
        "turnaround",
        "response",
        "waiting",
        "switches",
    ];
    let mut table = table(width, &head);
    for (process, program) in trace.processes.iter().zip(&trace.workload.processes) {
        let name = program
            .name
            .as_deref()
            .map_or_else(String::new, |name| format!("\n{name}"));
        let Life {
            turnaround_ns,
            response_ns,
            waiting_ns,
            ..
        } = process.measured;
        let paper = process.simulated;
        table.add_row([
            format!("P{}{name}", process.id),
            process.pid.to_string(),
            process.exit.map_or_else(|| "-".to_owned(), exit),
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

fn switches(process: &ProcessRecord) -> String {
    format!(
        "{} vol.\n{} invol.",
        process.voluntary_switches, process.involuntary_switches
    )
}

/// Simulated above measured.
fn both(ticks: Option<u64>, ns: Option<u64>) -> String {
    let ticks = ticks.map_or_else(|| "-".to_owned(), |ticks| count(ticks, "tick"));
    let ns = ns.map_or_else(|| "-".to_owned(), time);
    format!("{ticks}\n{ns}")
}

fn exit(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => code.to_string(),
        Exit::Signal {
            number,
            core_dumped,
        } => {
            format!(
                "signal {number}{}",
                if core_dumped { "\n(core)" } else { "" }
            )
        }
    }
}

fn agreement(agreement: &Agreement) -> String {
    let Agreement {
        cells,
        model_equal,
        kernel_sampled,
        kernel_equal,
        ..
    } = *agreement;
    let mut text = format!(
        "{model_equal} of {} as simulated; the kernel agreed in {kernel_equal} of {} sampled.\n",
        count(cells, "cell"),
        count(kernel_sampled, "cell"),
    );
    if let Some(Difference {
        tick,
        process,
        simulated,
        measured,
    }) = &agreement.first_difference
    {
        let cell = |cell: &Option<_>| cell.map_or_else(|| "nothing".to_owned(), cell_text);
        let _ = writeln!(
            text,
            "First difference: tick {tick}, P{process}: simulated {}, measured {}.",
            cell(simulated),
            cell(measured)
        );
    }
    text
}

fn interference(trace: &Trace) -> String {
    let mut text = String::new();
    for event in &trace.interference {
        let what = match event.what {
            Meddling::Continued => "continued it while it was stopped; it was stopped again",
            Meddling::Stopped => "stopped it; it was continued",
        };
        let (tick, process) = (event.tick.0, event.process);
        let _ = writeln!(
            text,
            "Interference in tick {tick}: somebody else {what} ({process})."
        );
    }
    text
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Three to five digits, in the unit that suits.
#[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
fn time(ns: u64) -> String {
    let ns = ns as f64;
    match ns {
        _ if ns < 1e3 => format!("{ns} ns"),
        _ if ns < 1e6 => format!("{:.1} us", ns / 1e3),
        _ if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        _ => format!("{:.3} s", ns / 1e9),
    }
}

#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        "-".to_owned()
    } else {
        format!("{:.2}%", 100.0 * part as f64 / whole as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_that_suits() {
        assert_eq!(time(999), "999 ns");
        assert_eq!(time(1_500), "1.5 us");
        assert_eq!(time(10_042_000), "10.04 ms");
        assert_eq!(time(2_000_000_000), "2.000 s");
    }

    #[test]
    fn one_is_not_plural() {
        assert_eq!(count(1, "tick"), "1 tick");
        assert_eq!(count(0, "tick"), "0 ticks");
    }
}
