//! What is confirmed of a child.

use crate::machine::SpanEnd;

/// A stop or a sleep of a child, and when it was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmedEnd {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    pub at_ns: u64,
    pub ended: SpanEnd,
}

/// Whether, and when, a thread has left the CPU by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftCpu {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    At(u64),
    NotYet,
    /// There is no record.
    Unknown,
}
