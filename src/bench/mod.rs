//! TODO room.

pub mod bench_run;
pub mod page;
