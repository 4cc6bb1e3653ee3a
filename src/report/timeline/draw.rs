//! Draws a band of the picture, a stretch of ticks, as the inside of an `svg` element.

use maud::{Markup, html};

use super::layout::{CELL, LONGEST_LABEL, Layout, Placed, Row};
use super::stretch::Stretch;
use super::{Side, Timeline};
use crate::report::summary::outcome_line;
use crate::text::table::time;
use crate::trace::{Glyph, TickRecord, kernel_agrees};

/// What is to be read at the left of each row.
pub fn labels(timeline: &Timeline<'_>, layout: &Layout) -> Markup {
    html! {
        @for placed in &layout.rows {
            (label(timeline, *placed))
        }
    }
}

fn label(timeline: &Timeline<'_>, placed: Placed) -> Markup {
    let text = match placed.row {
        Row::Ruler => "tick".to_owned(),
        Row::Heading(side) => side.name().to_owned(),
        Row::Process(_, process) => timeline.name(process),
        Row::Cpu(_) => "on CPU".to_owned(),
        Row::Device(_) => "I/Os".to_owned(),
        Row::Length => "length".to_owned(),
        Row::Marks | Row::Differences => String::new(),
    };
    let class = match placed.row {
        Row::Heading(_) => "heading",
        Row::Process(..) => "name",
        _ => "quiet",
    };
    html! {
        @if !text.is_empty() {
            text class=(class) x="0" y=(baseline(placed)) {
                @if text.chars().count() > LONGEST_LABEL {
                    title { (text) }
                    (text.chars().take(LONGEST_LABEL - 1).collect::<String>()) "…"
                } @else {
                    (text)
                }
            }
        }
    }
}

const fn baseline(placed: Placed) -> usize {
    placed.y + placed.height / 2 + 4
}

/// The cells of a stretch of ticks.
pub fn band(timeline: &Timeline<'_>, layout: &Layout, stretch: Stretch) -> Markup {
    html! {
        @for placed in &layout.rows {
            @match placed.row {
                Row::Ruler => (ruler(timeline, *placed, stretch)),
                Row::Heading(_) => {},
                Row::Process(side, process) => (lane(timeline, *placed, side, process, stretch)),
                Row::Cpu(side) => (cpu(timeline, *placed, side, stretch)),
                Row::Device(side) => (device(timeline, *placed, side, stretch)),
                Row::Differences => (differences(timeline, *placed, stretch)),
                Row::Length => (lengths(timeline, *placed, stretch)),
                Row::Marks => (marks(timeline, *placed, stretch)),
            }
        }
        (broken_off(timeline, layout, stretch))
    }
}

/// A line behind the last tick of a run that did not come to its end.
fn broken_off(timeline: &Timeline<'_>, layout: &Layout, stretch: Stretch) -> Markup {
    let last = timeline.trace.ticks.len();
    let why = outcome_line(timeline.trace);
    html! {
        @if !why.is_empty() && stretch.ticks().contains(&last) {
            rect class="broken-off" x=(stretch.x(last) + CELL - 3) width="3"
                height=(layout.height) {
                title { (why.trim_end()) }
            }
        }
    }
}

fn ruler(timeline: &Timeline<'_>, placed: Placed, stretch: Stretch) -> Markup {
    // From 1000 on the numbers are wider than a tick.
    let every = if timeline.ticks < 1000 { 1 } else { 5 };
    let shown = |tick: &usize| tick.is_multiple_of(every) || *tick == 1;
    html! {
        @for tick in stretch.ticks().filter(shown) {
            text class=(if tick % 5 == 0 { "number five" } else { "number" })
                x=(stretch.middle(tick)) y=(baseline(placed)) { (tick) }
        }
    }
}

