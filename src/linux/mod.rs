//! The machine on Linux: real processes, driven with SIGSTOP and SIGCONT, confirmed with waitid.
//!
//! The only room with `unsafe`, with signals, and with `/proc`.

#![expect(
    unsafe_code,
    reason = "fork, and the system calls that nix does not wrap"
)]

pub mod actor;
pub mod address;
mod birth;
mod busy;
pub mod by_hand;
pub mod calls;
mod capabilities;
mod child;
mod companions;
mod deadline;
mod error;
mod executable;
pub mod facts;
mod family;
pub mod full_screen;
mod glance;
mod interrupts;
pub mod keyboard;
mod last_call;
mod look;
mod lookout;
mod machine;
mod nursery;
pub mod orders;
mod orphans;
mod pace;
mod passing;
pub mod pcb;
mod placement;
pub mod procfs;
mod protocol;
mod pulse;
pub mod registers;
mod room;
mod run_clock;
mod sampler;
pub mod seat;
mod spans;
mod standstill;
mod suspend;
mod switches;
mod sys;
pub mod terminal;
mod timer;
pub mod vigil;
pub mod wait_status;
mod watch;
pub mod worker;

use std::future::Future;

pub use capabilities::Capabilities;
pub use deadline::Deadline;
pub use error::Error;
pub use executable::Executable;
pub use interrupts::{
    Interrupts, Listener, claim_signals, leave_interrupts_to_the_terminal, outlive_full_files,
};
pub use machine::{Machine, Settings};
pub use orders::{Order, Orders};
pub use procfs::sample_cost_ns;
pub use room::Limit;
pub use standstill::{apart, ask_to_stand_still};
pub use timer::{ns as nanoseconds, own_cpu_ns};

/// Runs what drives a machine, on the calling thread and no other.
///
/// # Errors
/// When the runtime cannot be made.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(error::io("make an event loop"))?;
    Ok(runtime.block_on(future))
}
