//! The workload files that come with the program, and are in it: they can be named from everywhere.

#[cfg(test)]
mod tests;

use std::path::Path;

macro_rules! with_texts {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../workloads/", $name, ".toml")))),*]
    };
}

const SUPPLIED: [(&str, &str); 15] = with_texts![
    "figure-4.3",
    "figure-4.4",
    "homework-1",
    "homework-2",
    "homework-3",
    "homework-4",
    "homework-5",
    "homework-6",
    "homework-7",
    "homework-8-seed-1",
    "homework-8-seed-2",
    "homework-8-seed-3",
    "cpu-bound",
    "io-bound",
    "mixed",
];

/// The text of the one that is named so: `figure-4.4`, `figure-4.4.toml`, or as where it lies in the
/// project, `workloads/figure-4.4.toml`.
pub fn text(path: &Path) -> Option<&'static str> {
    let name = path.strip_prefix("workloads").unwrap_or(path).to_str()?;
    let name = name.strip_suffix(".toml").unwrap_or(name);
    let named = SUPPLIED.into_iter().find(|(supplied, _)| *supplied == name);
    named.map(|(_, text)| text)
}

/// Names and texts of all.
pub fn all() -> [(&'static str, &'static str); SUPPLIED.len()] {
    SUPPLIED
}

pub fn names() -> [&'static str; SUPPLIED.len()] {
    SUPPLIED.map(|(name, _)| name)
}
