//! Utilization, and where the time went, as bars.

use maud::{Markup, html};

use super::{scrolling, section};
use crate::report::comparison::{account_ends, no_account};
use crate::report::figures;
use crate::report::figures::{IDLE, Part, WORK, parts, percent};
use crate::text::table::{share, time};
use crate::trace::{Account, Totals, Trace, ratio, signed};

pub fn charts(trace: &Trace) -> Markup {
    let body = html! {
        div.charts {
            (utilization(trace))
            (time_spent(trace))
        }
    };
    section("time", "Where the time went", &body)
}

fn utilization(trace: &Trace) -> Markup {
    let pair = |name: &str, class: &str, of: fn(&Totals) -> f64| {
        html! {
            div.pair {
                h4 { (name) }
                (bar("simulated", class, of(&trace.simulated), "of ticks"))
                (bar("measured", class, of(&trace.measured), "of wall time"))
            }
        }
    };
    html! {
        div.utilization {
            h3 { "Utilization" }
            (pair("CPU", "work", |totals| totals.cpu_utilization))
            (pair("I/O", "io", |totals| totals.io_utilization))
        }
    }
}

/// The figure is beside the bar: no script and no sight is needed to read it.
fn bar(name: &str, class: &str, part: f64, of: &str) -> Markup {
    let width = 100.0 * part.clamp(0.0, 1.0);
    html! {
        div.bar {
            span.of { (name) }
            span.rail aria-hidden="true" {
                span class={ "fill " (class) } style={ "width:" (format!("{width:.2}%")) } {}
            }
            span.figure { b { (percent(part)) } " " (of) }
        }
    }
}

fn time_spent(trace: &Trace) -> Markup {
    html! {
        div.account {
            h3 { "The wall time, in parts" }
            @match trace.account {
                Some(account) => {
                    (parts_of(trace, &account))
                    @let ends = account_ends(trace);
                    @if !ends.is_empty() { p { (ends.trim_end()) } }
                },
                None => p { (no_account(trace)) },
            }
        }
    }
}

/// What has no time on paper is overhead.
fn parts_of(trace: &Trace, account: &Account) -> Markup {
    let wall_ns = account.total_ns().unsigned_abs();
    let paper = [
        (WORK, signed(trace.simulated.cpu_ns)),
        (IDLE, nominal_idle_ns(trace)),
    ];
    let real: Vec<_> = parts(account).map(|part| (part.name, part.ns)).collect();
    let rest: Vec<_> = real
        .iter()
        .copied()
        .filter(|(name, ns)| *ns > 0 && !paper.iter().any(|(planned, _)| planned == name))
        .collect();
    let rest_ns = sum(&rest);
    let scale_ns = sum(&paper).max(signed(wall_ns));
    html! {
        (stack("simulated", &paper, scale_ns))
        (stack("measured", &real, scale_ns))
        @if rest_ns > 0 {
            (stack("measured, the rest alone", &rest, rest_ns))
        }
        (legend(account))
    }
}

fn nominal_idle_ns(trace: &Trace) -> i64 {
    let whole_ns = trace.nominal_length_ns(trace.simulated.ticks);
    signed(whole_ns.saturating_sub(trace.simulated.cpu_ns))
}

fn sum(parts: &[(&str, i64)]) -> i64 {
    parts.iter().fold(0, |sum, (_, ns)| sum.saturating_add(*ns))
}

/// Parts behind each other, on a scale of `scale_ns` nanoseconds.
fn stack(name: &str, parts: &[(&str, i64)], scale_ns: i64) -> Markup {
    let width = |ns: i64| 100.0 * ratio(ns.max(0).unsigned_abs(), scale_ns.max(1).unsigned_abs());
    let total_ns = sum(parts);
    html! {
        div.bar.stack {
            span.of { (name) }
            span.rail aria-hidden="true" {
                @for (part, ns) in parts.iter().filter(|(_, ns)| *ns > 0) {
                    span class={ "fill " (class(part)) }
                        style={ "width:" (format!("{:.3}%", width(*ns))) }
                        title={ (part) ": " (time(*ns)) } {}
                }
            }
            span.figure { b { (time(total_ns)) } }
        }
    }
}

/// `idle by design` is `idle-by-design` in the style sheet.
fn class(part: &str) -> String {
    part.replace(' ', "-")
}

fn legend(account: &Account) -> Markup {
    let wall_ns = account.total_ns().unsigned_abs();
    let row = |swatch: bool, Part { name, ns, meaning }: Part| {
        html! {
            tr {
                th scope="row" {
                    @if swatch { span class={ "swatch " (class(name)) } aria-hidden="true" {} }
                    (name)
                }
                td.number { (time(ns)) }
                td.number { (share(ns, wall_ns)) }
                td { (meaning) }
            }
        }
    };
    let table = html! {
        table.parts {
            thead {
                tr {
                    @for head in ["Part", "Time", "Of wall", "What it is"] {
                        th scope="col" { (head) }
                    }
                }
            }
            tbody { @for part in parts(account) { (row(true, part)) } }
            tfoot { (row(false, figures::sum(account))) }
        }
    };
    scrolling("Parts of the wall time", &table)
}
