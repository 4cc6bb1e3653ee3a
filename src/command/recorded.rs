//! A file that a run has left behind.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use super::scenario::input;
use crate::cli::slips;
use crate::output::failure::Failure;
use crate::trace::Recording;
use crate::workload::file;
use crate::workload::quote::one_line;

/// Reads a trace or a recording, also one that breaks off; from standard input for `-`.
pub fn read(path: &Path) -> Result<Recording, Failure> {
    let refuse = |why: String| match slip(path) {
        Some(slip) => input(slip),
        None => input(format!("cannot read '{}': {why}", path.display())),
    };
    let read = if path == Path::new("-") {
        Recording::read(io::stdin().lock())
    } else {
        let file = File::open(path).map_err(|error| refuse(error.to_string()))?;
        let kind = file.metadata().map(|file| file.file_type());
        // A device has no end.
        if kind.is_ok_and(|kind| kind.is_char_device() || kind.is_block_device()) {
            return Err(refuse(
                "it is a device. Expected a file that 'timeshare run --record FILE' wrote"
                    .to_owned(),
            ));
        }
        Recording::read(file)
    };
    read.map_err(|error| refuse(error.to_string()))
}

/// What was meant by something that is no trace: one of a workload that has not been run yet, or a name
/// from a PDF.
fn slip(path: &Path) -> Option<String> {
    let name = path.to_string_lossy();
    if !path.exists() && !file::is_supplied(path) {
        return slips::typographic(&name);
    }
    let is_workload = path != Path::new("-") && file::load(path).is_ok();
    is_workload.then(|| {
        format!(
            "'{0}' is a workload, and no trace of a run. Run it first: timeshare run {0} --json \
             trace.json",
            one_line(&name)
        )
    })
}
