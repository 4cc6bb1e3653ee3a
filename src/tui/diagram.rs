//! The book's figure 4.2, with New and Zombie, and the processes in it.
//!
//! ```text
//! ┌ Running ─────┐  Descheduled   ┌ Ready ───────┐
//! │ P0           ├───────────────▶│ P1 P2        │
//! │              │◀───────────────┤              │
//! └──┬─────────┬─┘   Scheduled    └─▲──────────▲─┘
//!    │exit     │I/O: initiate       │I/O: done │
//! ┌ ▼ ──────┐  │  ┌ Blocked ────┐   │  ┌───────┴─┐
//! │ P4      │  └─▶│ P3          ├───┘  │         │
//! └ Zombie ─┘     └─────────────┘      └ New ────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::{Pen, width};
use super::theme::{self, Theme};
use super::view::View;
use crate::scheduler::State;

/// The least that it needs.
pub const COLUMNS: u16 = 48;
pub const ROWS: u16 = 8;

/// Where everything is.
struct Plan {
    /// Width of the upper boxes, and rows inside them.
    upper: (u16, u16),
    /// Rows inside the lower boxes.
    lower: u16,
    /// Columns of the arrows down, and up.
    exit_x: u16,
    block_x: u16,
    done_x: u16,
    admit_x: u16,
    columns: u16,
}

impl Plan {
    const fn new(area: Rect) -> Self {
        let more = area.height.saturating_sub(ROWS);
        let columns = area.width;
        let box_width = columns / 3;
        Self {
            upper: (box_width, 2 + more.div_ceil(2)),
            lower: 1 + more / 2,
            exit_x: 3,
            block_x: box_width - 3,
            done_x: columns - box_width + 2,
            admit_x: columns - 3,
            columns,
        }
    }

    /// The row of the arrow into and out of the blocked state.
    const fn lower_y(&self) -> u16 {
        self.upper.1 + 3 + 1 + (self.lower - 1) / 2
    }

    fn frame(&self, state: State) -> Rect {
        let (width, rows) = self.upper;
        let (top, height) = (rows + 3, self.lower + 2);
        match state {
            State::Running => Rect::new(0, 0, width, rows + 2),
            State::Ready => Rect::new(self.columns - width, 0, width, rows + 2),
            State::Blocked => {
                let x = self.block_x + 4;
                Rect::new(x, top, self.done_x - 2 - x, height)
            }
            State::New => {
                let x = self.done_x + 4;
                Rect::new(x, top, self.columns - x, height)
            }
            State::Zombie | State::Gone => Rect::new(0, top, self.block_x - 1, height),
        }
    }
}

/// An arrow of the figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrow {
    Admitted,
    Scheduled,
    Descheduled,
    Initiate,
    Done,
    Exit,
}

impl Arrow {
    fn of(transition: &str) -> Option<Self> {
        Some(match transition {
            "admit" => Self::Admitted,
            "dispatch" => Self::Scheduled,
            "deschedule" => Self::Descheduled,
            "block" => Self::Initiate,
            "complete_io" => Self::Done,
            "exit" => Self::Exit,
            _ => return None,
        })
    }
}

/// The signs of a line: thin, and of an arrow that is being taken, thick.
struct Line {
    across: &'static str,
    down: &'static str,
    style: Style,
}

pub fn draw(view: &View, area: Rect, buffer: &mut Buffer) {
    let plan = Plan::new(area);
    let mut pen = Pen::new(area, buffer);
    for state in [
        State::Running,
        State::Ready,
        State::Blocked,
        State::New,
        State::Zombie,
    ] {
        frame(view, state, plan.frame(state), &mut pen);
    }
    for arrow in [
        Arrow::Descheduled,
        Arrow::Scheduled,
        Arrow::Initiate,
        Arrow::Done,
        Arrow::Exit,
        Arrow::Admitted,
    ] {
        draw_arrow(view, arrow, &plan, &mut pen);
    }
}

