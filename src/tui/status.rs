//! The first row and the last: what this is, and which keys do what.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::{Pen, width};
use super::view::{Mode, Overlay, View};

/// What is shown, and how it goes.
pub fn draw(view: &View, area: Rect, buffer: &mut Buffer) {
    let mut pen = Pen::new(area, buffer);
    let style = view.theme.bar();
    pen.paint(0, style);
    let now = now(view);
    let (switch, io_done) = view.policies();
    let tick_ns = match (view.mode, view.is_present()) {
        (Mode::Live, true) => u64::try_from(view.tick.as_nanos()).unwrap_or(u64::MAX),
        _ => view.model.tick_ns(view.moment()),
    };
    let length = format!("{:?} a tick", Duration::from_nanos(tick_ns));
    let cpu = format!("CPU {}", view.model.beginning.machine.cpu);
    let mut parts = vec![length, switch.to_string(), io_done.to_string(), cpu];
    if let Some(name) = &view.model.beginning.workload.name {
        parts.push(name.clone());
    }
    // As many as there is room for.
    let room = pen.width().saturating_sub(width(&now) + 4);
    while width(&parts.join("  ")) > room {
        parts.pop();
    }
    pen.text(1, 0, &parts.join("  "), style);
    pen.right(0, &format!("{now} "), style.patch(view.theme.bright()));
}

/// `tick 7  ▶ running`.
fn now(view: &View) -> String {
    let moment = view.moment();
    let latest = view.model.latest();
    let tick = match view.mode {
        _ if view.is_over() => format!("over after {} ticks", view.model.ticks().len()),
        _ if view.moment() == 0 => "before the first tick".to_owned(),
        Mode::Replay => format!("tick {moment} of {}", view.model.ticks().len()),
        Mode::Live if moment < latest => format!("looking back: tick {moment} of {latest}"),
        Mode::Live => format!("tick {moment}"),
    };
    let how = match view.mode {
        Mode::Live if view.is_over() => "",
        _ if view.is_standing() => "  ‖ PAUSED",
        Mode::Live => "  ▶ running",
        Mode::Replay => "  ▶ playing",
    };
    format!("{tick}{how}")
}

/// The keys, or what there is to say instead.
pub fn draw_keys(view: &View, area: Rect, buffer: &mut Buffer) {
    let mut pen = Pen::new(area, buffer);
    let theme = view.theme;
    if let Overlay::GoTo(typed) = &view.overlay {
        let text = format!(" Go to tick: {typed}▏ (Enter goes, Esc stays)");
        pen.text(0, 0, &text, theme.bright());
        return;
    }
    if let Some(notice) = &view.notice {
        pen.text(1, 0, notice, theme.outside());
        return;
    }
    let (mut x, mut y) = (1, 0);
    for (key, what) in keys(view) {
        let needed = width(key) + 1 + width(what);
        if x + needed > pen.width() {
            (x, y) = (1, y + 1);
        }
        x = pen.text(x, y, key, theme.title()) + 1;
        x = pen.text(x, y, what, Style::new().patch(theme.quiet())) + 2;
    }
}

/// How many rows the keys take.
#[must_use]
pub fn keys_rows(view: &View, columns: u16) -> u16 {
    let (mut x, mut rows) = (1, 1);
    for (key, what) in keys(view) {
        let needed = width(key) + 1 + width(what);
        if x + needed > columns {
            (x, rows) = (1, rows + 1);
        }
        x += needed + 2;
    }
    rows
}

fn keys(view: &View) -> Vec<(&'static str, &'static str)> {
    let go = match (view.mode, view.is_standing()) {
        (Mode::Live, true) => "go on",
        (Mode::Replay, true) => "play",
        _ => "pause",
    };
    if view.mode == Mode::Replay {
        return vec![
            ("space", go),
            ("←→", "step"),
            ("+-", "speed"),
            ("g", "go to tick"),
            ("Home End", ""),
            ("?", "help"),
            ("q", "quit"),
        ];
    }
    if view.model.is_over() {
        return vec![
            ("←→", "look back"),
            ("↑↓", "scroll"),
            ("Tab", "summary or view"),
            ("?", "help"),
            ("q", "quit"),
        ];
    }
    vec![
        ("space", go),
        ("n", "next"),
        ("+-", "speed"),
        ("←→", "back"),
        ("↑↓", "choose"),
        ("s c k w", "signal"),
        ("S I", "policy"),
        ("?", "help"),
        ("q", "quit"),
    ]
}
