//! The workload files that come with the program say what the book says.

use super::{SUPPLIED, text};
use crate::workload::Workload;
use crate::workload::file::{WorkloadFile, load};
use crate::workload::notation;
use crate::workload::notation::Seed;
use std::path::{Path, PathBuf};

/// The default of `-L`.
const DEFAULT_IO_LENGTH: u64 = 5;

/// The book's figures and homework, with the arguments that `process-run.py` takes for them.
const OF_THE_BOOK: [(&str, &str); 12] = [
    ("figure-4.3", "-P c4:c4"),
    ("figure-4.4", "-P c2,i,c1:c5 -L 3"),
    ("homework-1", "-l 5:100,5:100"),
    ("homework-2", "-l 4:100,1:0"),
    ("homework-3", "-l 1:0,4:100"),
    ("homework-4", "-l 1:0,4:100 -S SWITCH_ON_END"),
    ("homework-5", "-l 1:0,4:100 -S SWITCH_ON_IO"),
    (
        "homework-6",
        "-l 3:0,5:100,5:100,5:100 -S SWITCH_ON_IO -I IO_RUN_LATER",
    ),
    (
        "homework-7",
        "-l 3:0,5:100,5:100,5:100 -S SWITCH_ON_IO -I IO_RUN_IMMEDIATE",
    ),
    ("homework-8-seed-1", "-l 3:50,3:50 -s 1"),
    ("homework-8-seed-2", "-l 3:50,3:50 -s 2"),
    ("homework-8-seed-3", "-l 3:50,3:50 -s 3"),
];

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads")
}

fn supplied(path: &Path) -> WorkloadFile {
    load(path).unwrap_or_else(|error| panic!("{error}"))
}

/// What stands after `flag` in the arguments.
fn option<'a>(arguments: &'a str, flag: &str) -> Option<&'a str> {
    let mut words = arguments.split(' ');
    words.find(|&word| word == flag)?;
    words.next()
}

fn by_arguments(arguments: &str) -> Workload {
    match (option(arguments, "-P"), option(arguments, "-l")) {
        (Some(text), None) => notation::programs(text).unwrap().0,
        (None, Some(text)) => {
            let seed = Seed::parse(option(arguments, "-s").unwrap_or("0")).unwrap();
            notation::process_list(text, &seed).unwrap()
        }
        _ => panic!("expected either -P or -l in {arguments}"),
    }
}

fn given_and_programs(workload: &Workload) -> Vec<(&str, String)> {
    workload
        .processes
        .iter()
        .map(|process| (process.given.as_str(), process.program.notation()))
        .collect()
}

#[test]
fn the_files_of_the_book_are_what_process_run_makes_of_the_arguments() {
    for (name, arguments) in OF_THE_BOOK {
        let file = supplied(&directory().join(format!("{name}.toml")));
        let (workload, expected) = (file.expand(None), by_arguments(arguments));
        assert_eq!(
            given_and_programs(&workload),
            given_and_programs(&expected),
            "{name}"
        );
        assert_eq!(workload.seed, expected.seed, "{name}");

        let io_length =
            option(arguments, "-L").map_or(DEFAULT_IO_LENGTH, |text| text.parse().unwrap());
        assert_eq!(
            file.iolength.unwrap_or(DEFAULT_IO_LENGTH),
            io_length,
            "{name}"
        );
        let switch = option(arguments, "-S").map(|text| text.parse().unwrap());
        assert_eq!(
            file.switch.unwrap_or_default(),
            switch.unwrap_or_default(),
            "{name}"
        );
        let iodone = option(arguments, "-I").map(|text| text.parse().unwrap());
        assert_eq!(
            file.iodone.unwrap_or_default(),
            iodone.unwrap_or_default(),
            "{name}"
        );
    }
}

#[test]
fn every_supplied_file_can_be_read_and_bears_its_name() {
    let mut count = 0;
    for entry in std::fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        let file = supplied(&path);
        assert_eq!(file.name.as_deref(), path.file_stem().unwrap().to_str());
        assert!(file.description.is_some(), "{}", path.display());
        count += 1;
    }
    assert!(count >= OF_THE_BOOK.len() + 3);
}

#[test]
fn all_of_them_are_in_the_program_by_their_names() {
    let files = std::fs::read_dir(directory()).unwrap();
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().path().file_stem().unwrap().to_owned())
        .collect();
    names.sort();
    let mut supplied: Vec<_> = SUPPLIED.iter().map(|(name, _)| *name).collect();
    supplied.sort_unstable();
    assert_eq!(names, supplied);
    for name in ["mixed", "mixed.toml", "workloads/mixed.toml"] {
        assert!(text(Path::new(name)).is_some_and(|text| text.contains("editor")));
    }
    for name in ["", "workloads", "x/mixed", "mixed.tom", "/mixed"] {
        assert_eq!(text(Path::new(name)), None, "{name}");
    }
    assert_eq!(
        load(Path::new("figure-4.4")).unwrap(),
        supplied_file("figure-4.4")
    );
}

fn supplied_file(name: &str) -> WorkloadFile {
    supplied(&directory().join(format!("{name}.toml")))
}
