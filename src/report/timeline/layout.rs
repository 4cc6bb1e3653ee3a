//! Where everything is: rows from top to bottom, ticks from left to right. In pixels, or whatever
//! the unit of the place is in which it is drawn.

use super::{Side, Timeline};

pub const CELL: usize = 24;

/// Height of a row with a heading or marks.
const LINE: usize = 20;
const GAP: usize = 3;
const SPACE: usize = 12;
/// More processes than these get lower lanes.
const MANY: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    Ruler,
    Heading(Side),
    Process(Side, usize),
    /// The process that has the CPU.
    Cpu(Side),
    /// How many I/Os the device works on.
    Device(Side),
    Differences,
    Length,
    Marks,
}

#[derive(Clone, Copy, Debug)]
pub struct Placed {
    pub row: Row,
    pub y: usize,
    pub height: usize,
}

pub struct Layout {
    pub rows: Vec<Placed>,
    pub height: usize,
    /// What the labels at the left need.
    pub label_width: usize,
}

impl Layout {
    pub fn of(timeline: &Timeline<'_>) -> Self {
        let many = timeline.processes > MANY;
        let paper = if many { 18 } else { 24 };
        let real = if many { 28 } else { 32 };
        let mut layout = Self {
            rows: Vec::new(),
            height: 0,
            label_width: label_width(timeline),
        };
        layout.put(Row::Ruler, LINE);
        for (side, lane) in [(Side::Simulated, paper), (Side::Measured, real)] {
            if side == Side::Measured {
                layout.put(Row::Differences, LINE);
            }
            layout.put(Row::Heading(side), LINE);
            for process in 0..timeline.processes {
                layout.put(Row::Process(side, process), lane);
                layout.height += GAP;
            }
            layout.put(Row::Cpu(side), paper);
            layout.height += GAP;
            layout.put(Row::Device(side), paper);
            layout.height += GAP;
        }
        layout.put(Row::Length, 28);
        layout.height += GAP;
        layout.put(Row::Marks, LINE);
        layout
    }

    fn put(&mut self, row: Row, height: usize) {
        if matches!(row, Row::Heading(Side::Simulated)) {
            self.height += SPACE / 2;
        }
        let y = self.height;
        self.rows.push(Placed { row, y, height });
        self.height += height;
    }
}

pub const LONGEST_LABEL: usize = 12;

fn label_width(timeline: &Timeline<'_>) -> usize {
    let names = (0..timeline.processes).map(|process| timeline.name(process).chars().count());
    let longest = names.max().unwrap_or(0).clamp(8, LONGEST_LABEL);
    longest * 8 + 12
}
