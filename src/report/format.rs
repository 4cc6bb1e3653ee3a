//! The formats a trace can be told in.

use super::comparison::comparison;
use super::side_by_side::Shown;
use super::{csv, html, perfetto, svg, text};
use crate::trace::Trace;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Html,
    Svg,
    /// A timeline for ui.perfetto.dev.
    Perfetto,
    /// A row for each tick and process.
    Ticks,
    Processes,
    /// In the layout of process-run.py.
    Text,
    /// What `compare` prints.
    Comparison,
}

impl Format {
    /// As in a message: `cannot create 'x' for the page`.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Html => "the page",
            Self::Svg => "the picture",
            Self::Perfetto => "the timeline",
            Self::Ticks => "the ticks",
            Self::Processes => "the processes",
            Self::Text | Self::Comparison => "the text",
        }
    }

    /// The whole report. `width`: of texts, in columns.
    pub fn render(self, trace: &Trace, width: u16) -> String {
        match self {
            Self::Html => html::page(trace),
            Self::Svg => svg::picture(trace),
            Self::Perfetto => perfetto::perfetto(trace),
            Self::Ticks => csv::ticks(trace),
            Self::Processes => csv::processes(trace),
            Self::Text => text::text(trace),
            Self::Comparison => compared(trace, width),
        }
    }
}

fn compared(trace: &Trace, width: u16) -> String {
    let shown = Shown {
        traces: true,
        why: true,
        color: false,
        width,
    };
    comparison(std::slice::from_ref(trace), shown)
}
