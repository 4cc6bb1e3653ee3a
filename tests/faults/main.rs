//! The fault campaign: every fault that the supervisor must survive, and the test that injects it.
//!
//! After each, the harness checks that nothing is left: no process (`tests/common/leak.rs`), no file
//! and no shared memory (`tests/common/residue.rs`), and that nobody else's process was touched
//! (`tests/common/sentinel.rs`). Their negative controls are in `tests/real/harness.rs`. The random faults are
//! repeated for as long as one likes by `scripts/soak`.

#[path = "../common/mod.rs"]
mod common;

mod by_hand;
mod child;
mod last_call;
mod left_behind;
mod limits;
mod machine;
mod outsider;
mod play;
mod scene;
mod standstill;
mod supervisor;
mod table;

/// Says that a fault cannot be injected here; the test has shown nothing then.
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}
