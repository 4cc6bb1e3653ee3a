//! The ticks that are drawn beside each other.

use std::ops::RangeInclusive;

use super::layout::CELL;

/// The ticks of a band, from `first` to `last`.
#[derive(Clone, Copy)]
pub struct Stretch {
    pub first: usize,
    pub last: usize,
}

impl Stretch {
    /// All ticks, at most `in_each` in a stretch; of none, one that is empty.
    pub fn all(ticks: usize, in_each: usize) -> Vec<Self> {
        let firsts = (1..=ticks.max(1)).step_by(in_each.max(1));
        let stretch = |first: usize| Self {
            first,
            last: (first + in_each - 1).min(ticks),
        };
        firsts.map(stretch).collect()
    }

    pub const fn width(self) -> usize {
        (self.last + 1 - self.first) * CELL
    }

    pub const fn x(self, tick: usize) -> usize {
        (tick - self.first) * CELL
    }

    pub const fn middle(self, tick: usize) -> usize {
        self.x(tick) + CELL / 2
    }

    pub fn ticks(self) -> RangeInclusive<usize> {
        self.first..=self.last
    }

    /// Rectangles for runs of equal values. One that goes on in the next stretch, or comes from the
    /// one before, reaches across the border: side by side they are one.
    pub fn runs<T: Copy + PartialEq>(self, value: impl Fn(usize) -> Option<T>) -> Vec<Run<T>> {
        let values: Vec<_> = self
            .ticks()
            .filter_map(|tick| Some((tick, value(tick)?)))
            .collect();
        let runs = values.chunk_by(|(before, a), (after, b)| before + 1 == *after && a == b);
        let run = |run: &[(usize, T)]| {
            let ((first, of), last) = (run[0], run[0].0 + run.len() - 1);
            let comes = first == self.first && first > 1 && value(first - 1) == Some(of);
            let goes_on = last == self.last && value(last + 1) == Some(of);
            let (before, after) = (
                if comes { ACROSS } else { 0 },
                if goes_on { ACROSS } else { -1 },
            );
            Run {
                of,
                x: pixels(self.x(first)) - before,
                width: before + pixels(run.len() * CELL) + after,
            }
        };
        runs.map(run).collect()
    }
}

pub struct Run<T> {
    pub of: T,
    pub x: i64,
    pub width: i64,
}

/// Pixels beyond a border: more than the radius of a corner.
const ACROSS: i64 = 3;

/// A place that may be left of the first one.
fn pixels(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
