//! The fault campaign: every fault that the supervisor must survive, and the test that injects it.
//!
//! After each, the harness checks that nothing is left: no process (`tests/common/leak.rs`), no file
//! and no shared memory (`tests/common/residue.rs`), and that no process of other programs was touched
//! (`tests/common/sentinel.rs`). Their negative controls are in `tests/real/harness.rs`. The random faults are
//! repeated for as long as one likes by `scripts/soak`.

mod child;
mod container;
mod force_quit;
mod interference;
mod job_control;
mod left_behind;
mod limits;
mod machine;
mod manual_control;
mod scene;
mod subcommand;
mod supervisor;
pub mod table;
