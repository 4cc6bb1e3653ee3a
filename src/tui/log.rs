//! What was decided, and why, and what others did; when nothing moves, a large PAUSED above it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::banner;
use super::canvas::Canvas;
use super::model::LogEntry;
use super::view::View;

/// In front of each line: the tick.
const INDENT: &str = "     ";

/// Above them at the end: as many columns as there are on a small terminal.
const OVER: &str = " OVER: Tab shows the summary ";

pub fn draw(view: &View, area: Rect, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(area, buffer);
    let mut top = 0;
    if view.is_over() && !view.summary.is_empty() {
        canvas.text(0, 0, OVER, view.theme.bar().patch(view.theme.bright()));
        top += 1;
    } else if view.is_standing() {
        banner::paused(0, view.theme.bright(), &mut canvas);
        top = banner::ROWS + 1;
    } else {
        canvas.text(0, 0, "DECISIONS", view.theme.title());
        top += 1;
    }
    let room = usize::from(canvas.height().saturating_sub(top));
    let (events, older) = view.model.log(view.moment());
    let mut lines: Vec<(String, usize)> = Vec::new();
    // From the latest back, as many as fit; the latest whole, whatever it takes.
    for (index, event) in events.iter().enumerate().rev() {
        let wrapped = wrap(event, canvas.width());
        if lines.len() + wrapped.len() > room && !lines.is_empty() {
            break;
        }
        lines.extend(wrapped.into_iter().rev().map(|line| (line, index)));
    }
    lines.truncate(room);
    for (y, (line, index)) in (top..).zip(lines.iter().rev()) {
        let event = &events[*index];
        let style = match (*index >= older, event.from_outside) {
            (true, true) => view.theme.outside(),
            (true, false) => view.theme.bright(),
            (false, _) => view.theme.quiet(),
        };
        canvas.text(0, y, line, style);
    }
}

fn wrap(event: &LogEntry, width: u16) -> Vec<String> {
    let first = format!("{:>4} ", event.tick);
    let options = textwrap::Options::new(width.into())
        .initial_indent(&first)
        .subsequent_indent(INDENT);
    textwrap::wrap(&event.text, options)
        .into_iter()
        .map(std::borrow::Cow::into_owned)
        .collect()
}
