//! The figures of the run as a whole, and of each process.

use maud::{Markup, html};

use super::{scrolling, section};
use crate::report::summary::exit;
use crate::text::table::{count, share, time};
use crate::trace::{ProcessRecord, Totals, Trace, signed};

pub fn totals(trace: &Trace) -> Markup {
    let (paper, real) = (&trace.simulated, &trace.measured);
    let wall_ns = real.wall_ns.unwrap_or(0);
    let row = |name: &str, ticks: fn(&Totals) -> u64, ns: u64| {
        html! {
            tr {
                th scope="row" { (name) }
                td.number { (count(ticks(paper), "tick")) }
                td.number { (count(ticks(real), "tick")) }
                td.number { (time(signed(ns))) }
            }
        }
    };
    let utilization = |name: &str, of: fn(&Totals) -> f64| {
        html! {
            tr {
                th scope="row" { (name) }
                td.number { (percent(of(paper))) " of ticks" }
                td {}
                td.number { (percent(of(real))) " of wall time" }
            }
        }
    };
    let thread = |name: &str, ns: Option<u64>| {
        html! {
            @if let Some(ns) = ns {
                tr {
                    th scope="row" { (name) }
                    td {} td {}
                    td.number { (time(signed(ns))) ", " (share(signed(ns), wall_ns)) }
                }
            }
        }
    };
    let table = html! {
        table {
            thead {
                tr {
                    td {}
                    th scope="col" { "Simulated" }
                    th scope="colgroup" colspan="2" { "Measured" }
                }
            }
            tbody {
                (row("Total time", |totals| totals.ticks, wall_ns))
                (row("CPU busy", |totals| totals.cpu_busy_ticks, real.cpu_busy_ns()))
                (row("I/O busy", |totals| totals.io_busy_ticks, real.io_busy_ns))
                (utilization("CPU utilization", |totals| totals.cpu_utilization))
                (utilization("I/O utilization", |totals| totals.io_utilization))
                (thread("Supervisor, CPU time", real.supervisor_cpu_ns))
                (thread("Sampling, CPU time", real.sampling_cpu_ns))
                (thread("Printing, CPU time", real.printing_cpu_ns))
            }
        }
    };
    section("totals", "Totals", &scrolling("Totals", &table))
}

/// A part of 1, in percent.
pub fn percent(part: f64) -> String {
    format!("{:.2}%", 100.0 * part)
}

pub fn processes(trace: &Trace) -> Markup {
    let shown = trace.processes.iter().take(MOST_PROCESSES);
    let table = html! {
        table.people {
            thead {
                tr {
                    th scope="col" { "Process" }
                    th scope="col" { "Exit" }
                    th scope="col" { "CPU time" }
                    th scope="col" { "Turnaround" }
                    th scope="col" { "Response" }
                    th scope="col" { "Waiting" }
                    th scope="col" { "Switches" }
                }
            }
            tbody {
                @for process in shown { (row(trace, process)) }
            }
        }
    };
    let more = trace.processes.len().saturating_sub(MOST_PROCESSES);
    let body = html! {
        p {
            "Ticks are the simulation, times are measured. Switches are voluntary and involuntary."
            @if more > 0 { " " (more) " more processes are in the trace." }
        }
        (scrolling("Processes", &table))
    };
    section("processes", "Each process", &body)
}

const MOST_PROCESSES: usize = 256;

fn row(trace: &Trace, process: &ProcessRecord) -> Markup {
    let (paper, real) = (&process.simulated, &process.measured);
    let name = usize::try_from(process.id)
        .ok()
        .and_then(|id| trace.workload.processes.get(id)?.name.as_deref());
    let both = |ticks: Option<u64>, ns: Option<u64>| {
        html! {
            td.number {
                @match ticks { Some(ticks) => (count(ticks, "tick")), None => "–" }
                br;
                @match ns { Some(ns) => (time(signed(ns))), None => "–" }
            }
        }
    };
    html! {
        tr {
            th scope="row" {
                "P" (process.id)
                @if process.interference.is_some() {
                    " " abbr title="others interfered with it" { "!" }
                }
                @if let Some(name) = name { " " (name) }
                br;
                span.quiet { "pid " (process.pid) }
            }
            td { @match process.exit { Some(how) => (exit(how)), None => "–" } }
            (both(Some(paper.cpu_ticks), Some(process.cpu_ns)))
            (both(paper.turnaround_ticks, real.turnaround_ns))
            (both(paper.response_ticks, real.response_ns))
            (both(Some(paper.waiting_ticks), real.waiting_ns))
            td.number {
                (known(process.voluntary_switches)) " vol" br;
                (known(process.involuntary_switches)) " inv"
            }
        }
    }
}

fn known(number: Option<u64>) -> String {
    number.map_or_else(|| "–".to_owned(), |number| number.to_string())
}
