//! The timelines as a picture of their own, for slides and papers.

use maud::{Markup, PreEscaped, html};

use super::summary::outcome_line;
use super::timeline::{CELL, Layout, STYLE, Stretch, Timeline, band, labels, legend, printable};
use crate::text::table::count;
use crate::trace::Trace;

/// Ticks beside each other; what is longer goes on below.
const TICKS_IN_A_ROW: usize = 40;
const MARGIN: usize = 20;
/// Between the stretches of a long run.
const SPACE: usize = 28;
const TITLE: usize = 44;
const LINE: usize = 20;
/// The legend needs some room, however short the run.
const NARROWEST: usize = 600;

pub fn picture(trace: &Trace) -> String {
    let timeline = Timeline::of(trace);
    let layout = Layout::of(&timeline);
    let in_a_row = timeline.ticks.clamp(1, TICKS_IN_A_ROW);
    let inner = NARROWEST.max(layout.label_width + in_a_row * CELL);
    let stretches = Stretch::all(timeline.ticks, in_a_row);
    let broken_off = outcome_line(trace);
    let top = MARGIN + TITLE + if broken_off.is_empty() { 0 } else { LINE };
    let below = top + stretches.len() * (layout.height + SPACE);
    let (legend, legend_height) = legend(inner, below);
    let (width, height) = (inner + 2 * MARGIN, below + legend_height + MARGIN);
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc"
            width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } {
            title id="title" { (title(trace)) }
            desc id="desc" { (description(&timeline)) }
            style { (PreEscaped(style())) }
            rect fill="#fff" width=(width) height=(height) {}
            (head(&timeline))
            @if !broken_off.is_empty() {
                text class="broken" x=(MARGIN) y=(MARGIN + 32 + LINE) {
                    (shortened(broken_off.trim_end(), LONGEST_LINE))
                }
            }
            g transform={ "translate(" (MARGIN) " 0)" } {
                @for (index, stretch) in stretches.iter().enumerate() {
                    @let y = top + index * (layout.height + SPACE);
                    g transform={ "translate(0 " (y) ")" } {
                        (labels(&timeline, &layout))
                        g transform={ "translate(" (layout.label_width) " 0)" } {
                            (band(&timeline, &layout, *stretch))
                        }
                    }
                }
                (legend)
            }
        }
    };
    printable(&drawn.into_string()) + "\n"
}

/// Selectors as simple as can be: not every program that shows pictures knows all of them.
fn style() -> String {
    STYLE.replace(".timeline ", "")
}

fn head(timeline: &Timeline<'_>) -> Markup {
    let trace = timeline.trace;
    html! {
        text class="title" x=(MARGIN) y=(MARGIN + 12) { (shortened(&title(trace), LONGEST_TITLE)) }
        text class="quiet" x=(MARGIN) y=(MARGIN + 32) {
            (trace.policy.spec) ", an I/O blocks for "
            (count(trace.policy.blocked_ticks(), "tick")) ". "
            (timeline.left_out().unwrap_or_default())
        }
    }
}

/// The workload's name, or else its programs.
pub fn title(trace: &Trace) -> String {
    let workload = &trace.workload;
    workload.name.clone().unwrap_or_else(|| {
        let programs = workload.processes.iter().take(MOST_PROGRAMS);
        let programs: Vec<_> = programs
            .map(|process| shortened(&process.given, LONGEST_PROGRAM))
            .collect();
        let more = if workload.processes.len() > MOST_PROGRAMS {
            " : …"
        } else {
            ""
        };
        let drawn = workload.seed.as_ref();
        let drawn = drawn.map_or_else(String::new, |seed| format!(", seed {seed}"));
        format!("{}{more}{drawn}", programs.join(" : "))
    })
}

/// The beginning of a text that is longer than `most` characters.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Characters that fit above the narrowest picture.
const LONGEST_TITLE: usize = 60;
/// Smaller characters.
const LONGEST_LINE: usize = 90;
/// A program longer than this is no title.
const LONGEST_PROGRAM: usize = 40;
/// More programs than these make no title.
const MOST_PROGRAMS: usize = 4;

fn description(timeline: &Timeline<'_>) -> String {
    let trace = timeline.trace;
    let agreement = &trace.agreement;
    format!(
        "Timelines of {}, simulated above and measured below. {} of {} are as simulated. {}",
        count(trace.workload.processes.len() as u64, "process"),
        agreement.model_equal,
        count(agreement.cells, "cell"),
        outcome_line(trace),
    )
    .trim_end()
    .to_owned()
}
