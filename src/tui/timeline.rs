//! The timeline: a lane for each process and one for the device, tick by tick up to the moment that
//! is shown, and how busy CPU and device had been by then.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::{Pen, width};
use super::theme;
use super::view::View;
use crate::scheduler::State;

/// Where the lanes begin.
const LANES: u16 = 8;
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

    /// The row of it in which letters stand.
    const fn middle(self) -> u16 {
        (self.thick - 1) / 2
    }
}

/// Which ticks are shown, and how.
struct Scale {
    first: u64,
    last: u64,
    /// Columns of a tick.
    columns: u16,
}

impl Scale {
    /// Wide enough to be seen well, and narrow enough for the whole run, as far as that is known.
    /// What there is no room for leaves on the left.
    fn new(view: &View, room: u16) -> Self {
        let room = u64::from(room.max(1));
        let last = if view.is_over() {
            view.model.ticks().len() as u64
        } else {
            view.moment()
        };
        let ticks = view.model.expected_ticks().max(last).max(1);
        let columns = (room / ticks).clamp(1, WIDEST);
        let first = (last + 1).saturating_sub(room / columns).max(1);
        Self {
            first,
            last,
            columns: u16::try_from(columns).unwrap_or(1),
        }
    }

    fn x(&self, tick: u64) -> u16 {
        let ticks = u16::try_from(tick.saturating_sub(self.first)).unwrap_or(u16::MAX);
        LANES.saturating_add(ticks.saturating_mul(self.columns))
    }
}

/// `first`: the first process to show.
pub fn draw(view: &View, first: usize, lane: Lane, area: Rect, buffer: &mut Buffer) {
    let mut pen = Pen::new(area, buffer);
    let scale = Scale::new(view, pen.width().saturating_sub(LANES));
    head(view, &mut pen);
    ruler(view, &scale, &mut pen);
    let lanes = (pen.height().saturating_sub(2 + lane.thick)) / lane.pitch();
    let shown = (first..view.model.processes()).take(usize::from(lanes));
    let mut y = 2;
    for process in shown {
        process_lane(view, process, &scale, (y, lane), &mut pen);
        y += lane.pitch();
    }
    device(view, &scale, (y, lane), &mut pen);
}

/// The utilization up to the moment.
fn head(view: &View, pen: &mut Pen<'_>) {
    let x = pen.text(0, 0, "TIMELINE", view.theme.title()) + 2;
    let (paper, real) = (view.tally().simulated, view.tally().measured);
    let percent =
        |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.1}%", 100.0 * share));
    let text = format!(
        "CPU {} simulated, {} measured · I/O {}, {}",
        percent(paper.cpu_share()),
        percent(real.cpu_share()),
        percent(paper.io_share()),
        percent(real.io_share())
    );
    pen.text(x, 0, &text, Style::new());
}

/// Every fifth tick by its number, and the one that is shown.
fn ruler(view: &View, scale: &Scale, pen: &mut Pen<'_>) {
    let theme = view.theme;
    let current = scale.last;
    let own = current.to_string();
    let own_x = scale.x(current);
    for tick in scale.first..=scale.last {
        let text = tick.to_string();
        let x = scale.x(tick);
        let collides = x + width(&text) >= own_x;
        if (tick == 1 || tick % 5 == 0) && !collides {
            pen.text(x, 1, &text, theme.quiet());
        }
    }
    if !view.is_over() && current > 0 {
        // At the right edge it ends there.
        let x = own_x.min(pen.width().saturating_sub(width(&own)));
        pen.text(x, 1, &own, theme.bar());
    }
}

/// Lets a text fill all rows of a lane, as a block: letters in its middle only.
fn block(x: u16, (y, lane): (u16, Lane), text: &str, style: Style, pen: &mut Pen<'_>) {
    for row in 0..lane.thick {
        if row == lane.middle() {
            pen.text(x, y + row, text, style);
        } else {
            let blank: String = text.chars().map(without_letter).collect();
            pen.text(x, y + row, &blank, style);
        }
    }
}

fn without_letter(sign: char) -> char {
    if sign.is_ascii() { ' ' } else { sign }
}

fn process_lane(
    view: &View,
    process: usize,
    scale: &Scale,
    (y, lane): (u16, Lane),
    pen: &mut Pen<'_>,
) {
    let moment = view.moment();
    let theme = view.theme;
    let style = theme.of(view.model.state(moment, process));
    let label_y = y + lane.middle();
    if process == view.selected() {
        pen.text(0, label_y, "▸", theme.bright());
    }
    pen.text(2, label_y, &format!("P{process}"), style);
    for tick in scale.first.max(1)..=scale.last {
        let state = view.model.state(tick, process);
        let text = cell(view, tick, process, state, scale.columns);
        block(scale.x(tick), (y, lane), &text, theme.filled(state), pen);
    }
}

/// A process in a tick: what it executed, or the sign of its state, across the whole tick.
fn cell(view: &View, tick: u64, process: usize, state: State, columns: u16) -> String {
    let columns = usize::from(columns);
    let executed = match view.model.tick(tick) {
        Some(ended) => ended
            .processes
            .get(process)
            .and_then(|cell| cell.instruction),
        None if state == State::Running => {
            let counter = view.tally().executed(process);
            view.model.program(process).get(counter).copied()
        }
        None => None,
    };
    match executed {
        Some(instruction) => {
            let letter = theme::letter(instruction);
            format!("{letter:<columns$}")
        }
        None => theme::sign(state).to_string().repeat(columns),
    }
}

/// How many requests it worked on.
fn device(view: &View, scale: &Scale, (y, lane): (u16, Lane), pen: &mut Pen<'_>) {
    let theme = view.theme;
    pen.text(2, y + lane.middle(), "I/O", theme.of(State::Blocked));
    for tick in scale.first.max(1)..=scale.last {
        let sign = match view.requests(tick) {
            0 => continue,
            requests @ 1..=9 => requests.to_string(),
            _ => "+".to_owned(),
        };
        let columns = usize::from(scale.columns);
        let text = format!("{sign:<columns$}");
        block(scale.x(tick), (y, lane), &text, theme.device(), pen);
    }
}
