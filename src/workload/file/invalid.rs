//! What is wrong at which place of a workload file.

use crate::workload::notation::NotationError;
use crate::workload::quote::{one_line, quoted};
use std::ops::Range;
use toml::Spanned;

/// A misspelt key is taken for the most similar one from this Jaro-Winkler similarity on.
const SIMILAR: f64 = 0.8;

/// A sentence, and the bytes of the file that it is about.
#[derive(Debug)]
pub(super) struct Invalid {
    pub(super) span: Range<usize>,
    pub(super) message: String,
}

impl Invalid {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { span, message }
    }

    /// What the TOML parser finds. It names no place when keys nest too deeply.
    pub(super) fn syntax(error: &toml::de::Error) -> Self {
        let message = one_line(error.message());
        let message = message
            .strip_suffix(", expected nothing")
            .unwrap_or(&message);
        Self::new(
            error.span().unwrap_or(0..0),
            format!("invalid TOML: {message}"),
        )
    }

    pub(super) fn unknown_key(span: Range<usize>, unknown: &str, keys: &[&str]) -> Self {
        let similarity = |key: &&&str| strsim::jaro_winkler(key, unknown);
        let nearest = keys
            .iter()
            .max_by(|a, b| similarity(a).total_cmp(&similarity(b)))
            .filter(|key| similarity(key) >= SIMILAR);
        let advice = nearest.map_or_else(String::new, |key| format!(". Is {key} meant?"));
        let (unknown, keys) = (quoted(unknown), keys.join(", "));
        Self::new(
            span,
            format!("{unknown} is not a key here: expected one of {keys}{advice}"),
        )
    }

    /// What serde finds: a value of another type.
    pub(super) fn schema(error: &serde_path_to_error::Error<toml::de::Error>) -> Self {
        let path = error.path().to_string();
        // Behind the key stands what toml calls the value of a `Spanned`.
        let key = path.rsplit('.').find(|segment| !segment.starts_with('$'));
        // In TOML's words instead of Rust's.
        let found = one_line(error.inner().message())
            .replace("invalid type: map", "invalid type: table or date")
            .replace("invalid type: sequence", "invalid type: array")
            .replace("expected i64", "expected a whole number");
        let message = match key.and_then(|key| Some((key, example(key)?))) {
            Some((key, example)) => format!("{key} has an {found}, as in {example}"),
            None => found,
        };
        Self::new(error.inner().span().unwrap_or(0..0), message)
    }

    /// What is wrong within the string of a program, at the token where it can be found.
    pub(super) fn notation(error: &NotationError, given: &Spanned<String>, source: &str) -> Self {
        let span = locate(source, given, error.span());
        Self::new(span.unwrap_or(given.span()), error.to_string())
    }
}

/// How a message shows what a key may have.
fn example(key: &str) -> Option<&'static str> {
    Some(match key {
        "name" => "name = \"editor\"",
        "description" => "description = \"what it shows\"",
        "seed" => "seed = \"42\" or seed = 42",
        "tick" => "tick = \"10ms\"",
        "iolength" => "iolength = 5 (ticks)",
        "dialect" => "dialect = \"classic\"",
        "switch" => "switch = \"SWITCH_ON_IO\"",
        "iodone" => "iodone = \"IO_RUN_LATER\"",
        "program" => "program = \"c2,i,c1\"",
        "random" => "random = \"3:50\"",
        _ => return None,
    })
}

/// Where a part of a string's value stands in the file; `None` if that cannot be told.
fn locate(source: &str, text: &Spanned<String>, part: Range<usize>) -> Option<Range<usize>> {
    let (value, written) = (text.get_ref(), source.get(text.span())?);
    let (opening, escapes) = opening(written)?;
    let start = text.span().start + opening;
    let before = written_len(value.get(..part.start)?, &written[opening..], escapes)?;
    let upto = written_len(value.get(..part.end)?, &written[opening..], escapes)?;
    Some(start + before..start + upto)
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
        let text = Spanned::new(5..source.len(), value.to_owned());
        let start = value.find(part).unwrap();
        let span = locate(&source, &text, start..start + part.len())?;
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
