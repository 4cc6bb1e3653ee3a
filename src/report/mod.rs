//! A trace, told in a format: one file or folder each, [`format::Format`] lists them. What several
//! formats tell is worked out once ([`figures`]).
//!
//! It knows `trace` and what that is made of (`workload`, `scheduler`, `machine`), and `text`; no
//! process, no terminal, no file.

pub mod comparison;
pub mod csv;
pub mod explain;
mod figures;
pub mod format;
pub mod html;
pub mod live;
pub mod perfetto;
pub mod process_run;
pub mod programs;
pub mod side_by_side;
pub mod style;
pub mod summary;
pub mod svg;
#[cfg(test)]
mod tests;
pub mod text;
mod timeline;
mod withheld;
