//! Writes into a part of the screen, and nowhere else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

/// A part of the screen, with coordinates of its own.
pub struct Canvas<'a> {
    area: Rect,
    buffer: &'a mut Buffer,
}

impl<'a> Canvas<'a> {
    /// Of `area`, what is on the screen.
    pub fn new(area: Rect, buffer: &'a mut Buffer) -> Self {
        Self {
            area: area.intersection(buffer.area),
            buffer,
        }
    }

    pub const fn width(&self) -> u16 {
        self.area.width
    }

    pub const fn height(&self) -> u16 {
        self.area.height
    }

    /// Writes a text as far as there is room. The column behind it.
    pub fn text(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        if x >= self.area.width || y >= self.area.height {
            return x;
        }
        let most = usize::from(self.area.width - x);
        let (at_x, at_y) = (self.area.x + x, self.area.y + y);
        let end = at_x + width(text).min(self.area.width - x);
        // Or what stood there would still show through in how it looks.
        for column in at_x..end {
            self.buffer[(column, at_y)].reset();
        }
        let (end, _) = self.buffer.set_stringn(at_x, at_y, text, most, style);
        end - self.area.x
    }

    /// Writes a text that ends at the right edge.
    pub fn right(&mut self, y: u16, text: &str, style: Style) {
        let x = self.area.width.saturating_sub(width(text));
        self.text(x, y, text, style);
    }

    /// The same sign in columns `from..to`.
    pub fn across(&mut self, from: u16, to: u16, y: u16, sign: &str, style: Style) {
        for x in from..to {
            self.text(x, y, sign, style);
        }
    }

    /// The same sign in rows `from..to`.
    pub fn down(&mut self, x: u16, from: u16, to: u16, sign: &str, style: Style) {
        for y in from..to {
            self.text(x, y, sign, style);
        }
    }

    /// Changes how a row looks, whatever is in it.
    pub fn paint(&mut self, y: u16, style: Style) {
        if y < self.area.height {
            let row = Rect::new(self.area.x, self.area.y + y, self.area.width, 1);
            self.buffer.set_style(row, style);
        }
    }

    pub fn clear(&mut self) {
        for y in 0..self.area.height {
            for x in 0..self.area.width {
                self.buffer[(self.area.x + x, self.area.y + y)].reset();
            }
        }
    }
}

/// The beginning of a text that takes more columns than these.
pub fn shortened(text: &str, columns: u16) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if width(&short) >= columns {
            short.pop();
            break;
        }
    }
    short + "…"
}

pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}
