//! Why a workload file cannot be used.

use super::excerpt::Excerpt;
use super::invalid::Invalid;
use super::supplied;
use crate::workload::notation;
use crate::workload::quote::one_line;
use std::io;

pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Why a workload file cannot be used. Its display is the whole message and names the file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refuses to open or read it.
    #[error("cannot read {}: {reason}", one_line(.origin))]
    Unreadable {
        origin: String,
        /// What the operating system says. No `source()`, as the message holds it already.
        reason: io::Error,
    },
    #[error("cannot read {}: {reason}; {advice}", one_line(.origin))]
    Missing {
        origin: String,
        reason: io::Error,
        /// What may have been meant.
        advice: String,
    },
    #[error(
        "{0} is the trace of a run, and no workload: 'timeshare report {0}' shows it, 'timeshare \
         replay {0}' plays it",
        one_line(.origin)
    )]
    Trace { origin: String },
    #[error("{} is {kind}: expected a workload file", one_line(.origin))]
    NotAFile {
        origin: String,
        /// What it is, with its article.
        kind: &'static str,
    },
    #[error(
        "{} is too large: a workload file has at most {MAX_FILE_BYTES} bytes (1 MiB)",
        one_line(.origin)
    )]
    TooLarge { origin: String },
    #[error("{} is empty: expected a workload, with a [[process]] for each process", one_line(.origin))]
    Empty { origin: String },
    #[error(
        "{}:{line}:{column}: the byte 0x{byte:02x} is not text: expected a TOML file in UTF-8",
        one_line(.origin)
    )]
    NotText {
        origin: String,
        /// The line of the byte, from 1.
        line: usize,
        /// The column of the byte, in characters from 1.
        column: usize,
        byte: u8,
    },
    /// It is not TOML, or does not describe a workload.
    #[error("{}:{line}:{column}: {message}\n{picture}", one_line(.origin))]
    Invalid {
        origin: String,
        /// The line of the token, from 1.
        line: usize,
        /// The column of the token, in characters from 1.
        column: usize,
        /// One sentence: the token, and what was expected.
        message: String,
        /// Two lines: the source, and a caret under the token.
        picture: String,
    },
}

impl FileError {
    pub(super) fn missing(origin: String, reason: io::Error) -> Self {
        let advice = notation::advice(&[&origin])
            .unwrap_or_else(|| format!("with timeshare come {}", supplied::names().join(", ")));
        Self::Missing {
            origin,
            reason,
            advice,
        }
    }

    pub(super) fn invalid(origin: &str, text: &str, invalid: &Invalid) -> Self {
        let excerpt = Excerpt::of(text, &invalid.span);
        Self::Invalid {
            origin: origin.to_owned(),
            line: excerpt.line,
            column: excerpt.column,
            message: invalid.message.clone(),
            picture: excerpt.picture,
        }
    }
}
