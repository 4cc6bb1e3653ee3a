//! The machine on Linux: real processes, driven with SIGSTOP and SIGCONT, confirmed with waitid.
//!
//! [`Machine`] has parts with names: its processes, what watches them, clocks, tick lengths, the
//! control channel. What is decided is decided by values that touch no process (a tick in progress,
//! an interference's remedy, the steps of a pause); `tick.rs`, `pause.rs` and
//! `watchers.rs` do it.
//!
//! Knows `workload`, `scheduler`, `machine`, `os` and `process`.

mod clocks;
pub mod control;
mod facts;
mod interference;
mod io_requests;
mod journal;
pub mod machine;
mod pause;
mod processes;
mod rivals;
mod sampler;
pub mod spans;
mod tick;
mod tick_in_progress;
mod tick_times;
mod timing;
mod watchers;
mod withheld;

pub use control::{ControlRequest, ControlSender};
pub use machine::{Machine, Settings};
