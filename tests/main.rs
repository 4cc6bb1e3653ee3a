//! The whole program, as a person or a script uses it: README.md in this folder.

mod common;
mod faults;
mod paper;
mod real;

fn main() -> std::process::ExitCode {
    common::runner::main(faults::table::assert_claims)
}
