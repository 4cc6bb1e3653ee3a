//! What was to run, how it went, and where.

use maud::{Markup, html};

use super::{scrolling, section};
use crate::report::programs::{rules, words};
use crate::report::summary::{agreement_lines, disturbance_lines, outcome_line, switches_line};
use crate::report::svg::{shortened, title};
use crate::scheduler::Reap;
use crate::text::table::{count, time};
use crate::trace::{Outcome, PolicyRecord, Trace};

pub fn header(trace: &Trace) -> Markup {
    let wall = trace.measured.wall_ns.map(time);
    html! {
        header {
            div.head {
                h1 { (title(trace)) }
                @if let Some(description) = &trace.workload.description {
                    p.lead { (description) }
                }
            }
            ul.chips aria-label="In short" {
                li { (count(trace.workload.processes.len() as u64, "process")) }
                li {
                    (count(trace.measured.ticks, "tick"))
                    @if let Some(wall) = wall { ", " (wall) }
                }
                @for word in trace.policy.spec.words() { li { code { (word) } } }
                @for change in &trace.policy_changes {
                    li {
                        "from tick " (change.tick) ": "
                        @for (index, word) in change.spec.words().iter().enumerate() {
                            @if index > 0 { ", " }
                            code { (word) }
                        }
                    }
                }
                li { (trace.machine.kernel) ", CPU " (trace.machine.cpu) }
            }
            (verdict(trace))
        }
    }
}

/// Whether it came to its end, whether all agree, and what else is to be known.
fn verdict(trace: &Trace) -> Markup {
    let (class, sign) = match (&trace.outcome, trace.agreement.is_whole()) {
        (Outcome::Failed { .. }, _) => ("differs", "!"),
        (_, false) => ("differs", "≠"),
        (Outcome::Complete, true) => ("whole", "✓"),
        (_, true) => ("broken-off", "!"),
    };
    let outcome = outcome_line(trace);
    let agreement = agreement_lines(trace);
    let disturbed = [switches_line(trace), disturbance_lines(trace)];
    let disturbed: Vec<_> = disturbed.iter().flat_map(|text| text.lines()).collect();
    html! {
        div class={ "verdict " (class) } role="note" aria-label="How it went" {
            span.sign aria-hidden="true" { (sign) }
            div {
                @for line in outcome.lines() { p { strong { (line) } } }
                @for line in agreement.lines() { p { (line) } }
            }
        }
        @if !disturbed.is_empty() {
            div.verdict.disturbed role="note" aria-label="What disturbed it" {
                span.sign aria-hidden="true" { "!" }
                div { @for line in disturbed { p { (line) } } }
            }
        }
    }
}

pub fn workload(trace: &Trace) -> Markup {
    let PolicyRecord { dialect, reap, .. } = trace.policy;
    let reaped = match reap {
        Reap::Now => "after one tick as a zombie",
        Reap::End => "when the run is over",
    };
    let processes = trace.workload.processes.iter().enumerate();
    let processes = processes.take(MOST_PROCESSES);
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "Process" }
                    th scope="col" { "Program" }
                    th scope="col" { "What it executes, tick by tick" }
                }
            }
            tbody {
                @for (id, process) in processes {
                    tr {
                        th scope="row" {
                            "P" (id) @if let Some(name) = &process.name { " " (name) }
                        }
                        td { code { (shortened(&process.given, LONGEST)) } }
                        td.long { (shortened(&words(process.program.instructions()), LONGEST)) }
                    }
                }
            }
        }
    };
    let body = html! {
        p {
            (rules(&trace.policy, true))
            " A process that has exited is reaped "
            (reaped)
            ". The words are those of the " (dialect) " " code { "process-run.py" } "."
            @if let Some(seed) = &trace.workload.seed {
                " The programs were drawn with seed " (seed) "."
            }
        }
        @for change in &trace.policy_changes {
            p { "From tick " (change.tick) " on: " (change.spec) "." }
        }
        (scrolling("Programs", &table))
    };
    section("workload", "What was to run", &body)
}

const MOST_PROCESSES: usize = 256;

/// Characters of a program; it may be as long as a file.
const LONGEST: usize = 2_000;

pub fn machine(trace: &Trace) -> Markup {
    let machine = &trace.machine;
    let cpus: Vec<_> = machine.cpus_allowed.iter().map(usize::to_string).collect();
    let facts = [
        ("Kernel", machine.kernel.clone()),
        ("CPU model", machine.cpu_model.clone()),
        ("CPUs allowed", cpus.join(", ")),
        ("CPU of the processes", machine.cpu.to_string()),
        ("CPU of the supervisor", machine.supervisor_cpu.to_string()),
        ("Class of the supervisor", machine.supervisor_class.clone()),
        ("Class of the processes", machine.children_class.clone()),
        ("Length of a tick", time(trace.tick_ns)),
    ];
    let body = html! {
        dl.facts {
            @for (name, fact) in &facts {
                div { dt { (name) } dd { (fact) } }
            }
        }
    };
    section("machine", "The machine it ran on", &body)
}
