//! What needs no process under control: commands that read, simulate, write and refuse.

pub mod bad_input;
mod browser;
mod help;
mod homework;
mod house;
mod perfetto;
mod perfetto_engine;
mod quiz;
mod report_edges;
mod report_formats;
mod simulate;
mod slips;
