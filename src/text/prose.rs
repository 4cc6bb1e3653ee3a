//! Sentences, as wide as the terminal.

use textwrap::Options;

/// A paragraph of lines no wider than `width`, each behind `indent`.
pub fn paragraph(text: &str, width: u16, indent: &str) -> String {
    wrap(text, width, indent, indent)
}

/// A paragraph behind a mark (`- `, `1. `), its further lines below the text of the first.
pub fn item(mark: &str, text: &str, width: u16) -> String {
    wrap(text, width, mark, &" ".repeat(mark.chars().count()))
}

/// A row of a list: a label in a column of its own, and beside it what it says, on as many lines as
/// that takes.
pub fn row(label: &str, label_width: usize, text: &str, width: u16) -> String {
    item(&format!("{label:label_width$} "), text, width)
}

/// `1, 8 and 15`.
pub fn list(numbers: &[impl ToString]) -> String {
    let words: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    match words.as_slice() {
        [] => "none".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn wrap(text: &str, width: u16, first: &str, further: &str) -> String {
    let options = Options::new(width.into())
        .initial_indent(first)
        .subsequent_indent(further)
        .break_words(false);
    textwrap::fill(&with_units_held(text), options).replace(HELD, " ") + "\n"
}

/// A space that is no place for a line to end.
const HELD: char = '\u{a0}';

/// A number and its unit stay together.
fn with_units_held(text: &str) -> String {
    let mut held = String::with_capacity(text.len());
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            let bare = word.trim_end_matches([',', '.', ':', ';', ')']);
            let is_unit = matches!(bare, "ns" | "us" | "ms" | "s");
            held.push(if is_unit { HELD } else { ' ' });
        }
        held.push_str(word);
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_with_its_unit() {
        let text = "It took 50.01 ms, no more.";
        assert_eq!(paragraph(text, 15, ""), "It took\n50.01 ms, no\nmore.\n");
    }

    #[test]
    fn an_empty_paragraph_is_an_empty_line() {
        assert_eq!(paragraph("", 80, ""), "\n");
    }

    #[test]
    fn a_row_continues_beside_its_label() {
        let text = row("CPU", 5, "one two three", 15);
        assert_eq!(text, "CPU   one two\n      three\n");
    }

    #[test]
    fn an_item_continues_below_its_text() {
        assert_eq!(item("- ", "one two three", 9), "- one two\n  three\n");
    }
}
