//! Why a line is not a command: the token, what was expected, and what may have been meant.

use std::fmt;

use crate::workload::duration::DurationError;
use crate::workload::notation::NotationError;
use crate::workload::quote::quoted;

/// Its display is one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("a quote is opened and not closed")]
    OpenQuote,
    #[error("{} is not a command{}: help lists them", quoted(.token), or_rather(.near.as_deref()))]
    NotACommand { token: String, near: Option<String> },
    /// The line ends too early.
    #[error("there is more to say: {usage}")]
    Incomplete { usage: &'static str },
    #[error("{} is too much: {usage}", quoted(.token))]
    TooMuch { token: String, usage: &'static str },
    #[error("{} is not a signal{}: expected a name as SIGTERM, or a number as 15", quoted(.token),
            or_rather(.near.as_deref()))]
    NotASignal { token: String, near: Option<String> },
    #[error("{} is not a process: expected an id as P0, a name, or all", quoted(.token))]
    NotAProcess { token: String },
    #[error("{} cannot be a name: expected letters, digits, - and _, first a letter, and no id, \
             signal or 'all'", quoted(.token))]
    NotAName { token: String },
    #[error("{} is not an option of wait{}: expected --nohang", quoted(.token),
            or_rather(.near.as_deref()))]
    NotAnOption { token: String, near: Option<String> },
    #[error("{} is not a rule{}: expected SWITCH_ON_IO, SWITCH_ON_END, IO_RUN_LATER, \
             IO_RUN_IMMEDIATE, iolength TICKS or tick TIME", quoted(.token),
             or_rather(.near.as_deref()))]
    NotARule { token: String, near: Option<String> },
    #[error("one program per create: {rather}")]
    SeveralPrograms { rather: String },
    #[error("{0}")]
    Program(NotationError),
    #[error("{error}. A command stands behind two dashes: {rather}")]
    NotAProgram {
        error: NotationError,
        rather: String,
    },
    #[error("{0}")]
    IoLength(NotationError),
    #[error("{0}")]
    Time(DurationError),
}

/// `, did you mean 'stop'?` in the form in which a sentence takes it.
pub fn or_rather(near: Option<&str>) -> impl fmt::Display {
    near.map_or_else(String::new, |near| format!(" (did you mean '{near}'?)"))
}
