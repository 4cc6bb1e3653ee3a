//! `timeshare report`: a trace as a page, a picture or a text.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::Failure;
use super::output::{OutputFile, width};
use super::scenario::input;
use crate::cli::Report;
use crate::report::format::Format;
use crate::trace::Trace;
use crate::trace::recording::Recording;

pub fn report(arguments: &Report) -> Result<(), Failure> {
    let asked = arguments.files.asked();
    let paths: Vec<_> = asked.iter().map(|(_, path)| path.as_path()).collect();
    refuse_twice(&paths)?;
    for path in paths {
        refuse_to_overwrite(&arguments.trace, path, "the trace")?;
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
///
/// # Errors
/// When the same place is named twice.
pub fn refuse_twice(paths: &[&Path]) -> Result<(), Failure> {
    for (index, path) in paths.iter().enumerate() {
        if paths[..index].contains(path) {
            return Err(input(format!(
                "two documents cannot both go to '{}': name two files",
                path.display()
            )));
        }
    }
    Ok(())
}

/// A trace or a recording, also one that breaks off; from standard input for `-`.
fn read(path: &Path) -> Result<Trace, Failure> {
    let refuse = |why: String| input(format!("'{}': {why}", path.display()));
    let read = if path == Path::new("-") {
        Recording::read(io::stdin().lock())
    } else {
        let file = File::open(path).map_err(|error| refuse(format!("cannot open it: {error}")))?;
        let kind = file.metadata().map(|file| file.file_type());
        // A device has no end.
        if kind.is_ok_and(|kind| kind.is_char_device() || kind.is_block_device()) {
            return Err(refuse(
                "it is a device: expected a file that 'timeshare run --record FILE' wrote"
                    .to_owned(),
            ));
        }
        Recording::read(file)
    };
    let recording = read.map_err(|error| refuse(error.to_string()))?;
    Ok(recording.into_trace())
}

/// What is written empties the file, and what is read may be the only copy there is.
///
/// # Errors
/// When `path` is the file that is read, by whatever name.
pub fn refuse_to_overwrite(read: &Path, path: &Path, what: &str) -> Result<(), Failure> {
    let identity = |path| fs::metadata(path).map(|file| (file.dev(), file.ino()));
    match (identity(read), identity(path)) {
        (Ok(read), Ok(file)) if read == file => Err(input(format!(
            "'{}' is {what} itself: name another file",
            path.display()
        ))),
        _ => Ok(()),
    }
}
