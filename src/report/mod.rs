//! What people read: one file a format.

pub mod comparison;
pub mod live;
pub mod process_run;
pub mod style;
pub mod summary;
mod table;
