//! What needs no process under control: commands that read, simulate, write and refuse.

mod bad_input;
#[path = "../common/mod.rs"]
mod common;
mod help;
mod homework;
mod perfetto;
mod quiz;
mod report_edges;
mod report_formats;
mod simulate;
