//! The timeline: a lane for each process and one for the device, tick by tick up to the moment that
//! is shown, and how busy CPU and device had been by then.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, shortened, width};
use super::view::View;
use crate::scheduler::State;
use crate::trace::{Cell, Glyph};

/// Where the lanes begin, behind the names of processes: at least, and at most.
const LANES: u16 = 8;
const LANES_AT_MOST: u16 = 18;

/// In front of a name, and behind it.
const BEFORE: u16 = 2;
const BEHIND: u16 = 1;
/// Columns of a tick at most.
const WIDEST: u64 = 8;

/// Rows of a lane, and empty ones below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    pub thick: u16,
    pub apart: u16,
}

impl Lane {
    pub const fn pitch(self) -> u16 {
        self.thick + self.apart
    }

    const fn at(self, y: u16) -> LaneAt {
        LaneAt { lane: self, y }
    }
}

/// A lane from a row on.
#[derive(Clone, Copy)]
struct LaneAt {
    lane: Lane,
    y: u16,
}

impl LaneAt {
    /// The row in which letters stand.
    const fn middle(self) -> u16 {
        self.y + (self.lane.thick - 1) / 2
    }
}

struct Scale {
    left: u16,
    first: u64,
    last: u64,
    columns: u16,
}

impl Scale {
    /// Wide enough to be seen well, and narrow enough for the whole run, as far as that is known.
    /// What there is no room for leaves on the left.
    fn new(view: &View, columns: u16) -> Self {
        let titles = (0..view.model.processes()).map(|process| view.model.title(process));
        let longest = titles.map(|title| width(&title)).max().unwrap_or(0);
        let left = (BEFORE + longest.min(LANES_AT_MOST) + BEHIND).clamp(LANES, LANES_AT_MOST);
        let room = u64::from(columns.saturating_sub(left).max(1));
        let last = if view.is_over() {
            view.model.ticks().len() as u64
        } else {
            view.moment()
        };
        let ticks = view.model.expected_ticks().max(last).max(1);
        let columns = (room / ticks).clamp(1, WIDEST);
        let first = (last + 1).saturating_sub(room / columns).max(1);
        Self {
            left,
            first,
            last,
            columns: u16::try_from(columns).unwrap_or(1),
        }
    }

    fn x(&self, tick: u64) -> u16 {
        let ticks = u16::try_from(tick.saturating_sub(self.first)).unwrap_or(u16::MAX);
        self.left.saturating_add(ticks.saturating_mul(self.columns))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Run,
    Simulator,
}

pub fn draw(view: &View, first: usize, lane: Lane, area: Rect, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(area, buffer);
    let scale = Scale::new(view, canvas.width());
    head(view, &mut canvas);
    ruler(view, &scale, &mut canvas);
    lanes(view, Source::Run, first, &scale, lane.at(2), &mut canvas);
}

/// The same as simulated.
pub fn draw_on_paper(view: &View, first: usize, lane: Lane, area: Rect, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(area, buffer);
    let scale = Scale::new(view, canvas.width());
    let x = canvas.text(0, 0, "ON PAPER", view.theme.title()) + 2;
    let how = view.counters().first_difference.map_or_else(
        || "the same so far".to_owned(),
        |tick| format!("not the same since tick {tick}"),
    );
    canvas.text(x, 0, &how, view.theme.plain());
    lanes(
        view,
        Source::Simulator,
        first,
        &scale,
        lane.at(1),
        &mut canvas,
    );
}

fn lanes(
    view: &View,
    source: Source,
    first: usize,
    scale: &Scale,
    mut at: LaneAt,
    canvas: &mut Canvas<'_>,
) {
    let room = canvas.height().saturating_sub(at.y + at.lane.thick) / at.lane.pitch();
    for process in (first..view.model.processes()).take(usize::from(room)) {
        let style = view.theme.of(view.model.state(view.moment(), process));
        let label_y = at.middle();
        if process == view.selected() {
            canvas.text(0, label_y, "▸", view.theme.bright());
        }
        let title = shortened(&view.model.title(process), scale.left - BEFORE - BEHIND);
        canvas.text(BEFORE, label_y, &title, style);
        for tick in scale.first.max(1)..=scale.last {
            let Some(cell) = cell(view, source, tick, process) else {
                continue;
            };
            let text = letter(Glyph::from(cell), scale.columns);
            let style = view.theme.filled(cell.state);
            block(scale.x(tick), at, &text, style, canvas);
        }
        at.y += at.lane.pitch();
    }
    device(view, source, scale, at, canvas);
}

/// The utilization up to the moment.
fn head(view: &View, canvas: &mut Canvas<'_>) {
    let x = canvas.text(0, 0, "TIMELINE", view.theme.title()) + 2;
    let (paper, real) = (view.counters().simulated, view.counters().measured);
    let percent =
        |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.1}%", 100.0 * share));
    let text = format!(
        "CPU {} simulated, {} measured · I/O {}, {}",
        percent(paper.cpu_share()),
        percent(real.cpu_share()),
        percent(paper.io_share()),
        percent(real.io_share())
    );
    let x = canvas.text(x, 0, &text, Style::new());
    let x = view.counters().first_difference.map_or(x, |tick| {
        canvas.text(x + 1, 0, &format!("≠ tick {tick}"), view.theme.outside())
    });
    let legend = legend();
    if x + GAP + width(&legend) <= canvas.width() {
        canvas.right(0, &legend, view.theme.quiet());
    }
}

