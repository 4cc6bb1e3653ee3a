//! Actors: the processes of a scene. Each makes one system call at a time, at our order, and says
//! what came of it.
//!
//! A process is timeshare's own executable in a role of its own. The demo forks the first ones
//! ([`DemoProcesses`]); processes fork further ones, wait for them, kill them, and whatever else a scene
//! asks for ([`Call`]). However the demo ends, all of them end with it ([`kill_pipe`]).

#![expect(
    unsafe_code,
    reason = "fork in a process of a scene, and its system calls"
)]

mod call;
mod kill_pipe;
mod memory;
mod message;
mod perform;
mod processes;
mod role;
mod watch;

pub use crate::os::procfs::pagemap::page_size;
pub use call::{Call, Outcome, Told};
pub use perform::perform;
pub use processes::{DemoProcess, DemoProcesses};
pub use role::run_if_asked;
pub use watch::look;

/// The first argument that makes an executable a process.
const ROLE: &str = "actor";

/// The name that `ps` shows of a process.
fn comm(name: &str) -> String {
    format!("ts:{name}")
}
