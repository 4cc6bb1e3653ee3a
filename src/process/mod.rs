//! Our own child processes: how one is spawned, what is confirmed of it, and that none is left.

#![expect(unsafe_code, reason = "fork, and what happens between fork and exec")]

pub mod affinity_guard;
pub mod backoff;
pub mod child;
pub mod children;
pub mod executable;
pub mod exit_watch;
pub mod limits;
pub mod orphans;
pub mod protocol;
pub mod spawn;
pub mod spawner;
pub mod tick_length;
pub mod worker;
