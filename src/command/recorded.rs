//! A file that a run has left behind.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use super::scenario::input;
use crate::output::failure::Failure;
use crate::trace::Recording;

/// Reads a trace or a recording, also one that breaks off; from standard input for `-`.
pub fn read(path: &Path) -> Result<Recording, Failure> {
    let refuse = |why: String| input(format!("cannot read '{}': {why}", path.display()));
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