/// A process: a rectangle for each run of equal cells, a letter in each cell.
fn lane(
    timeline: &Timeline<'_>,
    placed: Placed,
    side: Side,
    process: usize,
    stretch: Stretch,
) -> Markup {
    let glyph = |tick| timeline.cell(side, tick, process).map(Glyph::from);
    let runs = stretch.runs(|tick| glyph(tick).filter(|glyph| *glyph != Glyph::Gone));
    let letters = stretch
        .ticks()
        .filter_map(|tick| Some((tick, glyph(tick)?.letter())));
    let (gone, letters): (Vec<_>, Vec<_>) =
        letters.partition(|(_, letter)| *letter == Glyph::Gone.letter());
    let letter_y = match side {
        Side::Simulated => placed.height / 2 + 4,
        Side::Measured => placed.height / 2 - 1,
    };
    html! {
        g data-side=(side.name()) data-process=(process)
            transform={ "translate(0 " (placed.y) ")" } {
            (ground(placed, stretch))
            @for run in runs {
                rect class=(class(run.of)) x=(run.x) rx="2" width=(run.width)
                    height=(placed.height) {}
            }
            (spread("letter", letter_y, letters.into_iter(), stretch))
            (spread("away", letter_y, gone.into_iter(), stretch))
            @if side == Side::Measured {
                (kernel_letters(timeline, placed, process, stretch))
            }
        }
    }
}

pub const fn class(glyph: Glyph) -> &'static str {
    match glyph {
        Glyph::Cpu | Glyph::Io | Glyph::IoDone | Glyph::Ended => "running",
        Glyph::New => "new",
        Glyph::Ready => "ready",
        Glyph::Blocked => "blocked",
        Glyph::Zombie => "zombie",
        Glyph::Gone => "gone",
    }
}

/// Where nothing is, the lane is seen still.
fn ground(placed: Placed, stretch: Stretch) -> Markup {
    html! {
        rect class="ground" width=(stretch.width()) height=(placed.height) {}
    }
}

/// What `/proc` showed; framed where that is not what the state shows as.
fn kernel_letters(
    timeline: &Timeline<'_>,
    placed: Placed,
    process: usize,
    stretch: Stretch,
) -> Markup {
    let cells = stretch.ticks().filter_map(|tick| {
        let cell = timeline.cell(Side::Measured, tick, process)?;
        Some((tick, cell))
    });
    let letters = cells
        .clone()
        .filter_map(|(tick, cell)| Some((tick, cell.kernel?)));
    let odd = cells.filter(|(_, cell)| kernel_agrees(*cell) == Some(false));
    html! {
        (spread("kernel", placed.height - 4, letters, stretch))
        @for (tick, _) in odd {
            rect class="odd" x=(stretch.x(tick) + 5) y=(placed.height / 2 + 3)
                width=(CELL - 11) height=(placed.height / 2 - 4) {}
        }
    }
}

/// Letters, each in the middle of its tick. (A list of places in the `text` would be shorter, but
/// librsvg and others know no such lists.)
fn spread(
    class: &str,
    y: usize,
    letters: impl Iterator<Item = (usize, char)>,
    stretch: Stretch,
) -> Markup {
    html! {
        text class=(class) y=(y) {
            @for (tick, letter) in letters {
                tspan x=(stretch.middle(tick)) { (letter) }
            }
        }
    }
}

fn cpu(timeline: &Timeline<'_>, placed: Placed, side: Side, stretch: Stretch) -> Markup {
    let holder = |tick: &TickRecord| {
        let mut cells = tick.processes.iter();
        let holder = cells.position(|cell| cell.instruction.is_some())?;
        Some((holder, format!("P{holder}")))
    };
    let lane = Lane {
        side,
        name: "cpu",
        class: "running",
    };
    texts(timeline, placed, lane, stretch, holder)
}

fn device(timeline: &Timeline<'_>, placed: Placed, side: Side, stretch: Stretch) -> Markup {
    let working = |tick: &TickRecord| {
        let requests = usize::try_from(tick.ios_in_flight).ok();
        let requests = requests.filter(|&requests| requests > 0)?;
        Some((requests, requests.to_string()))
    };
    let lane = Lane {
        side,
        name: "device",
        class: "blocked",
    };
    texts(timeline, placed, lane, stretch, working)
}

