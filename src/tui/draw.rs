//! Where everything is on the screen.
//!
//! ```text
//! ┌──────────────────────────────────────────┐
//! │ status                                   │
//! │ diagram               │ decisions        │
//! │                       │                  │
//! │ process table                            │
//! │ timeline                                 │
//! │ on paper, if there is room               │
//! │ keys                                     │
//! └──────────────────────────────────────────┘
//! ```
//!
//! Of more processes than there are rows for, those around the chosen one are shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::timeline::Lane;
use super::view::{Overlay, View};
use super::{diagram, help, log, processes, status, summary, timeline};

/// The smallest screen on which everything has its place.
pub const LEAST_COLUMNS: u16 = 80;
pub const LEAST_ROWS: u16 = 24;

/// Rows of the timeline beside the lanes of the processes: head, ruler, device.
const TIMELINE_MORE: u16 = 3;

/// Lanes where there is room for what was simulated, too; where there is none for that; and where
/// there is none at all.
const ROOMY: [Lane; 3] = [
    Lane { thick: 3, apart: 1 },
    Lane { thick: 2, apart: 1 },
    THIN,
];
const THIN: Lane = Lane { thick: 1, apart: 1 };
const TIGHT: Lane = Lane { thick: 1, apart: 0 };

/// Rows by which the diagram may grow.
const DIAGRAM_MORE: u16 = 6;

/// How the rows are given away.
#[derive(Debug, PartialEq, Eq)]
struct Rows {
    diagram: u16,
    /// Empty ones between the parts.
    gap: u16,
    /// Processes in the table, and in the timeline.
    table: u16,
    lanes: u16,
    lane: Lane,
    /// Rows of what was simulated, if there are enough for it.
    paper: u16,
}

impl Rows {
    /// Of `rows` beside status and keys.
    fn new(rows: u16, processes: usize) -> Self {
        let processes = u16::try_from(processes).unwrap_or(u16::MAX).max(1);
        let free = rows.saturating_sub(diagram::ROWS + 1 + TIMELINE_MORE);
        if processes.saturating_mul(2) > free {
            let table = (free.div_ceil(2)).min(processes);
            return Self {
                diagram: diagram::ROWS,
                gap: 0,
                table,
                lanes: (free - table).min(processes),
                lane: TIGHT,
                paper: 0,
            };
        }
        let free = free - 2 * processes;
        let gap = u16::from(free >= 3);
        let free = free - 3 * gap;
        // With the device's.
        let all = processes + 1;
        let apart = |lane: &Lane| all.saturating_mul(lane.pitch() - 1);
        // Its head, and the row above that.
        let paper = |lane: &Lane| 2 + processes.saturating_mul(lane.pitch()) + lane.thick;
        let all_fits = |lane: &Lane| apart(lane) + paper(lane) + DIAGRAM_MORE <= free;
        let (lane, paper) = match ROOMY.into_iter().find(all_fits) {
            Some(lane) => (lane, paper(&lane) - 1),
            None if apart(&THIN) <= free => (THIN, 0),
            None => (TIGHT, 0),
        };
        Self {
            diagram: diagram::ROWS + (free - apart(&lane)).min(DIAGRAM_MORE),
            gap,
            table: processes,
            lanes: processes,
            lane,
            paper,
        }
    }

    const fn timeline(&self) -> u16 {
        TIMELINE_MORE + self.lanes * self.lane.pitch() + self.lane.thick - 1
    }
}

pub fn draw(view: &View, buffer: &mut Buffer) {
    let area = buffer.area;
    if area.width < LEAST_COLUMNS || area.height < LEAST_ROWS {
        return too_small(view, area, buffer);
    }
    let rows = Rows::new(area.height - 2, view.model.processes());
    let mut y = 0;
    let mut next = |height: u16, gap: u16| {
        let part = Rect::new(0, y, area.width, height);
        y += height + gap;
        part
    };
    status::draw(view, next(1, rows.gap), buffer);
    let upper = next(rows.diagram, rows.gap);
    let table = next(1 + rows.table, rows.gap);
    if view.shows_summary() {
        summary::draw(view, upper.union(table), buffer);
    } else {
        let (left, right) = halves(upper);
        diagram::draw(view, left, buffer);
        log::draw(view, right, buffer);
        processes::draw(view, around(view, rows.table), table, buffer);
    }
    let first = around(view, rows.lanes);
    timeline::draw(view, first, rows.lane, next(rows.timeline(), 1), buffer);
    if rows.paper > 0 {
        timeline::draw_on_paper(view, first, rows.lane, next(rows.paper, 0), buffer);
    }
    let last = Rect::new(0, area.height - 1, area.width, 1);
    status::draw_keys(view, last, buffer);
    if view.overlay == Overlay::Help {
        help::draw(view, area, buffer);
    }
}

/// The diagram's part, and that of the decisions beside it.
fn halves(upper: Rect) -> (Rect, Rect) {
    let columns = (upper.width * 3 / 5).clamp(diagram::COLUMNS, 84);
    let left = Rect {
        width: columns,
        ..upper
    };
    let right = Rect {
        x: columns + 1,
        width: upper.width - columns - 1,
        ..upper
    };
    (left, right)
}

/// The first of the processes that are shown: the chosen one is in their middle, if it can be.
fn around(view: &View, rows: u16) -> usize {
    let rows = usize::from(rows);
    let most = view.model.processes().saturating_sub(rows);
    view.selected().saturating_sub(rows / 2).min(most)
}

fn too_small(view: &View, area: Rect, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(area, buffer);
    let plain = view.theme.plain();
    canvas.text(0, 0, "The terminal is too small:", view.theme.title());
    let size = format!(
        "{}x{}; needed: {LEAST_COLUMNS}x{LEAST_ROWS}.",
        area.width, area.height
    );
    canvas.text(0, 1, &size, plain);
    canvas.text(0, 2, "q: quit", plain);
}
