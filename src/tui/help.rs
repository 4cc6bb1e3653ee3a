//! What the keys do and the letters mean, over everything else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::view::{Mode, View};

const LIVE: &[(&str, &str)] = &[
    (
        "space",
        "pause, and go on: every process is stopped meanwhile",
    ),
    ("n", "go on until the next tick"),
    ("+  -", "a faster or slower tick"),
    (
        "← →",
        "look back and forth through the ticks; the run goes on",
    ),
    ("Home End", "the first tick, and now; g: go to a tick"),
    ("↑ ↓", "choose a process, for these:"),
    ("s c k", "send it SIGSTOP, SIGCONT, SIGKILL by hand"),
    ("w", "wait for it by hand (waitpid): a zombie is gone then"),
    (
        "S I",
        "the other policy: when to switch, which runs after an I/O",
    ),
    (
        "Ctrl-Z",
        "suspend, processes and clocks with it; fg goes on",
    ),
    ("q", "quit: the processes are ended; Ctrl-C does, too"),
];

const REPLAY: &[(&str, &str)] = &[
    ("space", "play, and pause"),
    ("← →", "a tick back, a tick forth"),
    ("PgUp PgDn", "ten of them"),
    ("Home End", "the first tick, and the end"),
    ("g or 0-9", "go to a tick: its number, and Enter"),
    ("+  -", "faster or slower"),
    ("↑ ↓", "choose a process"),
    ("q", "quit"),
];

const LEGEND: &[&str] = &[
    "STATE is the book's, STAT and WCHAN are the kernel's (ps -o stat,wchan).",
    "VOL+INV: how often it gave up the CPU, and how often that was taken from it.",
    "Program and timeline: c computes, i issues an I/O, d handles its completion,",
    "  r ready, b blocked, z zombie, x ended in this tick, - gone.",
    "  ! interfered with  (P0) is reaped now.",
    "A thick arrow is being taken. I/O: requests the device is working on.",
];

const COLUMNS: u16 = 80;

pub fn draw(view: &View, area: Rect, buffer: &mut Buffer) {
    let keys = match view.mode {
        Mode::Live => LIVE,
        Mode::Replay => REPLAY,
    };
    let rows = u16::try_from(keys.len() + LEGEND.len() + 5).unwrap_or(u16::MAX);
    // Nothing of what lies below looks out from under it.
    let below = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    Canvas::new(below, buffer).clear();
    let mut canvas = Canvas::new(centred(below, COLUMNS, rows), buffer);
    let theme = view.theme;
    canvas.paint(0, theme.bar());
    let what = match view.mode {
        Mode::Live => " timeshare watch: real processes on one CPU",
        Mode::Replay => " timeshare replay: a recorded run",
    };
    canvas.text(0, 0, what, theme.bar());
    canvas.right(0, "any key goes back ", theme.bar());
    let mut y = 2;
    for (key, does) in keys {
        canvas.text(2, y, key, theme.title());
        canvas.text(13, y, does, theme.plain());
        y += 1;
    }
    y += 1;
    for line in LEGEND {
        canvas.text(2, y, line, theme.plain());
        y += 1;
    }
    canvas.paint(rows - 1, theme.bar());
}

fn centred(area: Rect, columns: u16, rows: u16) -> Rect {
    let (columns, rows) = (columns.min(area.width), rows.min(area.height));
    Rect::new(
        area.x + (area.width - columns) / 2,
        area.y + (area.height - rows) / 2,
        columns,
        rows,
    )
}
