//! What the whole-program tests share: running the built program and proving that nothing of it
//! is left, the reference outputs, and the traces of real runs.

pub mod browser;
pub mod console;
pub mod control_group;
pub mod cpus;
pub mod ending;
pub mod golden;
pub mod leak;
pub mod modes;
pub mod page;
pub mod procfs;
pub mod program;
pub mod reported;
pub mod residue;
pub mod runner;
pub mod screen;
pub mod sentinel;
pub mod speed;
pub mod subject;
pub mod terminal;
pub mod trace;
pub mod trace_event;
pub mod typist;

use std::path::PathBuf;

use program::{Finished, Launch};

/// Where a folder of the project is.
pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A workload file that comes with the program.
pub fn workload(name: &str) -> String {
    let path = folder("workloads").join(format!("{name}.toml"));
    assert!(path.is_file(), "there is no {}", path.display());
    path.display().to_string()
}

/// The words of a command line without quoting.
pub fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Runs timeshare to its end.
pub fn timeshare(line: &str) -> Finished {
    Launch::timeshare(words(line)).run()
}
