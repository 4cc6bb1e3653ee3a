//! Workload files: scenarios in TOML that read like sentences.
//!
//! ```toml
//! name = "figure-4.4"
//! description = "One process waits for its I/O while the other computes."
//! seed = 0            # optional: an integer, or a string of one
//! tick = "10ms"       # optional
//! iolength = 3        # optional, in ticks
//! dialect = "current" # optional
//!
//! [policy]            # optional, both keys too
//! switch = "SWITCH_ON_IO"
//! iodone = "IO_RUN_LATER"
//!
//! [[process]]
//! name = "editor"     # optional
//! program = "c2,i,c1" # either this
//!
//! [[process]]
//! random = "3:50"     # or this
//! ```

mod error;
mod excerpt;
#[cfg(test)]
mod faults;
mod invalid;
mod read;
mod schema;
mod supplied;
#[cfg(test)]
mod tests;

pub use error::{FileError, MAX_FILE_BYTES};
pub use supplied::names as supplied_names;

use super::dialect::Dialect;
use super::notation::{Draw, Seed};
use super::policy::{IoDonePolicy, SwitchPolicy};
use super::{ProcessSpec, Program, Workload};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// What a workload file says. What it leaves out is `None`, for the command line to fill in.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadFile {
    pub name: Option<String>,
    pub description: Option<String>,
    pub seed: Option<Seed>,
    /// Which version of `process-run.py` it follows.
    pub dialect: Option<Dialect>,
    /// When the CPU is given to another process.
    pub switch: Option<SwitchPolicy>,
    /// When a process runs again whose I/O has completed.
    pub iodone: Option<IoDonePolicy>,
    pub iolength: Option<u64>,
    /// How long a tick lasts on a real machine.
    pub tick: Option<Duration>,
    processes: Vec<PlannedProcess>,
}

/// A process of a workload file. A random program is not drawn yet, as the seed may still change.
#[derive(Clone, Debug, PartialEq)]
struct PlannedProcess {
    name: Option<String>,
    given: String,
    recipe: Recipe,
}

#[derive(Clone, Debug, PartialEq)]
enum Recipe {
    Written(Program),
    Random(Draw),
}

/// The workloads that come with the program, by their names.
pub fn supplied() -> Result<Vec<(&'static str, WorkloadFile)>, FileError> {
    let texts = supplied::all().into_iter();
    texts
        .map(|(name, text)| Ok((name, parse(text, name)?)))
        .collect()
}

/// Whether a workload of this name comes with the program.
pub fn is_supplied(path: &Path) -> bool {
    supplied::text(path).is_some()
}

/// Reads the workload file at `path`, or, if there is none, the one of this name that comes with the
/// program.
///
/// # Errors
///
/// When there is no such file, or it is no regular file of text of at most [`MAX_FILE_BYTES`], and
/// as [`parse`].
pub fn load(path: &Path) -> Result<WorkloadFile, FileError> {
    let origin = path.display().to_string();
    let text = match read::text_of(path, &origin) {
        Err(FileError::Unreadable { reason, .. }) if reason.kind() == ErrorKind::NotFound => {
            let missing = || FileError::missing(origin.clone(), reason);
            supplied::text(path).ok_or_else(missing)?.to_owned()
        }
        text => text?,
    };
    parse(&text, &origin)
}

/// Reads the text of a workload file; `origin` names it in the errors.
///
/// A byte order mark in front and line ends of CR LF are accepted.
///
/// # Errors
///
/// When the text is empty, is not TOML, or does not describe a workload. Every program is checked
/// here, so that [`WorkloadFile::expand`] cannot fail.
pub fn parse(text: &str, origin: &str) -> Result<WorkloadFile, FileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(FileError::Empty {
            origin: origin.to_owned(),
        });
    }
    schema::workload_file(text).map_err(|invalid| FileError::invalid(origin, text, &invalid))
}

impl WorkloadFile {
    /// The workload, its random programs drawn with `seed`, or else with the file's, or else with 0.
    ///
    /// Draws as [`process_list`](super::notation::process_list) does: one sequence of random
    /// numbers serves all random programs, in the order of the file.
    pub fn expand(&self, seed: Option<&Seed>) -> Workload {
        let seed = seed.or(self.seed.as_ref()).cloned().unwrap_or_default();
        let mut generator = seed.generator();
        let mut drawn = false;
        let processes = self
            .processes
            .iter()
            .map(|planned| ProcessSpec {
                name: planned.name.clone(),
                given: planned.given.clone(),
                program: match &planned.recipe {
                    Recipe::Written(program) => program.clone(),
                    Recipe::Random(draw) => {
                        drawn = true;
                        draw.program(&mut generator)
                    }
                },
            })
            .collect();
        Workload {
            name: self.name.clone(),
            description: self.description.clone(),
            seed: drawn.then(|| seed.to_string()),
            processes,
        }
    }
}
