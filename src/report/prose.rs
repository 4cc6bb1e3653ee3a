//! Sentences, as wide as the terminal.

use textwrap::Options;

/// A paragraph of lines no wider than `width`, each behind `indent`.
#[must_use]
pub fn paragraph(text: &str, width: u16, indent: &str) -> String {
    wrap(text, width, indent, indent)
}

/// A paragraph behind a mark (`- `, `1. `), its further lines below the text of the first.
#[must_use]
pub fn item(mark: &str, text: &str, width: u16) -> String {
    wrap(text, width, mark, &" ".repeat(mark.chars().count()))
}

fn wrap(text: &str, width: u16, first: &str, further: &str) -> String {
    let options = Options::new(width.into())
        .initial_indent(first)
        .subsequent_indent(further)
        .break_words(false);
    textwrap::fill(text, options) + "\n"
}
