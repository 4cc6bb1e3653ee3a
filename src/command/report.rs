//! `timeshare report`: a trace as a page, a picture or a text.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Failure;
use super::output::{OutputFile, width};
use super::scenario::input;
use crate::cli::Report;
use crate::report::format::Format;
use crate::trace::{self, Trace};

pub fn report(arguments: &Report) -> Result<(), Failure> {
    let asked = arguments.files.asked();
    for (index, (_, path)) in asked.iter().enumerate() {
        if asked[..index].iter().any(|(_, other)| other == path) {
            return Err(twice(path));
        }
        refuse_to_overwrite(&arguments.trace, path)?;
    }

    let trace = read(&arguments.trace)?;
    // All of them before the first is written: a name that cannot be written is known at once.
    let create = |(format, path): (Format, PathBuf)| ReportFile::create(format, &path);
    let files: Vec<_> = asked.into_iter().map(create).collect::<Result<_, _>>()?;
    files.iter().try_for_each(|file| file.write(&trace))
}

/// Where a report in one format goes.
pub struct ReportFile {
    format: Format,
    file: OutputFile,
}

impl ReportFile {
    pub fn create(format: Format, path: &Path) -> Result<Self, Failure> {
        let file = OutputFile::create(path, format.what())?;
        Ok(Self { format, file })
    }

    pub const fn is_stdout(&self) -> bool {
        self.file.is_stdout()
    }

    pub fn write(&self, trace: &Trace) -> Result<(), Failure> {
        self.file.write_text(&self.format.render(trace, width()))
    }
}

/// Two documents in one file are none.
pub fn twice(path: &Path) -> Failure {
    input(format!(
        "two documents cannot both go to '{}'",
        path.display()
    ))
}

fn read(path: &Path) -> Result<Trace, Failure> {
    let refuse = |why: String| input(format!("'{}': {why}", path.display()));
    let file = File::open(path).map_err(|error| refuse(format!("cannot open it: {error}")))?;
    trace::read(file).map_err(|error| refuse(error.to_string()))
}

/// Creating a file empties it, and the trace may be the only one there is.
fn refuse_to_overwrite(trace: &Path, path: &Path) -> Result<(), Failure> {
    let identity = |path| fs::metadata(path).map(|file| (file.dev(), file.ino()));
    match (identity(trace), identity(path)) {
        (Ok(trace), Ok(file)) if trace == file => Err(input(format!(
            "'{}' is the trace itself: give the report another name",
            path.display()
        ))),
        _ => Ok(()),
    }
}
