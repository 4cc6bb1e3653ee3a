//! What a person asked for, one file a subcommand.

mod answer_source;
mod bench;
mod bench_run;
mod compare;
mod console;
mod demo;
mod doctor;
mod files;
mod homework;
mod inspect;
mod manual;
mod output;
mod place;
mod progress;
mod quiz;
mod record;
mod recorded;
mod replay;
mod report;
mod run;
mod scenario;
mod screen;
mod simulate;
mod view_controller;
mod watch;

use crate::os;
use crate::os::signal;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::stat::{SFlag, fstat};

use crate::cli::{Cli, Command};
use crate::machine::Stopped;
use crate::run::{Ended, Finished, Run};
use crate::text::prose::paragraph;
use crate::trace::Trace;

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What the person gave is wrong; nothing was started.
    #[error("{0}")]
    Input(String),
    /// The machine failed.
    #[error(transparent)]
    Machine(#[from] os::Error),
    /// There is no such process, or it is not to be read.
    #[error(transparent)]
    Process(#[from] crate::inspect::pcb::Missing),
    /// What we print or write cannot be written.
    #[error("cannot write {to}: {source}")]
    Output { to: String, source: io::Error },
    /// There is no second thread to be had.
    #[error(
        "cannot start the thread that prints: {0}. The limit on processes counts threads, too (ulimit -u, or pids.max of the control group)"
    )]
    Thread(io::Error),
    /// A call to the kernel failed that a person asked for.
    #[error("{0}")]
    Call(String),
    /// Runs do not work on this machine.
    #[error("runs will not work here: {0}")]
    Unfit(String),
    /// A comparison found a difference, and has told it.
    #[error(
        "the run differs from the simulation: the first difference is told with the results. On a \
         quieter CPU (--cpu) there may be none"
    )]
    Different,
    /// A scene claimed what did not hold, and has told it.
    #[error("not everything that was claimed holds on this machine: see {0}")]
    Unheld(String),
}

impl From<Stopped<os::Error>> for Failure {
    fn from(stopped: Stopped<os::Error>) -> Self {
        match stopped {
            Stopped::Machine(error) => error.into(),
            Stopped::Observer(error) => Self::stdout(error),
        }
    }
}

impl Failure {
    /// A comparison that has been told is a failure when it found a difference.
    const fn unless(agrees: bool) -> Result<(), Self> {
        if agrees { Ok(()) } else { Err(Self::Different) }
    }

    fn stdout(source: io::Error) -> Self {
        Self::Output {
            to: "to standard output".to_owned(),
            source,
        }
    }

    /// What read our output has had enough: no failure of ours.
    fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// With its terminal a program loses its output, and is sent SIGHUP: that is one event, whichever
    /// comes first.
    fn is_hangup(&self) -> bool {
        let Self::Output { source, .. } = self else {
            return false;
        };
        let is_device = fstat(io::stdout()).is_ok_and(|stat| {
            SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits()) == SFlag::S_IFCHR
        });
        source.raw_os_error() == Some(Errno::EIO as i32) && is_device
    }

    fn status(&self) -> u8 {
        match self {
            Self::Input(_) | Self::Machine(os::Error::Refused(_)) => 2,
            Self::Machine(os::Error::Interrupted(signal)) => {
                128 + u8::try_from(*signal as i32).unwrap_or(0)
            }
            Self::Different => 3,
            _ if self.is_closed_pipe() => 0,
            _ if self.is_hangup() => 129,
            Self::Machine(_)
            | Self::Process(_)
            | Self::Output { .. }
            | Self::Thread(_)
            | Self::Call(_)
            | Self::Unfit(_)
            | Self::Unheld(_) => 1,
        }
    }
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
        Command::Doctor => doctor::doctor(),
        Command::Watch(arguments) => watch::watch(&arguments),
        Command::Replay(arguments) => replay::replay(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Report(arguments) => report::report(&arguments),
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

/// Ends a run. A failure beyond the one that ended it is told at once.
fn finish(run: Run<'_>, ended: Ended) -> (Trace, Ended) {
    let Finished { trace, ended, left } = run.finish(ended);
    if let Some(left) = left {
        complain(&format!("timeshare: {left}"));
    }
    (trace, ended)
}

/// Prints on standard error. If that fails, the exit status is all that tells.
pub fn say_aside(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// A pipe gets it as one line.
fn complain(message: &str) {
    let terminal = io::stderr().is_terminal();
    let text = if terminal {
        paragraph(message, output::width(), "")
    } else {
        format!("{message}\n")
    };
    say_aside(&text);
}
