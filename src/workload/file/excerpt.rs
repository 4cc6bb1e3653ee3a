//! The line of a file that a message is about, with a caret under the token.

use crate::workload::quote::is_invisible;
use std::ops::Range;

/// The characters of a line that a message shows; from a longer line it shows a part.
const MAX_SHOWN: usize = 100;

/// What a message shows of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// From 1.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
    /// Two lines without a line end after them: the source, and the caret.
    pub(super) picture: String,
}

impl Excerpt {
    /// Shows the place of `span`, in bytes, in `text`.
    pub(super) fn of(text: &str, span: &Range<usize>) -> Self {
        let start = text.floor_char_boundary(span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[line_start..].split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let before = text[line_start..start].chars().count();
        let end = text
            .floor_char_boundary(span.end)
            .clamp(start, (line_start + line.len()).max(start));
        let marked = text[start..end].chars().count();
        let number = text[..line_start].matches('\n').count() + 1;
        Self {
            line: number,
            column: before + 1,
            picture: picture(line, number, before, marked),
        }
    }
}

/// Draws `line`, with carets under the `marked` characters that follow the first `before`.
fn picture(line: &str, number: usize, before: usize, marked: usize) -> String {
    let length = line.chars().count();
    let first = if length <= MAX_SHOWN {
        0
    } else {
        before.saturating_sub(MAX_SHOWN / 2).min(length - MAX_SHOWN)
    };
    let (cut_before, cut_after) = (first > 0, first + MAX_SHOWN < length);
    let shown: String = line
        .chars()
        .skip(first)
        .take(MAX_SHOWN)
        .map(harmless)
        .collect();
    let indent = " ".repeat(before - first + usize::from(cut_before));
    let carets = "^".repeat(
        marked
            .min(MAX_SHOWN - (before - first).min(MAX_SHOWN))
            .max(1),
    );
    let ellipsis = |cut| if cut { "…" } else { "" };
    let gutter = number.to_string();
    format!(
        "{gutter} | {}{shown}{}\n{:width$} | {indent}{carets}",
        ellipsis(cut_before),
        ellipsis(cut_after),
        "",
        width = gutter.len(),
    )
}

/// One column for one character, so that the caret stands where it should.
fn harmless(character: char) -> char {
    match character {
        '\t' => ' ',
        _ if is_invisible(character) => '\u{fffd}',
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The picture for the first `part` of `text`.
    fn shown(text: &str, part: &str) -> String {
        let start = text.find(part).unwrap();
        Excerpt::of(text, &(start..start + part.len())).picture
    }

    #[test]
    fn the_caret_stands_under_the_token() {
        assert_eq!(shown("a\nb = x3,i\nc", "x3"), "2 | b = x3,i\n  |     ^^");
    }

    #[test]
    fn tabs_and_characters_of_several_bytes_take_one_column() {
        let excerpt = Excerpt::of("\té = x3", &(6..8));
        assert_eq!((excerpt.line, excerpt.column), (1, 6));
        assert_eq!(excerpt.picture, "1 |  é = x3\n  |      ^^");
    }

    #[test]
    fn a_line_end_of_two_characters_is_not_shown() {
        assert_eq!(shown("a = x3\r\nb\r\n", "x3"), "1 | a = x3\n  |     ^^");
        assert_eq!(shown("a = x3\r\nb\r\n", "3\r\nb"), "1 | a = x3\n  |      ^");
    }

    #[test]
    fn what_a_terminal_would_obey_is_replaced() {
        assert_eq!(
            shown("\u{1b}[2J x3", "x3"),
            "1 | \u{fffd}[2J x3\n  |      ^^"
        );
    }

    #[test]
    fn the_end_of_a_text_has_a_place() {
        assert_eq!(Excerpt::of("a =", &(3..3)).picture, "1 | a =\n  |    ^");
        let end = Excerpt::of("a =\n", &(4..4));
        assert_eq!((end.line, end.column), (2, 1));
        assert_eq!(Excerpt::of("", &(0..0)).picture, "1 | \n  | ^");
        assert_eq!(Excerpt::of("é", &(1..9)).picture, "1 | é\n  | ^");
    }

    #[test]
    fn a_huge_line_is_cut_around_the_token() {
        let line = format!("{}x3{}", "é,".repeat(100_000), ",i".repeat(100_000));
        let picture = shown(&line, "x3");
        let (source, caret) = picture.split_once('\n').unwrap();
        assert_eq!(source.chars().count(), 4 + MAX_SHOWN + 2);
        assert!(source.starts_with("1 | …") && source.ends_with('…'));
        let at = caret.find('^').unwrap();
        assert_eq!(source.chars().skip(at).take(2).collect::<String>(), "x3");
        assert_eq!(caret.matches('^').count(), 2);
    }

    #[test]
    fn carets_stay_under_what_is_shown() {
        let picture = shown(&"x".repeat(5000), &"x".repeat(5000));
        assert_eq!(picture.matches('^').count(), MAX_SHOWN);
        let end = Excerpt::of(&"x".repeat(5000), &(5000..5000)).picture;
        assert!(end.ends_with(" ^") && end.lines().all(|line| line.chars().count() <= 106));
    }
}
