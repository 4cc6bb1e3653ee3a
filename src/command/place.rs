//! Where documents go, by whatever name: one place holds one.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::scenario::input;
use crate::output::failure::Failure;

/// What a name means.
#[derive(PartialEq, Eq)]
enum Place {
    /// A file or a pipe, by device and inode.
    There(u64, u64),
    /// A file that is not there yet.
    New(PathBuf),
}

impl Place {
    /// `None`: it may be named twice, as `/dev/null`; or creating it will tell what is wrong with it.
    fn of(path: &Path) -> Option<Self> {
        let found = if path == Path::new("-") {
            let stdout = io::stdout().as_fd().try_clone_to_owned();
            stdout.and_then(|fd| File::from(fd).metadata())
        } else {
            fs::metadata(path)
        };
        match found {
            Ok(found) if holds_one(&found) => Some(Self::There(found.dev(), found.ino())),
            Ok(_) => None,
            Err(_) => {
                let folder = path.parent().filter(|folder| *folder != Path::new(""));
                let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
                Some(Self::New(folder.join(path.file_name()?)))
            }
        }
    }
}

fn holds_one(found: &Metadata) -> bool {
    let kind = found.file_type();
    kind.is_file() || kind.is_fifo()
}

/// Two documents in one place are none.
pub fn refuse_twice(paths: &[&Path]) -> Result<(), Failure> {
    for (index, path) in paths.iter().enumerate() {
        let place = Place::of(path);
        let is_the_same =
            |other: &&Path| other == path || place.is_some() && Place::of(other) == place;
        if paths[..index].iter().any(is_the_same) {
            return Err(input(format!(
                "two documents cannot both go to '{}': name two files",
                path.display()
            )));
        }
    }
    Ok(())
}

/// What is written empties the file, and what is read may be the only copy there is.
///
pub fn refuse_to_overwrite(read: &Path, path: &Path, what: &str) -> Result<(), Failure> {
    let is_file = |path: &&Path| fs::metadata(path).is_ok_and(|found| found.is_file());
    match (is_file(&read), Place::of(path)) {
        (true, place @ Some(_)) if Place::of(read) == place => Err(input(format!(
            "'{}' is {what} itself: name another file",
            path.display()
        ))),
        _ => Ok(()),
    }
}
