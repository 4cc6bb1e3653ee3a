//! The book's figure 4.2, with New and Zombie, and the processes in it.
//!
//! ```text
//! ┌ Running ─────┐  Descheduled   ┌ Ready ───────┐
//! │ P0           ├───────────────▶│ P1 P2        │
//! │              │◀───────────────┤              │
//! └──┬─────────┬─┘   Scheduled    └─▲──────────▲─┘
//!    │exit     │I/O: initiate       │I/O: done │
//! ┌──▼───────┐ │   ┌ Blocked ────┐  │ ┌admitted┴─┐
//! │ P4       │ └──▶│ P3          ├──┘ │          │
//! └ Zombie ──┘     └─────────────┘    └ New ─────┘
//! ```

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::canvas::{Canvas, width};
use super::theme;
use super::view::View;
use crate::scheduler::{State, TransitionKind};

/// The least that it needs.
pub const COLUMNS: u16 = 48;
pub const ROWS: u16 = 8;

struct Plan {
    upper_width: u16,
    /// Rows inside the upper boxes.
    upper: u16,
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
            upper_width: box_width,
            upper: 2 + more.div_ceil(2),
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
        self.upper + 3 + 1 + (self.lower - 1) / 2
    }

    fn frame(&self, state: State) -> Rect {
        let (width, rows) = (self.upper_width, self.upper);
        let (top, height) = (rows + 3, self.lower + 2);
        match state {
            State::Running => Rect::new(0, 0, width, rows + 2),
            State::Ready => Rect::new(self.columns - width, 0, width, rows + 2),
            State::Blocked => {
                let x = self.block_x + 4;
                Rect::new(x, top, self.done_x - 2 - x, height)
            }
            State::New => {
                let x = self.done_x + 2;
                Rect::new(x, top, self.columns - x, height)
            }
            State::Zombie | State::Gone => Rect::new(0, top, self.block_x - 1, height),
        }
    }
}

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
    const fn of(transition: TransitionKind) -> Option<Self> {
        match transition {
            TransitionKind::Admit => Some(Self::Admitted),
            TransitionKind::Dispatch => Some(Self::Scheduled),
            TransitionKind::Deschedule => Some(Self::Descheduled),
            TransitionKind::Block => Some(Self::Initiate),
            TransitionKind::CompleteIo => Some(Self::Done),
            TransitionKind::Exit => Some(Self::Exit),
            TransitionKind::Reap => None,
        }
    }
}

/// A piece of a line: thick in an arrow that is being taken.
#[derive(Clone, Copy)]
struct Stroke {
    thin: &'static str,
    thick: &'static str,
}

const fn stroke(thin: &'static str, thick: &'static str) -> Stroke {
    Stroke { thin, thick }
}

const ACROSS: Stroke = stroke("─", "━");
const DOWN: Stroke = stroke("│", "┃");
const TURN_RIGHT: Stroke = stroke("└", "┗");
const TURN_UP: Stroke = stroke("┘", "┛");

/// The strokes an arrow is drawn with, and where.
#[derive(Default)]
struct Route(Vec<(Position, Stroke)>);

impl Route {
    fn at(mut self, x: u16, y: u16, stroke: Stroke) -> Self {
        self.0.push((Position { x, y }, stroke));
        self
    }

    /// Where it leaves or enters a box, or has its head.
    fn end(self, x: u16, y: u16, text: &'static str) -> Self {
        self.at(x, y, stroke(text, text))
    }

    fn across(self, mut xs: Range<u16>, y: u16) -> Self {
        xs.by_ref().fold(self, |route, x| route.at(x, y, ACROSS))
    }

    fn down(self, x: u16, mut ys: Range<u16>) -> Self {
        ys.by_ref().fold(self, |route, y| route.at(x, y, DOWN))
    }
}

/// Where an arrow goes, what it is called, and where the process that takes it stands.
struct Course {
    route: Route,
    label: &'static str,
    label_at: Position,
    token_at: Position,
}

