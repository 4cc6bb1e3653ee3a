//! The timeline: a lane for each process and one for the device, tick by tick up to the moment that
//! is shown, and how busy CPU and device had been by then.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen::{Pen, width};
use super::tally::Busy;
use super::theme;
use super::view::View;
use crate::scheduler::State;

/// Where the lanes begin.
const LANES: u16 = 8;
/// Columns of a tick at most.
const WIDEST: u64 = 4;

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

/// `first`: the first process to show. `spaced`: an empty row below each lane.
pub fn draw(view: &View, first: usize, spaced: bool, area: Rect, buffer: &mut Buffer) {
    let mut pen = Pen::new(area, buffer);
    let scale = Scale::new(view, pen.width().saturating_sub(LANES));
    head(view, &mut pen);
    ruler(view, &scale, &mut pen);
    let pitch = if spaced { 2 } else { 1 };
    let lanes = pen.height().saturating_sub(3) / pitch;
    let shown = (first..view.model.processes()).take(usize::from(lanes));
    let mut y = 2;
    for process in shown {
        lane(view, process, &scale, y, &mut pen);
        y += pitch;
    }
    device(view, &scale, y, &mut pen);
}

/// The utilization up to the moment.
fn head(view: &View, pen: &mut Pen<'_>) {
    let x = pen.text(0, 0, "TIMELINE", view.theme.title()) + 2;
    let Busy { .. } = view.tally().simulated;
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
    pen.text(x, 0, &text, ratatui::style::Style::new());
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

fn lane(view: &View, process: usize, scale: &Scale, y: u16, pen: &mut Pen<'_>) {
    let moment = view.moment();
    let theme = view.theme;
    let style = theme.of(view.model.state(moment, process));
    if process == view.selected() {
        pen.text(0, y, "▸", theme.bright());
    }
    pen.text(2, y, &format!("P{process}"), style);
    for tick in scale.first.max(1)..=scale.last {
        let state = view.model.state(tick, process);
        let text = cell(view, tick, process, state, scale.columns);
        pen.text(scale.x(tick), y, &text, theme.filled(state));
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
fn device(view: &View, scale: &Scale, y: u16, pen: &mut Pen<'_>) {
    let theme = view.theme;
    pen.text(2, y, "I/O", theme.of(State::Blocked));
    for tick in scale.first.max(1)..=scale.last {
        let requests = view.requests(tick);
        if requests == 0 {
            continue;
        }
        let sign = match requests {
            1..=9 => requests.to_string(),
            _ => "+".to_owned(),
        };
        let columns = usize::from(scale.columns);
        pen.text(
            scale.x(tick),
            y,
            &format!("{sign:<columns$}"),
            theme.device(),
        );
    }
}