/// Who takes an arrow into the moment that is shown: `P0`, or `P0+2` of three.
fn takers(view: &View, arrow: Arrow) -> Option<String> {
    let decisions = view.model.decisions(view.moment()).iter();
    let mut takers = decisions
        .filter(|decision| decision.transition.as_deref().and_then(Arrow::of) == Some(arrow))
        .filter_map(|decision| decision.process);
    let first = takers.next()?;
    Some(match takers.count() {
        0 => format!("P{first}"),
        more => format!("P{first}+{more}"),
    })
}

fn draw_arrow(view: &View, arrow: Arrow, plan: &Plan, pen: &mut Pen<'_>) {
    let taken = takers(view, arrow);
    let line = match taken {
        Some(_) => Line {
            across: "━",
            down: "┃",
            style: view.theme.bright(),
        },
        None => Line {
            across: "─",
            down: "│",
            style: view.theme.quiet(),
        },
    };
    match arrow {
        Arrow::Scheduled | Arrow::Descheduled => {
            draw_across(view.theme, arrow, &line, taken.as_deref(), plan, pen);
        }
        _ => draw_down(view.theme, arrow, &line, taken.as_deref(), plan, pen),
    }
}

/// Between Running and Ready.
fn draw_across(
    theme: Theme,
    arrow: Arrow,
    line: &Line,
    taken: Option<&str>,
    plan: &Plan,
    pen: &mut Pen<'_>,
) {
    let (box_width, rows) = plan.upper;
    let (from, to) = (box_width, plan.columns - box_width);
    let upper_y = 1 + (rows - 2) / 2;
    let (y, label, label_y) = match arrow {
        Arrow::Descheduled => (upper_y, "Descheduled", upper_y - 1),
        _ => (upper_y + 1, "Scheduled", upper_y + 2),
    };
    pen.across(from, to, y, line.across, line.style);
    let ends = match arrow {
        Arrow::Descheduled => [(from - 1, "├"), (to - 1, "▶")],
        _ => [(from, "◀"), (to, "┤")],
    };
    for (x, end) in ends {
        pen.text(x, y, end, line.style);
    }
    pen.centre(from, label_y, to - from, label, line.style);
    if let Some(taken) = taken {
        let style = theme.of(arrow.leads_to()).patch(theme.bar());
        pen.centre(from, y, to - from, &format!(" {taken} "), style);
    }
}

impl Arrow {
    const fn leads_to(self) -> State {
        match self {
            Self::Admitted | Self::Descheduled | Self::Done => State::Ready,
            Self::Scheduled => State::Running,
            Self::Initiate => State::Blocked,
            Self::Exit => State::Zombie,
        }
    }
}

/// Between the upper boxes and the lower ones.
fn draw_down(
    theme: Theme,
    arrow: Arrow,
    line: &Line,
    taken: Option<&str>,
    plan: &Plan,
    pen: &mut Pen<'_>,
) {
    let (edge, box_y, side_y) = (plan.upper.1 + 1, plan.upper.1 + 3, plan.lower_y());
    let blocked = plan.frame(State::Blocked);
    let heavy = taken.is_some();
    let (x, label) = match arrow {
        Arrow::Exit => {
            pen.text(plan.exit_x, edge, "┬", line.style);
            pen.down(plan.exit_x, edge + 1, box_y, line.down, line.style);
            pen.text(plan.exit_x, box_y, "▼", line.style);
            (plan.exit_x, "exit")
        }
        Arrow::Admitted => {
            pen.text(plan.admit_x, edge, "▲", line.style);
            pen.down(plan.admit_x, edge + 1, box_y, line.down, line.style);
            pen.text(plan.admit_x, box_y, "┴", line.style);
            (plan.admit_x, "")
        }
        Arrow::Initiate => {
            pen.text(plan.block_x, edge, "┬", line.style);
            pen.down(plan.block_x, edge + 1, side_y, line.down, line.style);
            pen.text(
                plan.block_x,
                side_y,
                if heavy { "┗" } else { "└" },
                line.style,
            );
            pen.across(plan.block_x + 1, blocked.x, side_y, line.across, line.style);
            pen.text(blocked.x - 1, side_y, "▶", line.style);
            (plan.block_x, "I/O: initiate")
        }
        _ => {
            pen.text(plan.done_x, edge, "▲", line.style);
            pen.text(blocked.right() - 1, side_y, "├", line.style);
            pen.down(plan.done_x, edge + 1, side_y, line.down, line.style);
            pen.across(
                blocked.right(),
                plan.done_x,
                side_y,
                line.across,
                line.style,
            );
            pen.text(
                plan.done_x,
                side_y,
                if heavy { "┛" } else { "┘" },
                line.style,
            );
            (plan.done_x, "I/O: done")
        }
    };
    pen.text(x + 1, edge + 1, label, line.style);
    if let Some(taken) = taken {
        let style = theme.of(arrow.leads_to()).patch(theme.bar());
        match arrow {
            Arrow::Exit => pen.text(x + 2 + width(label), edge + 1, taken, style),
            // All are admitted before the first I/O: there is room in place of its label.
            Arrow::Admitted => {
                let label_x = plan.done_x + 1;
                pen.across(label_x, x, edge + 1, " ", Style::new());
                pen.text(x - width(taken) - 1, edge + 1, taken, style)
            }
            _ => pen.text(x + 1, edge + 2, taken, style),
        };
    }
}

