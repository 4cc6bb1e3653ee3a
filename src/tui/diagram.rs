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
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::{Pen, width};
use super::theme;
use super::view::View;
use crate::scheduler::{State, TransitionKind};

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
                let x = self.done_x + 2;
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

/// A sign of a line: thin, and thick in an arrow that is being taken.
type Sign = (&'static str, &'static str);

const ACROSS: Sign = ("─", "━");
const DOWN: Sign = ("│", "┃");
const TURN_RIGHT: Sign = ("└", "┗");
const TURN_UP: Sign = ("┘", "┛");

/// The signs an arrow is drawn with, and where.
#[derive(Default)]
struct Route(Vec<(u16, u16, Sign)>);

impl Route {
    fn at(mut self, x: u16, y: u16, sign: Sign) -> Self {
        self.0.push((x, y, sign));
        self
    }

    /// Where it leaves or enters a box, or has its head.
    fn end(self, x: u16, y: u16, sign: &'static str) -> Self {
        self.at(x, y, (sign, sign))
    }

    fn across(self, mut xs: Range<u16>, y: u16) -> Self {
        xs.by_ref().fold(self, |route, x| route.at(x, y, ACROSS))
    }

    fn down(self, x: u16, mut ys: Range<u16>) -> Self {
        ys.by_ref().fold(self, |route, y| route.at(x, y, DOWN))
    }
}

/// Where an arrow goes, what it is called, and where the one who takes it stands.
struct Course {
    route: Route,
    label: (u16, u16, &'static str),
    token: (u16, u16),
}

impl Arrow {
    /// Between the upper boxes, across; otherwise down to the lower ones, or up from there.
    fn course(self, plan: &Plan, token: u16) -> Course {
        let route = Route::default();
        let (from, to) = (plan.upper.0, plan.columns - plan.upper.0);
        let upper_y = 1 + (plan.upper.1 - 2) / 2;
        let (edge, box_y, side_y) = (plan.upper.1 + 1, plan.upper.1 + 3, plan.lower_y());
        let blocked = plan.frame(State::Blocked);
        let middle = |length: u16| from + (to - from).saturating_sub(length) / 2;
        match self {
            Self::Descheduled => Course {
                route: (route.across(from..to, upper_y))
                    .end(from - 1, upper_y, "├")
                    .end(to - 1, upper_y, "▶"),
                label: (middle(11), upper_y - 1, "Descheduled"),
                token: (middle(token), upper_y),
            },
            Self::Scheduled => Course {
                route: (route.across(from..to, upper_y + 1))
                    .end(from, upper_y + 1, "◀")
                    .end(to, upper_y + 1, "┤"),
                label: (middle(9), upper_y + 2, "Scheduled"),
                token: (middle(token), upper_y + 1),
            },
            Self::Exit => Course {
                route: (route.down(plan.exit_x, edge + 1..box_y))
                    .end(plan.exit_x, edge, "┬")
                    .end(plan.exit_x, box_y, "▼"),
                label: (plan.exit_x + 1, edge + 1, "exit"),
                token: (plan.exit_x + 6, edge + 1),
            },
            Self::Initiate => Course {
                route: (route.down(plan.block_x, edge + 1..side_y))
                    .end(plan.block_x, edge, "┬")
                    .at(plan.block_x, side_y, TURN_RIGHT)
                    .across(plan.block_x + 1..blocked.x - 1, side_y)
                    .end(blocked.x - 1, side_y, "▶"),
                label: (plan.block_x + 1, edge + 1, "I/O: initiate"),
                token: (plan.block_x + 1, edge + 2),
            },
            Self::Done => Course {
                route: (route.down(plan.done_x, edge + 1..side_y))
                    .end(plan.done_x, edge, "▲")
                    .end(blocked.right() - 1, side_y, "├")
                    .across(blocked.right()..plan.done_x, side_y)
                    .at(plan.done_x, side_y, TURN_UP),
                label: (plan.done_x + 1, edge + 1, "I/O: done"),
                token: (plan.done_x.saturating_sub(token), edge + 1),
            },
            // Its name is in the frame it leaves: beside the arrow there is that of another. All are
            // admitted before the first I/O, so whoever takes it has room there.
            Self::Admitted => Course {
                route: (route.down(plan.admit_x, edge + 1..box_y))
                    .end(plan.admit_x, edge, "▲")
                    .end(plan.admit_x, box_y, "┴"),
                label: (plan.admit_x - 8, box_y, "admitted"),
                token: (plan.admit_x - token - 1, edge + 1),
            },
        }
    }
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

fn draw_arrow(view: &View, arrow: Arrow, plan: &Plan, pen: &mut Pen<'_>) {
    let theme = view.theme;
    let who = takers(view, arrow);
    let token = who.as_deref().unwrap_or_default();
    let Course {
        route,
        label: (label_x, label_y, label),
        token: (token_x, token_y),
    } = arrow.course(plan, width(token));
    let style = match who {
        Some(_) => theme.bright(),
        None => theme.quiet(),
    };
    for (x, y, (thin, thick)) in route.0 {
        let sign = if who.is_some() { thick } else { thin };
        pen.text(x, y, sign, style);
    }
    let admits = takers(view, Arrow::Admitted).is_some();
    if !(admits && arrow == Arrow::Done) {
        pen.text(label_x, label_y, label, style);
    }
    let style = theme.of(arrow.leads_to()).patch(theme.bar());
    pen.text(token_x, token_y, token, style);
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
