//! The fault campaign: every fault that the supervisor must survive, and the test that injects it.
//!
//! After each, the harness checks that nothing is left: no process (`tests/common/leak.rs`, whose
//! negative control is `tests/harness.rs`), and nobody else's was touched
//! (`tests/common/sentinel.rs`). The random faults are repeated for as long as one likes by
//! `scripts/soak`.

#[path = "../common/mod.rs"]
mod common;

mod child;
mod machine;
mod outsider;
mod supervisor;
mod table;

use common::program::{Launch, Running};
use common::words;

/// Every command that has children, as a line that keeps two at least for 20 s if nothing ends it.
/// The output is empty at first, or begins with `CPU`.
const COMMANDS: [&str; 2] = ["run -P c1000:c1000", "compare -P c1000:c1000"];

/// Starts one of [`COMMANDS`] and waits until its children have their programs.
fn under_way(command: &str) -> Running {
    let running = Launch::timeshare(words(command)).start();
    running.until_children(2);
    running
}

/// Says that a fault cannot be injected here; the test has shown nothing then.
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}
