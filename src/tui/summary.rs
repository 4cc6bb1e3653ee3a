//! The summary of a run that is over, in place of the diagram and the table; it can be scrolled.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::view::View;

pub fn draw(view: &View, area: Rect, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(area, buffer);
    let theme = view.theme;
    let room = usize::from(canvas.height().saturating_sub(1));
    let lines = &view.summary;
    let top = view.summary_top.min(lines.len().saturating_sub(room));
    for (y, line) in (0..).zip(lines.iter().skip(top).take(room)) {
        canvas.text(0, y, line, theme.plain());
    }
    let below = lines.len().saturating_sub(top + room);
    let more = match (top, below) {
        (0, 0) => String::new(),
        (_, 0) => format!("↑ {top} lines more"),
        (0, _) => format!("↓ {below} lines more"),
        _ => format!("↑ {top}  ↓ {below} lines more"),
    };
    canvas.text(0, canvas.height().saturating_sub(1), &more, theme.title());
}
