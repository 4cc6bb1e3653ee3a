//! Our own child processes: how one is spawned, what is confirmed of it, and that none is left.
//!
//! Knows `workload` (what a worker executes), `os`, and [`crate::scheduler::ProcId`], by which a child
//! is named; no machine, no scheduler, no trace. There are two kinds of children, workers of a run
//! ([`worker`]) and processes that make any system call at our order ([`commanded`]); how they are
//! spawned, say why they could not start, compute, are signalled, killed and reaped is one.

#![expect(unsafe_code, reason = "fork, and what happens between fork and exec")]

pub mod affinity_guard;
pub mod backoff;
pub mod child;
pub mod children;
pub mod commanded;
pub mod executable;
pub mod exit_watch;
pub mod facts;
pub mod kill_on_drop;
pub mod limits;
pub mod orphans;
pub mod pidfd;
pub mod protocol;
pub mod role;
pub mod spawn;
pub mod spawn_failed;
pub mod spawner;
pub mod spinner;
pub mod tick_length;
pub mod watchdog;
pub mod worker;
