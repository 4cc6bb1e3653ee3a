//! What people read: one file a format.

pub mod bench;
pub mod comparison;
pub mod csv;
pub mod doctor;
pub mod explain;
pub mod format;
pub mod homework;
pub mod html;
pub mod inspect;
pub mod live;
pub mod perfetto;
pub mod process_run;
mod programs;
pub mod prose;
pub mod quiz;
pub mod scene;
pub mod shell;
mod side_by_side;
pub mod style;
pub mod summary;
pub mod svg;
pub mod table;
pub mod text;
mod timeline;
pub mod tree;

#[cfg(test)]
mod tests;
