//! How a piece of foreign text stands in a message: short, on one line, harmless to a terminal.

use std::borrow::Cow;

/// The characters of a token that a message shows.
const MAX_SHOWN: usize = 40;

/// `text` between single quotes, shortened if it is long, its control characters escaped.
pub fn quoted(text: &str) -> String {
    let mut shown = String::from("'");
    for (count, character) in text.chars().enumerate() {
        if count == MAX_SHOWN {
            shown.push('…');
            break;
        }
        if is_invisible(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown.push('\'');
    shown
}

/// `text` on one line: whatever would move the cursor or hide itself is replaced.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(is_invisible) {
        Cow::Owned(text.replace(is_invisible, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a terminal would execute `character` instead of showing it: controls, line separators,
/// zero widths and changes of writing direction.
pub(super) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_quoted_as_it_is() {
        assert_eq!(quoted("c7"), "'c7'");
        assert_eq!(quoted("µé'\\"), "'µé'\\'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(
            quoted("a\nb\0\u{1b}[2J\u{202e}"),
            "'a\\nb\\u{0}\\u{1b}[2J\\u{202e}'"
        );
        assert_eq!(one_line("a\tb\u{9b}"), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn a_long_token_is_shortened() {
        assert_eq!(
            quoted(&"x".repeat(MAX_SHOWN)),
            format!("'{}'", "x".repeat(MAX_SHOWN))
        );
        assert_eq!(
            quoted(&"é".repeat(1_000_000)),
            format!("'{}…'", "é".repeat(MAX_SHOWN))
        );
    }
}