impl Arrow {
    /// Between the upper boxes, across; otherwise down to the lower ones, or up from there.
    fn course(self, plan: &Plan, token: u16) -> Course {
        let route = Route::default();
        let (from, to) = (plan.upper_width, plan.columns - plan.upper_width);
        let upper_y = 1 + (plan.upper - 2) / 2;
        let (edge, box_y, side_y) = (plan.upper + 1, plan.upper + 3, plan.lower_y());
        let blocked = plan.frame(State::Blocked);
        let middle = |length: u16| from + (to - from).saturating_sub(length) / 2;
        match self {
            Self::Descheduled => Course {
                route: (route.across(from..to, upper_y))
                    .end(from - 1, upper_y, "├")
                    .end(to - 1, upper_y, "▶"),
                label: "Descheduled",
                label_at: Position::new(middle(11), upper_y - 1),
                token_at: Position::new(middle(token), upper_y),
            },
            Self::Scheduled => Course {
                route: (route.across(from..to, upper_y + 1))
                    .end(from, upper_y + 1, "◀")
                    .end(to, upper_y + 1, "┤"),
                label: "Scheduled",
                label_at: Position::new(middle(9), upper_y + 2),
                token_at: Position::new(middle(token), upper_y + 1),
            },
            Self::Exit => Course {
                route: (route.down(plan.exit_x, edge + 1..box_y))
                    .end(plan.exit_x, edge, "┬")
                    .end(plan.exit_x, box_y, "▼"),
                label: "exit",
                label_at: Position::new(plan.exit_x + 1, edge + 1),
                token_at: Position::new(plan.exit_x + 6, edge + 1),
            },
            Self::Initiate => Course {
                route: (route.down(plan.block_x, edge + 1..side_y))
                    .end(plan.block_x, edge, "┬")
                    .at(plan.block_x, side_y, TURN_RIGHT)
                    .across(plan.block_x + 1..blocked.x - 1, side_y)
                    .end(blocked.x - 1, side_y, "▶"),
                label: "I/O: initiate",
                label_at: Position::new(plan.block_x + 1, edge + 1),
                token_at: Position::new(plan.block_x + 1, edge + 2),
            },
            Self::Done => Course {
                route: (route.down(plan.done_x, edge + 1..side_y))
                    .end(plan.done_x, edge, "▲")
                    .end(blocked.right() - 1, side_y, "├")
                    .across(blocked.right()..plan.done_x, side_y)
                    .at(plan.done_x, side_y, TURN_UP),
                label: "I/O: done",
                label_at: Position::new(plan.done_x + 1, edge + 1),
                token_at: Position::new(plan.done_x.saturating_sub(token), edge + 1),
            },
            // Its name is in the frame it leaves: beside the arrow there is that of another. All are
            // admitted before the first I/O, so the process that takes it has room there.
            Self::Admitted => Course {
                route: (route.down(plan.admit_x, edge + 1..box_y))
                    .end(plan.admit_x, edge, "▲")
                    .end(plan.admit_x, box_y, "┴"),
                label: "admitted",
                label_at: Position::new(plan.admit_x - 8, box_y),
                token_at: Position::new(plan.admit_x - token - 1, edge + 1),
            },
        }
    }
}

pub fn draw(view: &View, area: Rect, buffer: &mut Buffer) {
    let plan = Plan::new(area);
    let mut canvas = Canvas::new(area, buffer);
    for state in [
        State::Running,
        State::Ready,
        State::Blocked,
        State::New,
        State::Zombie,
    ] {
        frame(view, state, plan.frame(state), &mut canvas);
    }
    for arrow in [
        Arrow::Descheduled,
        Arrow::Scheduled,
        Arrow::Initiate,
        Arrow::Done,
        Arrow::Exit,
        Arrow::Admitted,
    ] {
        draw_arrow(view, arrow, &plan, &mut canvas);
    }
}

