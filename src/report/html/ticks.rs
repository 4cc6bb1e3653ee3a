//! Every tick in words: what the timelines show, to be read aloud or copied.

use maud::{Markup, html};

use super::{scrolling, section};
use crate::report::live::cell_text;
use crate::report::timeline::{Side, Timeline};
use crate::text::table::time;
use crate::trace::{Cell, kernel_agrees};

const MOST_CELLS: usize = 8_000;

pub fn ticks(timeline: &Timeline<'_>) -> Markup {
    let most = MOST_CELLS / timeline.processes.max(1);
    let shown = timeline.ticks.min(most);
    let table = html! {
        table.ticks {
            thead {
                tr {
                    th scope="col" { "Tick" }
                    @for process in 0..timeline.processes {
                        th scope="col" { (timeline.name(process)) }
                    }
                    th scope="col" { "Length" }
                    th scope="col" { "Why" }
                }
            }
            tbody {
                @for tick in 1..=shown { (row(timeline, tick)) }
            }
        }
    };
    let body = html! {
        p {
            "In each cell what was measured: the state, and the letter the kernel showed; where "
            "that is not the simulation's, both."
            @if shown < timeline.ticks {
                " Ticks 1 to " (shown) " of " (timeline.ticks) "."
            }
        }
        details {
            summary { "Show the table" }
            (scrolling("Every tick", &table))
        }
    };
    section("ticks", "Every tick in words", &body)
}

fn row(timeline: &Timeline<'_>, tick: usize) -> Markup {
    let reasons = timeline.trace.decisions.iter();
    let reasons =
        reasons.filter(|decision| decision.tick == tick as u64 && decision.is_worth_telling());
    html! {
        tr {
            th scope="row" { (tick) }
            @for process in 0..timeline.processes {
                (cell(timeline, tick, process))
            }
            td.number { @if let Some(ns) = timeline.took_ns(tick) { (time(ns)) } }
            td.why {
                @for reason in reasons { (reason.why) ". " }
                @for mark in timeline.marks(tick) { (mark.text) " " }
            }
        }
    }
}

fn cell(timeline: &Timeline<'_>, tick: usize, process: usize) -> Markup {
    let dialect = timeline.trace.policy.dialect;
    let [paper, real] = Side::BOTH.map(|side| timeline.cell(side, tick, process));
    let text = |cell: Option<Cell>| {
        cell.map_or_else(|| "nothing".to_owned(), |cell| cell_text(cell, dialect))
    };
    html! {
        @if paper.map(Cell::by_the_book) == real.map(Cell::by_the_book) {
            td.differs[real.and_then(kernel_agrees) == Some(false)] { (text(real)) }
        } @else {
            td.differs { (text(real)) " ≠ simulated " (text(paper)) }
        }
    }
}