/// A state, and who is in it.
fn frame(view: &View, state: State, at: Rect, pen: &mut Pen<'_>) {
    let theme = view.theme;
    let (left, right, bottom) = (at.x, at.right() - 1, at.bottom() - 1);
    let style = theme.of(state);
    let border = theme.quiet();
    for y in [at.y, bottom] {
        pen.across(left + 1, right, y, "─", border);
    }
    for x in [left, right] {
        pen.down(x, at.y + 1, bottom, "│", border);
    }
    for (x, y, corner) in [
        (left, at.y, "┌"),
        (right, at.y, "┐"),
        (left, bottom, "└"),
        (right, bottom, "┘"),
    ] {
        pen.text(x, y, corner, border);
    }
    // An arrow comes in from above there.
    let name_y = match state {
        State::Zombie | State::New => bottom,
        _ => at.y,
    };
    let name = format!(" {} ", theme::name(state));
    pen.text(left + 1, name_y, &name, style.patch(theme.title()));
    let inside = Rect::new(left + 2, at.y + 1, at.width - 3, at.height - 2);
    tokens(&inhabitants(view, state), theme.token(state), inside, pen);
}

/// Who is in a state. Whoever has been waited for right now is still shown, in brackets.
fn inhabitants(view: &View, state: State) -> Vec<String> {
    let moment = view.moment();
    let of = |process: &usize| view.model.state(moment, *process) == state;
    let here = (0..view.model.processes()).filter(of);
    let mut names: Vec<_> = here.map(|process| format!("P{process}")).collect();
    if state == State::Zombie {
        let reaped = view.model.decisions(moment).iter();
        let reaped = reaped.filter(|decision| decision.transition.as_deref() == Some("reap"));
        names.extend(
            reaped
                .filter_map(|decision| decision.process)
                .map(|process| format!("(P{process})")),
        );
    }
    names
}

/// Names, row after row, and how many there was no room for.
fn tokens(names: &[String], style: Style, inside: Rect, pen: &mut Pen<'_>) {
    let (mut x, mut y) = (0, 0);
    for (index, name) in names.iter().enumerate() {
        let more = format!("+{}", names.len() - index);
        let is_last_row = y + 1 == inside.height;
        // On the last row there must be room for the rest, too, if there is one.
        let needed = if index + 1 < names.len() && is_last_row {
            width(name) + 1 + width(&more)
        } else {
            width(name)
        };
        if x + needed > inside.width {
            if is_last_row {
                pen.text(inside.x + x, inside.y + y, &more, style);
                return;
            }
            (x, y) = (0, y + 1);
        }
        pen.text(inside.x + x, inside.y + y, name, style);
        x += width(name) + 1;
    }
}
