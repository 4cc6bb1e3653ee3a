//! What a run leaves behind, beside what is seen of it.

use std::path::Path;

use super::place::{refuse_to_overwrite, refuse_twice};
use super::record::RecordFile;
use super::report::ReportFile;
use crate::cli::Run;
use crate::output::JsonFile;
use crate::output::failure::Failure;
use crate::report::format::Format;
use crate::trace::Trace;

/// The files that were asked for. They are there before any process is: what cannot be written is
/// known at once.
pub struct Files {
    pub json: Option<JsonFile>,
    pub record: Option<RecordFile>,
    html: Option<ReportFile>,
}

impl Files {
    pub fn create(arguments: &Run) -> Result<Self, Failure> {
        let [json, record, html] =
            [&arguments.json, &arguments.record, &arguments.html].map(Option::as_deref);
        let asked: Vec<&Path> = [json, record, html].into_iter().flatten().collect();
        refuse_twice(&asked)?;
        if let Some(workload) = &arguments.workload.file {
            for path in asked {
                refuse_to_overwrite(workload, path, "the workload")?;
            }
        }
        Ok(Self {
            json: json.map(JsonFile::create).transpose()?,
            record: record.map(RecordFile::create).transpose()?,
            html: html
                .map(|path| ReportFile::create(Format::Html, path))
                .transpose()?,
        })
    }

    /// Whether standard output is one of them, and nothing else goes there.
    pub fn take_stdout(&self) -> bool {
        self.json.as_ref().is_some_and(JsonFile::is_stdout)
            || self.html.as_ref().is_some_and(ReportFile::is_stdout)
    }

    /// Writes the report, if there is to be one.
    pub fn report(&self, trace: &Trace) -> Result<(), Failure> {
        self.html.as_ref().map_or(Ok(()), |file| file.write(trace))
    }
}
