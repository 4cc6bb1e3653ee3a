//! A word in letters of three rows.

use ratatui::style::Style;

use super::canvas::Canvas;

const PAUSED: [&str; 3] = [
    "█▀▄ ▄▀▄ █ █ ▄▀▀ █▀▀ █▀▄",
    "█▀  █▀█ █ █ ▀▀▄ █▀  █ █",
    "▀   ▀ ▀ ▀▀▀ ▀▀  ▀▀▀ ▀▀ ",
];

pub const ROWS: u16 = 3;

/// PAUSED, from the row `y` on.
pub fn paused(y: u16, style: Style, canvas: &mut Canvas<'_>) {
    for (row, text) in (y..).zip(PAUSED) {
        canvas.text(1, row, text, style);
    }
}