/// Between the figures and the legend.
const GAP: u16 = 3;

/// What the letters mean, where there is room for it.
fn legend() -> String {
    let explained = Glyph::EXPLAINED.map(|glyph| {
        let meaning = glyph.meaning();
        let meaning = meaning.strip_prefix("running: ").unwrap_or(meaning);
        format!("{} {meaning}", glyph.letter())
    });
    explained.join("  ")
}

/// Every tick by its number, or as many as there is room for, and the one that is shown.
fn ruler(view: &View, scale: &Scale, canvas: &mut Canvas<'_>) {
    let theme = view.theme;
    let current = scale.last;
    let own = current.to_string();
    // At the right edge it ends there.
    let own_x = scale
        .x(current)
        .min(canvas.width().saturating_sub(width(&own)));
    let is_marked = !view.is_over() && current > 0;
    let every = every(scale.columns, width(&own));
    for tick in scale.first..=scale.last {
        let text = tick.to_string();
        let x = scale.x(tick);
        let collides = is_marked && x + width(&text) >= own_x;
        if (tick == 1 || tick % every == 0) && !collides {
            canvas.text(x, 1, &text, theme.quiet());
        }
    }
    if is_marked {
        canvas.text(own_x, 1, &own, theme.bar());
    }
}

/// Which ticks get a number: there is a blank between two of them.
fn every(columns: u16, digits: u16) -> u64 {
    let fits = |every: &u64| *every * u64::from(columns) > u64::from(digits);
    [1, 5, 10, 50].into_iter().find(fits).unwrap_or(100)
}

/// Lets a text fill all rows of a lane, as a block: letters in its middle only.
fn block(x: u16, at: LaneAt, text: &str, style: Style, canvas: &mut Canvas<'_>) {
    for y in at.y..at.y + at.lane.thick {
        if y == at.middle() {
            canvas.text(x, y, text, style);
        } else {
            let blank: String = text.chars().map(without_letter).collect();
            canvas.text(x, y, &blank, style);
        }
    }
}

fn without_letter(sign: char) -> char {
    if sign.is_ascii() { ' ' } else { sign }
}

/// Where a process was in a tick, and what it executed, or executes now.
fn cell(view: &View, source: Source, tick: u64, process: usize) -> Option<Cell> {
    let recorded = match source {
        Source::Run => view.model.tick(tick),
        Source::Simulator => view.model.on_paper(tick),
    };
    let cell = recorded.and_then(|tick| tick.processes.get(process));
    if cell.is_some() || source == Source::Simulator {
        return cell.copied();
    }
    let state = view.model.state(tick, process);
    let counter = view.counters().executed(process);
    let executes = view.model.program(process).get(counter).copied();
    Some(Cell {
        state,
        instruction: executes.filter(|_| state == State::Running),
        kernel: None,
    })
}

/// At the beginning of the tick; the rest of it has the colour only.
fn letter(glyph: Glyph, columns: u16) -> String {
    let columns = usize::from(columns);
    format!("{:<columns$}", glyph.letter())
}

/// How many requests it worked on.
fn device(view: &View, source: Source, scale: &Scale, at: LaneAt, canvas: &mut Canvas<'_>) {
    let theme = view.theme;
    canvas.text(BEFORE, at.middle(), "I/Os", theme.of(State::Blocked));
    for tick in scale.first.max(1)..=scale.last {
        let requests = match source {
            Source::Run => view.requests(tick),
            Source::Simulator => view
                .model
                .on_paper(tick)
                .map_or(0, |tick| tick.ios_in_flight),
        };
        let sign = match requests {
            0 => continue,
            requests @ 1..=9 => requests.to_string(),
            _ => "+".to_owned(),
        };
        let columns = usize::from(scale.columns);
        let text = format!("{sign:<columns$}");
        block(scale.x(tick), at, &text, theme.device(), canvas);
    }
}
