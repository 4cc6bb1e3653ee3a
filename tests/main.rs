//! The whole program, as a person or a script uses it: README.md in this folder.

#![expect(
    clippy::unwrap_used,
    clippy::assigning_clones,
    reason = "what a test cannot have fails it, and the runner says where; speed is nothing here"
)]

mod common;
mod faults;
mod paper;
mod real;

fn main() -> std::process::ExitCode {
    common::runner::main(faults::table::assert_claims)
}
