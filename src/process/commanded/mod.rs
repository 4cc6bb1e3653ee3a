//! Processes that make one system call at a time, at our order, and report what came of it.
//!
//! Such a process is timeshare's own executable in a role of its own. It is spawned, ties its life to
//! ours, says why it could not start, computes, and is killed and reaped as a worker is
//! ([`super::spawn`], [`super::spawn_failed`], [`super::spinner`], [`super::kill_on_drop`]). Three
//! things differ, and each for a reason:
//! - Messages are [`SystemCall`]s with any arguments and [`Outcome`]s, over sockets that also carry
//!   descriptors ([`channel`]); a worker's are two dozen bytes, written thousands of times a second.
//! - It forks others, which lose their parents and change their sessions and pid namespaces. So a
//!   death signal, which follows the parent, is not enough: see [`kill_pipe`].
//! - It is often not our child; what becomes of it is seen in `/proc` ([`wait`]) instead of being
//!   confirmed by `waitid`, as of a [`super::child::Child`].

#![expect(
    unsafe_code,
    reason = "fork in a commanded process, and the system calls it is told to make"
)]

mod call;
mod channel;
mod kill_pipe;
mod memory;
mod perform;
mod processes;
mod role;
mod wait;

pub use call::{Detail, Outcome, SystemCall};
pub use perform::perform;
pub use processes::{CommandedProcess, CommandedProcesses, look};
pub use role::run;

/// The first argument that makes an executable such a process.
pub const ROLE: &str = "commanded";
