//! timeshare: textbook processes on a real Linux CPU.
//!
//! One scheduler ([`scheduler`]) decides which process runs; two machines make it so: one on
//! paper ([`machine::Simulator`]), one of real processes ([`linux::Machine`]). The same loop
//! ([`supervise`]) drives both, and both are written down in the same way ([`trace`]).
//!
//! What the chapter says of single processes, short plays on real ones show ([`scene`]).

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
