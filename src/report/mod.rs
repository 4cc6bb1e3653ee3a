//! What people read: one file a format.

pub mod bench;
pub mod comparison;
pub mod doctor;
pub mod live;
pub mod process_run;
pub mod shell;
pub mod style;
pub mod summary;
mod table;
pub mod tree;
