//! The language of the console: one line is one command.
//!
//! Pure: it knows no process. A line becomes a [`Command`] or an error that names the token; whom
//! a command means, the [`Names`] says; [`complete`] finishes what a person has begun to type.

mod complete;
mod error;
mod names;
mod parse;
mod signals;
#[cfg(test)]
mod tests;
mod verbs;

use std::time::Duration;

pub use complete::complete;
pub use error::ParseError;
pub use names::{Entry, Names};
pub use parse::parse;
pub use signals::SignalNumber;
pub use verbs::{VERBS, Verb, verb};

use crate::scheduler::ProcId;
use crate::workload::Program;

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Create {
        name: Option<String>,
        what: Creation,
    },
    /// SIGCONT. It is called `run` and `cont`.
    Cont(Target),
    Stop(Target),
    Kill(SignalNumber, Target),
    Wait {
        target: Target,
        nohang: bool,
    },
    /// Without a target: of all.
    Status(Target),
    Inspect(Who),
    Tree,
    Policy(Option<Rule>),
    Start,
    Pause,
    Sleep(Duration),
    /// Of one verb, or of all.
    Help(Option<&'static Verb>),
    Quit,
}

/// What a new process is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    /// One of ours: a program, and how it was written.
    Worker { program: Program, given: String },
    /// Any command: its words, at least one.
    Command(Vec<String>),
}

/// The processes that a command is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    All,
    /// At least one.
    These(Vec<Who>),
}

/// A process, as a person names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Id(ProcId),
    Name(String),
}

/// What `policy` sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A word of the policy.
    Policy(&'static str),
    /// In ticks.
    IoLength(u64),
    Tick(Duration),
}
