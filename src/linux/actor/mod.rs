//! Actors: the processes of a scene. Each makes one system call at a time, at our order, and says
//! what came of it.
//!
//! An actor is timeshare's own executable in a role of its own. The demo forks the first ones
//! ([`Troupe`]); actors fork further ones, wait for them, kill them, and whatever else a scene
//! asks for ([`Call`]). However the demo ends, all of them end with it ([`lifeline`]).

mod call;
mod channel;
mod lifeline;
mod memory;
mod perform;
mod role;
mod troupe;
mod watch;

pub use call::{Call, Outcome, Told};
pub use memory::page_size;
pub use perform::perform;
pub use role::run_if_asked;
pub use troupe::{Actor, Troupe};
pub use watch::look;

/// The first argument that makes an executable an actor.
const ROLE: &str = "actor";

/// The name that `ps` shows of an actor.
fn comm(name: &str) -> String {
    format!("ts:{name}")
}
