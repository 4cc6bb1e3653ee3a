//! Characters that look like those of a keyboard: text that is copied from a PDF file or a web page
//! has them.

use std::fmt;

use super::quote::quoted;

/// A character that is none of those that a command line or a notation is made of, but looks so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lookalike {
    /// With its article.
    name: &'static str,
    /// What is on the keyboard.
    typed: &'static str,
}

const fn lookalike(character: char) -> Option<Lookalike> {
    let (name, typed) = match character {
        '\u{2010}' | '\u{2011}' => ("a typographic hyphen", "-"),
        '\u{2012}' => ("a figure dash", "-"),
        '\u{2013}' => ("an en dash", "-"),
        '\u{2014}' => ("an em dash", "-"),
        '\u{2212}' => ("a minus sign", "-"),
        '\u{fe63}' | '\u{ff0d}' => ("a wide hyphen", "-"),
        '\u{2018}'..='\u{201b}' => ("a typographic quotation mark", "'"),
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => ("a typographic quotation mark", "\""),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' => ("a typographic space", " "),
        '\u{fb00}' => ("a ligature", "ff"),
        '\u{fb01}' => ("a ligature", "fi"),
        '\u{fb02}' => ("a ligature", "fl"),
        '\u{ff0c}' => ("a wide comma", ","),
        '\u{ff1a}' | '\u{2236}' => ("a wide colon", ":"),
        _ => return None,
    };
    Some(Lookalike { name, typed })
}

/// A text that has such a character. Its display is the first half of a sentence, that names the
/// first of them: `'–l' has an en dash (U+2013) instead of -`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typographic<'a> {
    text: &'a str,
    character: char,
    is: Lookalike,
}

impl<'a> Typographic<'a> {
    pub fn find(text: &'a str) -> Option<Self> {
        let mut found = text.chars().filter_map(|c| lookalike(c).map(|is| (c, is)));
        let (character, is) = found.next()?;
        Some(Self {
            text,
            character,
            is,
        })
    }

    /// The text as a keyboard has it.
    pub fn typed(&self) -> String {
        let mut typed = String::new();
        for character in self.text.chars() {
            match lookalike(character) {
                Some(is) => typed.push_str(is.typed),
                None => typed.push(character),
            }
        }
        typed
    }
}

impl fmt::Display for Typographic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, Lookalike { name, typed }) = (quoted(self.text), self.is);
        let number = u32::from(self.character);
        let typed = if typed == " " { "a space" } else { typed };
        write!(f, "{text} has {name} (U+{number:04X}) instead of {typed}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pdf_has_instead_of_a_character_is_named_and_typed() {
        for (text, sentence, typed) in [
            ("–l", "'–l' has an en dash (U+2013) instead of -", "-l"),
            (
                "c1,−",
                "'c1,−' has a minus sign (U+2212) instead of -",
                "c1,-",
            ),
            (
                "“c2,i”",
                "'“c2,i”' has a typographic quotation mark (U+201C) instead of \"",
                "\"c2,i\"",
            ),
            (
                "‘c2’",
                "'‘c2’' has a typographic quotation mark (U+2018) instead of '",
                "'c2'",
            ),
            (
                "c2,\u{a0}i",
                "'c2,\u{a0}i' has a typographic space (U+00A0) instead of a space",
                "c2, i",
            ),
            (
                "\u{fb01}gure-4.4",
                "'\u{fb01}gure-4.4' has a ligature (U+FB01) instead of fi",
                "figure-4.4",
            ),
        ] {
            let found = Typographic::find(text).unwrap();
            assert_eq!(found.to_string(), sentence);
            assert_eq!(found.typed(), typed);
        }
        assert_eq!(Typographic::find("µ-é'\",:"), None);
    }
}
