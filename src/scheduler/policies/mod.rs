//! TODO room.

pub mod process_run;
pub mod switchable;
