//! timeshare: textbook processes on a real Linux CPU.
//!
//! One scheduler ([`scheduler`]) decides which process runs; two machines make it so: a simulator
//! ([`machine::Simulator`]), and one of real processes ([`linux::Machine`]). The same loop
//! ([`machine::supervise`]) drives both, and of both a [`trace`] is written.
//!
//! `src/README.md` is the map: what each room is for, which others it may know, and where a change goes.

pub mod bench;
pub mod cli;
pub mod command;
pub mod console;
pub mod demo;
pub mod doctor;
pub mod help;
pub mod homework;
pub mod inspect;
pub mod linux;
pub mod machine;
pub mod os;
pub mod output;
pub mod process;
pub mod quiz;
pub mod report;
pub mod run;
pub mod scheduler;
pub mod text;
pub mod trace;
pub mod tui;
pub mod workload;
