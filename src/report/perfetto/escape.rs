//! How text is escaped, so that the viewer can read it, too.

use std::io::{self, Write};

use serde_json::ser::{CharEscape, Formatter};

/// As short as can be, but for a backslash, which is `\\u005c`: the viewer takes a quotation mark right
/// behind a backslash for a part of the text, even if that backslash is itself escaped, and refuses
/// the whole file.
pub struct Escapes;

impl Formatter for Escapes {
    fn write_char_escape<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::ReverseSolidus => writer.write_all(b"\\u005c"),
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::Solidus => writer.write_all(b"\\/"),
            CharEscape::Backspace => writer.write_all(b"\\b"),
            CharEscape::FormFeed => writer.write_all(b"\\f"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04x}"),
        }
    }
}
