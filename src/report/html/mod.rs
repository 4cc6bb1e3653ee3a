//! A trace as one web page, which needs nothing but itself: neither network nor other files.
//!
//! Everything that is to be read is in the page as it is written; the script only plays it, and
//! shows what is behind a cell. What comes from a trace gets in through maud, which escapes it, or
//! through [`data`], which does so for JSON.

mod charts;
mod data;
mod player;
mod story;
mod tables;
mod ticks;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::svg::title;
use super::timeline;
use super::timeline::{Layout, Timeline};
use crate::trace::Trace;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Even if something got past all escapes, nothing could be loaded or sent.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

pub fn page(trace: &Trace) -> String {
    let timeline = Timeline::of(trace);
    let layout = Layout::of(&timeline);
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "timeshare " (trace.timeshare) };
                title { (title(trace)) " – timeshare" }
                link rel="icon" href="data:,";
                style { (PreEscaped(timeline::STYLE)) (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#timeline" { "Skip to the timelines" }
                (story::header(trace))
                main {
                    (player::player(&timeline, &layout))
                    (charts::charts(trace))
                    (tables::totals(trace))
                    (tables::processes(trace))
                    (story::workload(trace))
                    (story::machine(trace))
                    (ticks::ticks(&timeline))
                }
                (footer(trace))
                script id="data" type="application/json" {
                    (PreEscaped(data::json(&timeline, &layout)))
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    timeline::printable(&document.into_string()) + "\n"
}

fn footer(trace: &Trace) -> Markup {
    html! {
        footer {
            p {
                "Written by timeshare " (trace.timeshare) ". The states and policies are those of "
                cite { "Operating Systems: Three Easy Pieces" } ", chapter 4; the diagram is its "
                "figure 4.2, with New and Zombie."
            }
        }
    }
}

fn section(id: &str, heading: &str, body: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby={ (id) "-heading" } {
            h2 id={ (id) "-heading" } { (heading) }
            (body)
        }
    }
}

/// A table that scrolls by itself where it is too wide, with a keyboard, too.
fn scrolling(label: &str, table: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) { (table) }
    }
}
