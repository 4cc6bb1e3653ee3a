//! A file that a run has left behind, and what must not become of it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use super::Failure;
use super::scenario::input;
use crate::trace::Recording;

/// Reads a trace or a recording, also one that breaks off; from standard input for `-`.
///
/// # Errors
/// When there is none.
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
