//! A trace as one web page.

use crate::report::svg;
use crate::trace::Trace;

/// The whole page.
#[must_use]
pub fn page(trace: &Trace) -> String {
    let drawn = maud::PreEscaped(svg::picture(trace));
    maud::html! {
        (maud::DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (svg::title(trace)) } }
            body { (drawn) }
        }
    }
    .into_string()
}
