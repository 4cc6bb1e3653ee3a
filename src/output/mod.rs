//! Where results go beside the whole screen: standard output, files, rows while a run goes on
//! ([`screen`]); what is told of a [`failure`], and the exit status.
//!
//! Knows `run` and what is below it, and of `report` the rows; no feature and no command line.

pub mod failure;
pub mod screen;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use terminal_size::{Width, terminal_size, terminal_size_of};

use crate::run::{Ended, Finished, Run};
use crate::text::prose::paragraph;
use crate::trace::Trace;
use failure::Failure;

/// Prints a whole text.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    printed.map_err(Failure::stdout)
}

/// Creates a file for something, "the JSON" say. What was in it stays until there is something to
/// write ([`emptied`]).
pub fn create(path: &Path, what: &str) -> Result<File, Failure> {
    let mut how = File::options();
    let file = how.write(true).create(true).truncate(false).open(path);
    file.map_err(|error| {
        Failure::Input(format!(
            "cannot create '{}' for {what}: {error}. Name a file that can be written",
            path.display()
        ))
    })
}

/// Takes out what was in a file before. A pipe or a device has nothing to take out.
pub fn emptied(file: &File) -> io::Result<&File> {
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Ok(file)
}

/// Where a document goes: to standard output, for `-`, or to a file. A file is created before any
/// process is, so that a name that cannot be written is known at once.
pub enum OutputFile {
    Stdout,
    File { path: PathBuf, file: File },
}

impl OutputFile {
    /// `what` is to be written, as `the JSON`.
    pub fn create(path: &Path, what: &str) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        Ok(Self::File {
            path: path.to_owned(),
            file: create(path, what)?,
        })
    }

    pub const fn is_stdout(&self) -> bool {
        matches!(self, Self::Stdout)
    }

    /// Writes a whole text.
    pub fn write_text(&self, text: &str) -> Result<(), Failure> {
        self.write_by(|out| out.write_all(text.as_bytes()))
    }

    fn write_by(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let (to, done) = match self {
            Self::Stdout => {
                let mut out = io::stdout().lock();
                let done = write(&mut out).and_then(|()| out.flush());
                ("to standard output".to_owned(), done)
            }
            Self::File { path, file } => {
                let done = emptied(file).and_then(|mut file| write(&mut file));
                (format!("'{}'", path.display()), done)
            }
        };
        done.map_err(|source| Failure::Output { to, source })
    }
}

/// Where a JSON document goes.
pub struct JsonFile(OutputFile);

impl JsonFile {
    pub fn create(path: &Path) -> Result<Self, Failure> {
        OutputFile::create(path, "the JSON").map(Self)
    }

    /// Where it is asked for; and whether it is alone on standard output, and nothing else is told.
    pub fn asked(path: Option<&Path>) -> Result<(Option<Self>, bool), Failure> {
        let json = path.map(Self::create).transpose()?;
        let silent = json.as_ref().is_some_and(Self::is_stdout);
        Ok((json, silent))
    }

    pub const fn is_stdout(&self) -> bool {
        self.0.is_stdout()
    }

    /// Writes one document, as one line.
    pub fn write(&self, document: &impl Serialize) -> Result<(), Failure> {
        self.0.write_by(|to| write_json(document, to))
    }
}

fn write_json(document: &impl Serialize, to: impl Write) -> io::Result<()> {
    let mut out = BufWriter::new(to);
    serde_json::to_writer(&mut out, document)?;
    writeln!(out)?;
    out.flush()
}

/// Columns of the terminal, within what suits a table.
pub fn width() -> u16 {
    terminal_size()
        .map_or(80, |(Width(columns), _)| columns)
        .clamp(60, 100)
}

/// Columns of the terminal that is our standard output, if it is one.
pub fn columns() -> Option<u16> {
    let (Width(columns), _) = terminal_size_of(io::stdout())?;
    Some(columns)
}

/// Prints on standard error. If that fails, the exit status is all that tells.
pub fn say_aside(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// A pipe gets it as one line.
pub fn complain(message: &str) {
    let terminal = io::stderr().is_terminal();
    let text = if terminal {
        paragraph(message, width(), "")
    } else {
        format!("{message}\n")
    };
    say_aside(&text);
}

/// Ends a run. A failure beyond the one that ended it is told at once.
pub fn finish(run: Run<'_>, ended: Ended) -> (Trace, Ended) {
    let Finished { trace, ended, left } = run.finish(ended);
    if let Some(left) = left {
        complain(&format!("timeshare: {left}"));
    }
    (trace, ended)
}
