//! timeshare: textbook processes on a real Linux CPU.
//!
//! One scheduler ([`scheduler`]) decides which process runs; two machines make it so: one on
//! paper ([`machine::Paper`]), one of real processes ([`linux::Machine`]). The same loop
//! ([`supervise`]) drives both, and both are written down in the same way ([`trace`]).

pub mod cli;
pub mod command;
pub mod linux;
pub mod machine;
pub mod report;
pub mod scheduler;
pub mod shell;
pub mod supervise;
pub mod trace;
pub mod workload;
