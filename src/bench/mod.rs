//! timeshare measured by itself: small runs of its own ([`bench_run`]), and the figures of them in a
//! page ([`page`]).
//!
//! Knows `run`, `output` and what a trace is made of; no other feature.

pub mod bench_run;
pub mod page;
