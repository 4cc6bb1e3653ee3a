//! What a report's page and picture say, as any other program would read them.

use std::fs;

use regex::Regex;
use serde_json::Value;
use timeshare::trace::Trace;
use timeshare::trace::recording::Recording;

use super::folder;

/// A trace that was recorded once and is kept.
pub fn golden() -> Trace {
    let path = folder("tests/golden").join("figure-4.4.trace.json");
    let file = fs::File::open(path).expect("it is there");
    Recording::read(file).expect("it is a trace").into_trace()
}

/// The document, which must be well-formed.
#[track_caller]
pub fn xml(picture: &str) -> roxmltree::Document<'_> {
    roxmltree::Document::parse(picture).unwrap_or_else(|error| panic!("{error}"))
}

/// What the script of the page knows.
#[track_caller]
pub fn data(page: &str) -> Value {
    let begin = r#"<script id="data" type="application/json">"#;
    let (_, rest) = page.split_once(begin).expect("the data are there");
    let (json, _) = rest.split_once("</script>").expect("they end");
    serde_json::from_str(json).expect("they are JSON")
}

/// The texts of a section of the page, one after the other.
pub fn texts(page: &str, section: &str) -> Vec<String> {
    let (_, rest) = page
        .split_once(&format!(r#"<section id="{section}""#))
        .expect("there is such a section");
    let (inside, _) = rest.split_once("</section>").expect("it ends");
    let tags = Regex::new("<[^>]*>").expect("it is right");
    let texts = tags.split(inside).skip(1).map(str::trim);
    texts
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}
