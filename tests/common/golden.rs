//! What `process-run.py` printed: the current version, and the one of the book's 2019 edition.

use std::fs;

use serde::Deserialize;

/// Its arguments, and its output.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    pub args: Vec<String>,
    pub stdout: String,
}

impl Case {
    /// Whether it is a trace, rather than a problem only.
    pub fn is_solved(&self) -> bool {
        self.args.iter().any(|arg| arg == "-c")
    }

    /// Its arguments without `-c` and `-p`: the workload and its rules.
    pub fn scenario(&self) -> Vec<String> {
        let mut args = self.args.clone();
        args.retain(|arg| arg != "-c" && arg != "-p");
        args
    }

    /// The rows of the trace, without the head.
    pub fn rows(&self) -> Vec<&str> {
        let rows = self.stdout.lines().skip(1);
        rows.take_while(|line| !line.is_empty()).collect()
    }
}

/// Of the current version.
pub fn cases() -> Vec<Case> {
    of_file("tests/golden/process-run.json")
}

/// Of the classic version.
pub fn classic_cases() -> Vec<Case> {
    of_file("tests/golden/process-run-classic.json")
}

fn of_file(name: &str) -> Vec<Case> {
    let path = super::folder(name);
    let text = fs::read_to_string(path).expect("the reference outputs are there");
    serde_json::from_str(&text).expect("they are JSON")
}
