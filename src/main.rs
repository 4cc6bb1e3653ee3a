//! Parses the command line, calls one command, and turns its result into an exit status.

use std::process::ExitCode;

use clap::Parser;
use timeshare::cli::Cli;
use timeshare::{command, linux};

fn main() -> ExitCode {
    // Our own children come in through the same door.
    linux::worker::run_if_asked().unwrap_or_else(|| command::execute(Cli::parse()))
}
