//! Parses the command line, calls one command, and turns its result into an exit status.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use timeshare::cli::{Cli, slips};
use timeshare::{command, output, process};

fn main() -> ExitCode {
    // Our own children come in through the same door. What they do fits on every stack.
    let role = process::role::run_if_asked();
    role.unwrap_or_else(|| command::on_large_stack(run))
}

fn run() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    match Cli::try_parse_from(&words) {
        Ok(cli) => {
            for note in slips::repeated(&words) {
                output::say_aside(&format!("timeshare: note: {note}\n"));
            }
            command::execute(cli)
        }
        Err(error) => refuse(&words, &error),
    }
}

/// Help and versions are printed as clap does; errors begin as all our messages do.
fn refuse(words: &[OsString], error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    match text.strip_prefix("error: ") {
        Some(message) => {
            let slip = slips::explain(words, error).map(|slip| slip + "\n");
            let message = slip.as_deref().unwrap_or(message);
            output::say_aside(&format!("timeshare: {message}"));
            ExitCode::from(2)
        }
        None => command::printed(error.print()),
    }
}
