//! The first row and the last: what this is, and which keys do what.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::{Canvas, width};
use super::view::{Mode, Overlay, View};
use crate::text::table::length;

pub fn draw(view: &View, area: Rect, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(area, buffer);
    let style = view.theme.bar();
    canvas.paint(0, style);
    let now = now(view);
    let tick_ns = match (view.mode, view.is_present()) {
        (Mode::Live, true) => u64::try_from(view.tick.as_nanos()).unwrap_or(u64::MAX),
        _ => view.model.tick_ns(view.moment()),
    };
    let length = format!("{} a tick", length(Duration::from_nanos(tick_ns)));
    let cpu = format!("CPU {}", view.model.beginning.machine.cpu);
    let name = view.model.beginning.workload.name.as_deref();
    let name = name.unwrap_or("timeshare").to_owned();
    let mut parts = vec![name, length];
    parts.extend(view.policy().words());
    parts.push(cpu);
    let room = canvas.width().saturating_sub(width(&now) + 4);
    canvas.text(1, 0, &fitting(parts, room), style);
    canvas.right(0, &format!("{now} "), style.patch(view.theme.bright()));
}

/// As many as there is room for. The name, the first, is known to the person who opened it: without
/// it there may be room for all others.
fn fitting(mut parts: Vec<String>, room: u16) -> String {
    let fits = |parts: &[String]| width(&parts.join("  ")) <= room;
    if !fits(&parts) && fits(&parts[1..]) {
        parts.remove(0);
    }
    while !fits(&parts) {
        parts.pop();
    }
    parts.join("  ")
}

/// `tick 7  ▶ running`.
fn now(view: &View) -> String {
    let moment = view.moment();
    let latest = view.model.latest();
    let tick = match view.mode {
        _ if view.is_over() => format!("over after {} ticks", view.model.ticks().len()),
        _ if view.moment() == 0 => "before the first tick".to_owned(),
        Mode::Replay => format!("tick {moment} of {}", view.model.ticks().len()),
        Mode::Live if moment < latest => {
            // Behind the last tick there is one more moment, when all is over.
            let last = latest - u64::from(view.model.is_over());
            format!("looking back: tick {moment} of {last}")
        }
        Mode::Live => format!("tick {moment}"),
    };
    let how = match view.mode {
        _ if view.is_over() => "",
        Mode::Live if view.model.is_over() || !view.is_present() => "",
        _ if view.is_standing() => "  ‖ PAUSED",
        Mode::Live => "  ▶ running",
        Mode::Replay => "  ▶ playing",
    };
    format!("{tick}{how}")
}

/// The keys, or what there is to say instead.
pub fn draw_keys(view: &View, area: Rect, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(area, buffer);
    let theme = view.theme;
    if let Overlay::GoTo(typed) = &view.overlay {
        let text = format!(" Go to tick: {typed}▏ (Enter goes, Esc stays)");
        canvas.text(0, 0, &text, theme.bright());
        return;
    }
    if let Some(notice) = &view.notice {
        canvas.text(1, 0, &notice.text, theme.outside());
        if width(&notice.text) + MARGIN + 8 <= canvas.width() {
            canvas.right(0, "q quit", theme.quiet());
        }
        return;
    }
    let speed = format!("speed: {:?} a tick", view.tick);
    let keys = keys(view, &speed);
    let gap = gap(&keys, canvas.width());
    let mut x = MARGIN;
    for (key, what) in keys {
        x = canvas.text(x, 0, key, theme.title()) + 1;
        x = canvas.text(x, 0, what, theme.quiet()) + gap;
    }
}

/// Columns in front of the keys.
const MARGIN: u16 = 1;

/// Columns between them, as many as fit.
fn gap(keys: &[(&str, &str)], columns: u16) -> u16 {
    let length = |(key, what): &(&str, &str)| width(key) + 1 + width(what);
    let text: u16 = keys.iter().map(length).sum();
    let gaps = u16::try_from(keys.len()).unwrap_or(1).saturating_sub(1);
    let fits = |gap: &u16| MARGIN + text + gaps * gap <= columns;
    [3, 2].into_iter().find(fits).unwrap_or(1)
}

/// `speed`: of a recording.
fn keys<'a>(view: &View, speed: &'a str) -> Vec<(&'static str, &'a str)> {
    let go = match (view.mode, view.is_standing()) {
        (Mode::Live, true) => "go on",
        (Mode::Replay, true) => "play",
        _ => "pause",
    };
    if view.shows_summary() {
        return vec![
            ("Tab", "back to the diagram"),
            ("↑↓", "scroll"),
            ("←→", "look back"),
            ("?", "help"),
            ("q", "quit"),
        ];
    }
    if view.mode == Mode::Replay {
        return vec![
            ("space", go),
            ("←→", "step"),
            ("+-", speed),
            ("g", "go to tick"),
            ("?", "help"),
            ("q", "quit"),
        ];
    }
    if view.model.is_over() {
        return vec![
            ("Tab", "summary"),
            ("←→", "look back"),
            ("↑↓", "choose"),
            ("?", "help"),
            ("q", "quit"),
        ];
    }
    vec![
        ("space", go),
        ("n", "next"),
        ("+-", "speed"),
        ("←→", "back"),
        ("↑↓ sckw", "signal"),
        ("S I", "policy"),
        ("?", "help"),
        ("q", "quit"),
    ]
}
