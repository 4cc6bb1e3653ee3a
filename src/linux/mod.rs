//! The machine on Linux: real processes, driven with SIGSTOP and SIGCONT, confirmed with waitid.
//!

mod busy_time;
pub mod control;
mod facts;
mod interference;
mod look;
pub mod machine;
mod pause;
mod run_clock;
mod sampler;
pub mod spans;
mod tick;

pub use control::{ControlRequest, ControlSender};
pub use machine::{Machine, Settings};
