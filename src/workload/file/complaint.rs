//! What is wrong at which place of a text.

use crate::workload::notation::NotationError;
use crate::workload::quote::one_line;
use std::ops::Range;

/// A sentence, and the bytes of the file that it is about.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) span: Range<usize>,
    pub(super) message: String,
}

impl Complaint {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }

    /// What the TOML parser complains of. It names no place when keys nest too deeply.
    pub(super) fn from_toml(error: &toml::de::Error) -> Self {
        let message = one_line(error.message());
        let message = message
            .strip_suffix(", expected nothing")
            .unwrap_or(&message);
        Self::new(
            error.span().unwrap_or(0..0),
            format!("invalid TOML: {message}"),
        )
    }
}

/// The string of a TOML file: what it says, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Text<'t> {
    pub(super) value: &'t str,
    /// With its quotation marks.
    pub(super) span: Range<usize>,
    /// The whole file.
    pub(super) source: &'t str,
}

impl Text<'_> {
    /// The complaint that the whole string is wrong.
    pub(super) fn complaint(&self, message: impl Into<String>) -> Complaint {
        Complaint::new(self.span.clone(), message)
    }

    /// The complaint that a token within the string is wrong.
    pub(super) fn notation_complaint(&self, error: &NotationError) -> Complaint {
        let span = self.locate(error.span()).unwrap_or(self.span.clone());
        Complaint::new(span, error.to_string())
    }

    /// Where a part of the value stands in the file; `None` if that cannot be told.
    fn locate(&self, part: Range<usize>) -> Option<Range<usize>> {
        let written = self.source.get(self.span.clone())?;
        let (opening, escapes) = opening(written)?;
        let start = self.span.start + opening;
        let before = written_len(self.value.get(..part.start)?, &written[opening..], escapes)?;
        let upto = written_len(self.value.get(..part.end)?, &written[opening..], escapes)?;
        Some(start + before..start + upto)
    }
}

/// The bytes before the value of a written string, and whether a `\` has a meaning in it.
fn opening(written: &str) -> Option<(usize, bool)> {
    let quote = written.chars().next()?;
    let escapes = quote == '"';
    for marks in ["\"\"\"", "'''"] {
        if let Some(rest) = written.strip_prefix(marks) {
            let line_end = ["\r\n", "\n"].into_iter().find(|end| rest.starts_with(end));
            return Some((marks.len() + line_end.map_or(0, str::len), escapes));
        }
    }
    matches!(quote, '"' | '\'').then_some((1, escapes))
}

/// The bytes that `value` takes in `written`, which starts with it; `None` where they go apart.
fn written_len(value: &str, written: &str, escapes: bool) -> Option<usize> {
    let mut at = 0;
    for character in value.chars() {
        let rest = &written[at..];
        if escapes && rest.starts_with('\\') {
            at += match rest.as_bytes().get(1)? {
                b'x' => 4,
                b'u' => 6,
                b'U' => 10,
                // A line that goes on in the next one: not worth following.
                byte if byte.is_ascii_whitespace() => return None,
                _ => 2,
            };
        } else if rest.starts_with(character) {
            at += character.len_utf8();
        } else {
            return None;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in the file where `part` of the string's value stands.
    fn located(written: &str, value: &str, part: &str) -> Option<String> {
        let source = format!("é = {written}");
        let text = Text {
            value,
            span: 5..source.len(),
            source: &source,
        };
        let start = value.find(part).unwrap();
        let span = text.locate(start..start + part.len())?;
        Some(source[span].to_owned())
    }

    #[test]
    fn a_part_of_a_string_is_found_in_every_kind_of_string() {
        for written in [
            "\"µ,x3,i\"",
            "'µ,x3,i'",
            "\"\"\"µ,x3,i\"\"\"",
            "'''\r\nµ,x3,i'''",
        ] {
            assert_eq!(
                located(written, "µ,x3,i", "x3").as_deref(),
                Some("x3"),
                "{written}"
            );
        }
    }

    #[test]
    fn escapes_before_and_within_the_part_are_counted() {
        let written = "\"\\u00b5\\t\\U0000002c\\x783,i\"";
        assert_eq!(
            located(written, "µ\t,x3,i", "x3").as_deref(),
            Some("\\x783")
        );
        assert_eq!(located("'\\u,x3'", "\\u,x3", "x3").as_deref(), Some("x3"));
    }

    #[test]
    fn a_string_that_goes_on_in_the_next_line_has_no_places() {
        assert_eq!(located("\"\"\"c1,\\\n  x3\"\"\"", "c1,x3", "x3"), None);
    }
}
