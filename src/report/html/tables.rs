//! The figures of the run as a whole, and of each process.

use maud::{Markup, html};

use super::{scrolling, section};
use crate::report::figures;
use crate::report::figures::{PROCESS_HEADS, ProcessFigures};
use crate::trace::Trace;

pub fn totals(trace: &Trace) -> Markup {
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
                @for total in figures::totals(trace).into_iter().chain(figures::threads(trace)) {
                    tr {
                        th scope="row" { (capitalized(total.name)) }
                        td.number { (total.simulated) }
                        td.number { (total.ticks) }
                        td.number { (total.time) }
                    }
                }
            }
        }
    };
    section("totals", "Totals", &scrolling("Totals", &table))
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

pub fn processes(trace: &Trace) -> Markup {
    let table = html! {
        table.processes {
            thead {
                tr {
                    th scope="col" { "Process" }
                    @for head in PROCESS_HEADS { th scope="col" { (capitalized(head)) } }
                }
            }
            tbody {
                @for process in figures::processes(trace).take(MOST_PROCESSES) { (row(&process)) }
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

/// Where the page is narrow, it stands beside the figure.
fn head(index: usize) -> String {
    capitalized(PROCESS_HEADS[index])
}

fn row(process: &ProcessFigures<'_>) -> Markup {
    html! {
        tr {
            th scope="row" {
                "P" (process.record.id)
                @if process.is_disturbed {
                    " " abbr title="others interfered with it" { "!" }
                }
                @if let Some(name) = process.name { " " (name) }
                br;
                span.quiet { "pid " (process.record.pid) }
            }
            td data-head=(head(0)) { (process.exit) }
            @for (index, span) in process.spans.iter().enumerate() {
                td.number data-head=(head(index + 1)) { (span.simulated) br; (span.measured) }
            }
            td.number data-head=(head(PROCESS_HEADS.len() - 1)) {
                (process.voluntary_switches) " vol" br;
                (process.involuntary_switches) " inv"
            }
        }
    }
}
