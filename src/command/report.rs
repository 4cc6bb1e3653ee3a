//! `timeshare report`: a trace as a page, a picture or a text.

use std::path::{Path, PathBuf};

use super::Failure;
use super::output::{OutputFile, width};
use super::place::{refuse_to_overwrite, refuse_twice};
use super::recorded;
use crate::cli::Report;
use crate::report::format::Format;
use crate::trace::Trace;

pub fn report(arguments: &Report) -> Result<(), Failure> {
    let asked = arguments.files.asked();
    let paths: Vec<_> = asked.iter().map(|(_, path)| path.as_path()).collect();
    refuse_twice(&paths)?;
    for path in paths {
        refuse_to_overwrite(&arguments.trace, path, "the trace")?;
    }

    let trace = recorded::read(&arguments.trace)?.into_trace();
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
