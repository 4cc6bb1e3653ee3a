//! The formats a trace can be told in.

use super::comparison::{Shown, comparison};
use super::{html, svg};
use crate::trace::Trace;

/// A format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Html,
    Svg,
    Text,
}

impl Format {
    /// As in a message: `cannot create 'x' for the page`.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::Html => "the page",
            Self::Svg => "the picture",
            Self::Text => "the text",
        }
    }

    /// The whole report. `width`: of texts, in columns.
    #[must_use]
    pub fn render(self, trace: &Trace, width: u16) -> String {
        match self {
            Self::Html => html::page(trace),
            Self::Svg => svg::picture(trace),
            Self::Text => text(trace, width),
        }
    }
}

fn text(trace: &Trace, width: u16) -> String {
    let shown = Shown {
        traces: true,
        why: true,
        color: false,
        width,
    };
    comparison(std::slice::from_ref(trace), shown)
}
