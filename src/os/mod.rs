//! The operating system, as functions that are safe to call: system calls, clocks, CPUs, `/proc`,
//! signals and the terminal. Knows no other room.
//!
//! Within it, `error` and `clock` know nothing, `deadline` the clock, `terminal` the deadlines, and
//! `signal` all of them, since its handlers give the terminal back; only a [key](terminal::keyboard) is
//! waited for with signals.

#![expect(
    unsafe_code,
    reason = "the system calls that nix does not wrap, and signal handlers"
)]

pub mod address;
pub mod affinity;
pub mod alarm;
pub mod clock;
pub mod cpu_claim;
pub mod cpu_quota;
pub mod deadline;
pub mod error;
pub mod host;
pub mod perf;
pub mod procfs;
pub mod refusal;
pub mod registers;
pub mod sched;
pub mod signal;
pub mod stack;
pub mod supervisor_cpu;
pub mod syscalls;
pub mod terminal;

use std::future::Future;

pub use error::Error;

/// Runs what drives a machine, on the calling thread and no other.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Error> {
    Ok(event_loop()?.block_on(future))
}

fn event_loop() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(error::io("make an event loop"))
}
