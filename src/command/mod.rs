//! What a person asked for, one file a subcommand: from the arguments to what a room does with them.
//!
//! Knows every room; no room knows it.

mod bench;
mod compare;
mod console;
mod demo;
mod doctor;
mod files;
mod homework;
mod inspect;
mod manual;
mod place;
mod progress;
mod quiz;
mod record;
mod recorded;
mod replay;
mod report;
mod run;
mod scenario;
mod simulate;
mod view_controller;
mod watch;
mod workloads;

use crate::os::{signal, stack};
use std::io;
use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::output::complain;
use crate::output::failure::Failure;

/// Does it on a stack that is large enough.
pub fn on_large_stack(work: impl FnOnce() -> ExitCode + Send + 'static) -> ExitCode {
    stack::run_on_large(work).unwrap_or_else(|error| conclude(Err(error.into())))
}

/// Does what the command line asks for, and says on standard error why not.
pub fn execute(cli: Cli) -> ExitCode {
    signal::ignore_sigxfsz();
    let done = match cli.command {
        Command::Simulate(arguments) => simulate::simulate(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Bench(arguments) => bench::bench(&arguments),
        Command::Demo(arguments) => demo::demo(&arguments),
        Command::Inspect(arguments) => inspect::inspect(&arguments),
        Command::Shell(arguments) => console::shell(&arguments),
        Command::Doctor(arguments) => doctor::doctor(&arguments),
        Command::Watch(arguments) => watch::watch(&arguments),
        Command::Replay(arguments) => replay::replay(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Workloads(arguments) => workloads::workloads(&arguments),
        Command::Homework(arguments) => homework::homework(&arguments),
        Command::Quiz(arguments) => quiz::quiz(&arguments),
        Command::Help(arguments) => manual::help(&arguments),
        Command::Completions(arguments) => manual::completions(&arguments),
        Command::Man(arguments) => manual::man(&arguments),
    };
    conclude(done)
}

/// After something has been printed on standard output.
pub fn printed(done: io::Result<()>) -> ExitCode {
    conclude(done.map_err(Failure::stdout))
}

fn conclude(done: Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_closed_pipe() {
                complain(&format!("timeshare: {failure}"));
            }
            ExitCode::from(failure.status())
        }
    }
}
