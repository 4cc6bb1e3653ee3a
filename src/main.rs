//! Parses the command line, calls one command, and turns its result into an exit status.

use std::process::ExitCode;

use clap::Parser;
use timeshare::cli::Cli;
use timeshare::{command, output, process};

fn main() -> ExitCode {
    // Our own children come in through the same door.
    let role = process::role::run_if_asked();
    role.unwrap_or_else(|| match Cli::try_parse() {
        Ok(cli) => command::execute(cli),
        Err(error) => refuse(&error),
    })
}

/// Help and versions are printed as clap does; errors begin as all our messages do.
fn refuse(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    match text.strip_prefix("error: ") {
        Some(message) => {
            output::say_aside(&format!("timeshare: {message}"));
            ExitCode::from(2)
        }
        None => command::printed(error.print()),
    }
}
