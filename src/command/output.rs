//! Where results go, beside the screen.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Failure;

/// Prints a whole text.
///
/// # Errors
/// When standard output fails.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    printed.map_err(Failure::stdout)
}

/// Creates a file for something, "the JSON" say.
///
/// # Errors
/// When that is not possible: the person gave a name that cannot be.
pub fn create(path: &Path, what: &str) -> Result<File, Failure> {
    File::create(path).map_err(|error| {
        Failure::Input(format!(
            "cannot create '{}' for {what}: {error}",
            path.display()
        ))
    })
}

/// Where a JSON document goes. A file is created before any process is, so that a name that cannot be
/// written is known at once.
pub enum JsonFile {
    Stdout,
    File { path: PathBuf, file: File },
}

impl JsonFile {
    pub fn create(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        Ok(Self::File {
            path: path.to_owned(),
            file: create(path, "the JSON")?,
        })
    }

    pub const fn is_stdout(&self) -> bool {
        matches!(self, Self::Stdout)
    }

    /// Writes one document, as one line.
    pub fn write(&self, document: &impl Serialize) -> Result<(), Failure> {
        let (to, done) = match self {
            Self::Stdout => (
                "to standard output".to_owned(),
                write_json(document, io::stdout().lock()),
            ),
            Self::File { path, file } => {
                (format!("'{}'", path.display()), write_json(document, file))
            }
        };
        done.map_err(|source| Failure::Output { to, source })
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
    terminal_size::terminal_size()
        .map_or(80, |(terminal_size::Width(columns), _)| columns)
        .clamp(60, 100)
}