/// The processes that take an arrow into the moment that is shown: `P0`, or `P0+2` of three.
fn takers_of(view: &View, arrow: Arrow) -> Option<String> {
    let decisions = view.model.decisions(view.moment()).iter();
    let mut takers = decisions
        .filter(|decision| decision.transition.and_then(Arrow::of) == Some(arrow))
        .filter_map(|decision| decision.process);
    let first = takers.next()?;
    let name = match takers.count() {
        0 => first.to_string(),
        more => format!("{first}+{more}"),
    };
    Some(match arrow {
        // In the middle of the line.
        Arrow::Scheduled | Arrow::Descheduled => format!(" {name} "),
        _ => name,
    })
}

fn draw_arrow(view: &View, arrow: Arrow, plan: &Plan, canvas: &mut Canvas<'_>) {
    let theme = view.theme;
    let takers = takers_of(view, arrow);
    let token = takers.as_deref().unwrap_or_default();
    let Course {
        route,
        label,
        label_at,
        token_at,
    } = arrow.course(plan, width(token));
    let style = match takers {
        Some(_) => theme.bright(),
        None => theme.quiet(),
    };
    for (at, Stroke { thin, thick }) in route.0 {
        let text = if takers.is_some() { thick } else { thin };
        canvas.text(at.x, at.y, text, style);
    }
    let admits = takers_of(view, Arrow::Admitted).is_some();
    if !(admits && arrow == Arrow::Done) {
        canvas.text(label_at.x, label_at.y, label, style);
    }
    let style = theme.of(arrow.leads_to()).patch(theme.bar());
    canvas.text(token_at.x, token_at.y, token, style);
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

/// A state, and the processes in it.
fn frame(view: &View, state: State, at: Rect, canvas: &mut Canvas<'_>) {
    let theme = view.theme;
    let (left, right, bottom) = (at.x, at.right() - 1, at.bottom() - 1);
    let style = theme.of(state);
    let border = theme.quiet();
    for y in [at.y, bottom] {
        canvas.across(left + 1, right, y, "─", border);
    }
    for x in [left, right] {
        canvas.down(x, at.y + 1, bottom, "│", border);
    }
    for (x, y, corner) in [
        (left, at.y, "┌"),
        (right, at.y, "┐"),
        (left, bottom, "└"),
        (right, bottom, "┘"),
    ] {
        canvas.text(x, y, corner, border);
    }
    // An arrow comes in from above there.
    let name_y = match state {
        State::Zombie | State::New => bottom,
        _ => at.y,
    };
    let name = format!(" {} ", theme::name(state));
    canvas.text(left + 1, name_y, &name, style.patch(theme.title()));
    let inside = Rect::new(left + 2, at.y + 1, at.width - 3, at.height - 2);
    tokens(
        &processes_in(view, state),
        theme.token(state),
        inside,
        canvas,
    );
}

/// The processes in a state. One that is reaped right now is still shown, in brackets.
fn processes_in(view: &View, state: State) -> Vec<String> {
    let moment = view.moment();
    let of = |process: &usize| view.model.state(moment, *process) == state;
    let here = (0..view.model.processes()).filter(of);
    let mut names: Vec<_> = here.map(|process| format!("P{process}")).collect();
    if state == State::Zombie {
        let reaped = view.model.decisions(moment).iter();
        let reaped = reaped.filter(|decision| decision.transition == Some(TransitionKind::Reap));
        names.extend(
            reaped
                .filter_map(|decision| decision.process)
                .map(|process| format!("({process})")),
        );
    }
    names
}

/// Names, row after row, and how many there was no room for.
fn tokens(names: &[String], style: Style, inside: Rect, canvas: &mut Canvas<'_>) {
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
                canvas.text(inside.x + x, inside.y + y, &more, style);
                return;
            }
            (x, y) = (0, y + 1);
        }
        canvas.text(inside.x + x, inside.y + y, name, style);
        x += width(name) + 1;
    }
}