#[derive(Clone, Copy)]
struct Lane {
    side: Side,
    name: &'static str,
    /// In the style sheet.
    class: &'static str,
}

/// A lane with a text in each tick that has one; equal values are one rectangle.
fn texts(
    timeline: &Timeline<'_>,
    placed: Placed,
    lane: Lane,
    stretch: Stretch,
    value_and_text: impl Fn(&TickRecord) -> Option<(usize, String)>,
) -> Markup {
    let Lane { side, name, class } = lane;
    let of = |tick| value_and_text(timeline.tick(side, tick)?);
    let texts = stretch.ticks().filter_map(|tick| Some((tick, of(tick)?.1)));
    html! {
        g data-side=(side.name()) data-lane=(name)
            transform={ "translate(0 " (placed.y) ")" } {
            (ground(placed, stretch))
            @for run in stretch.runs(|tick| Some(of(tick)?.0)) {
                rect class=(class) x=(run.x) y="3" rx="2" width=(run.width)
                    height=(placed.height - 6) {}
            }
            @for (tick, text) in texts {
                text class="kernel" x=(stretch.middle(tick)) y=(placed.height / 2 + 4) { (text) }
            }
        }
    }
}

fn differences(timeline: &Timeline<'_>, placed: Placed, stretch: Stretch) -> Markup {
    html! {
        @for tick in stretch.ticks().filter(|&tick| timeline.differs(tick)) {
            rect class="difference" x=(stretch.x(tick) + 1) y=(placed.y + 2) rx="3"
                width=(CELL - 3) height=(placed.height - 3) {
                title { "tick " (tick) " differs" }
            }
            text class="unequal" x=(stretch.middle(tick)) y=(baseline(placed) + 1) { "≠" }
        }
    }
}

/// A bar for each tick, up to twice its nominal length.
fn lengths(timeline: &Timeline<'_>, placed: Placed, stretch: Stretch) -> Markup {
    let nominal = placed.height / 2;
    let bars = stretch.ticks().filter_map(|tick| {
        let took_ns = timeline.took_ns(tick)?;
        let nominal_ns = timeline.trace.nominal_ns(tick - 1).max(1);
        let scaled = took_ns.saturating_mul(nominal as u64) / nominal_ns;
        let height = usize::try_from(scaled).unwrap_or(usize::MAX);
        Some((tick, took_ns, height.min(placed.height)))
    });
    html! {
        g data-lane="length" transform={ "translate(0 " (placed.y) ")" } {
            (ground(placed, stretch))
            @for (tick, took_ns, height) in bars {
                rect class=(if height == placed.height { "length clipped" } else { "length" })
                    x=(stretch.x(tick) + 3) y=(placed.height - height)
                    width=(CELL - 7) height=(height) {
                    title { "tick " (tick) ": " (time(took_ns)) }
                }
            }
            path class="nominal" d={ "M0 " (placed.height - nominal) "h" (stretch.width()) } {}
        }
    }
}

fn marks(timeline: &Timeline<'_>, placed: Placed, stretch: Stretch) -> Markup {
    let marked = stretch.ticks().map(|tick| (tick, timeline.marks(tick)));
    html! {
        @for (tick, marks) in marked.filter(|(_, marks)| !marks.is_empty()) {
            text class="sign" x=(stretch.middle(tick)) y=(baseline(placed)) {
                title { @for mark in marks { (mark.text) " " } }
                (symbols(marks))
            }
        }
    }
}

/// Each symbol once, and no more than fit.
fn symbols(marks: &[super::Mark]) -> String {
    let mut symbols = String::new();
    for mark in marks {
        if !symbols.contains(mark.symbol) && symbols.chars().count() < 3 {
            symbols.push(mark.symbol);
        }
    }
    symbols
}
