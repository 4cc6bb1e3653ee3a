//! Which test injects which fault into which command, or why one cannot be.
//!
//! The table cannot rot: what it names is compiled with it, must be a test, and fails if it has not
//! started a command that it is said to.

mod child;
mod input;
mod machine;
mod outsider;
mod supervisor;

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use test_attribute::test;

use super::subcommand::Subcommand::{self, Compare, Demo, Run, Shell, Watch};
use crate::common::program::has_started;
use crate::common::runner::{Test, skip};

type Commands = &'static [Subcommand];

/// Number, fault, and who plays it.
type Row = (u32, &'static str, &'static [Part]);

enum Part {
    /// These tests inject it into these commands.
    By(Commands, &'static [Named]),
    /// These unit tests inject it into the code that these commands share.
    Shared(Commands, &'static [&'static str]),
    /// It cannot happen to these, and why.
    Not(Commands, &'static str),
}

use Part::{By, Not, Shared};

/// A test, and where it is.
type Named = (&'static str, fn());

macro_rules! tests {
    ($($test:path),+ $(,)?) => { &[$((stringify!($test), $test as fn())),+] };
}
use tests;

/// A console by hand and while the scheduler drives counts as one.
const EVERY: Commands = &[Run, Watch, Compare, Demo, Shell];
/// Those whose processes are workers.
const WORKERS: Commands = &[Run, Watch, Compare, Shell];

/// Those that need no terminal.
const PLAIN: Commands = &[Run, Compare, Demo, Shell];
/// Those that are runs, and show them in another way.
const VIEWS: Commands = &[Watch, Compare];

const A_RUN: &str = "it is a run, shown in another way";
const SAME_FILES: &str = "it reads the same files by the same code as a run";

const UNMEASURED: &str = "its actors make one call at a time, and nothing is measured of them but the \
                          two in time-sharing, by their own clocks";

/// All rows, in the order of their numbers.
fn table() -> impl Iterator<Item = &'static Row> {
    let subjects: [&'static [Row]; 5] = [
        &child::ROWS,
        &outsider::ROWS,
        &supervisor::ROWS,
        &machine::ROWS,
        &input::ROWS,
    ];
    subjects.into_iter().flatten()
}

/// The test of a path that begins in this folder or in that of all tests.
fn is_at(test: &Test, path: &str) -> bool {
    let within = test.path().strip_suffix(path);
    within.is_some_and(|before| before.is_empty() || before == "faults::")
}

const fn word(subcommand: Subcommand) -> &'static str {
    match subcommand {
        Run => "run",
        Watch => "watch",
        Compare => "compare",
        Demo => "demo",
        Shell | Subcommand::Driven => "shell",
    }
}

/// Fails if the table says of the test that has just passed that it injects a fault into a command
/// that it never started.
pub fn assert_claims(test: &Test) {
    for (number, fault, parts) in table() {
        for part in *parts {
            let By(commands, tests) = part else { continue };
            if tests.iter().any(|(path, _)| is_at(test, path)) {
                let missing = commands
                    .iter()
                    .find(|subcommand| !has_started(word(**subcommand)));
                assert_eq!(missing, None, "never started, but see {number}, {fault}");
            }
        }
    }
}

#[test]
fn every_fault_is_injected_into_every_command_by_a_test_or_it_says_why_not() {
    let known: Vec<&Test> = inventory::iter::<Test>().collect();
    for (expected, &(number, fault, parts)) in (1..).zip(table()) {
        assert_eq!(number, expected, "{fault}");
        for command in EVERY {
            let has = |part: &Part| match part {
                By(commands, _) | Shared(commands, _) | Not(commands, _) => {
                    commands.contains(command)
                }
            };
            assert!(parts.iter().any(has), "{number}, {fault}: {command:?}?");
        }
        for part in parts {
            match part {
                By(_, tests) => {
                    let is_test = |path: &str| known.iter().any(|test| is_at(test, path));
                    let other = tests.iter().find(|(path, _)| !is_test(path));
                    assert_eq!(other, None, "{number}, {fault}: it is no test");
                }
                Shared(_, tests) => assert!(!tests.is_empty()),
                Not(_, why) => assert!(!why.is_empty()),
            }
        }
    }
}

#[test]
fn the_unit_tests_that_inject_faults_are_there() {
    let Some(known) = unit_tests() else {
        skip("the unit tests have not been built: plain `cargo test` builds them, too");
    };
    for (number, fault, parts) in table() {
        for part in *parts {
            let Shared(_, tests) = part else { continue };
            let is_known = |name: &&&str| {
                let end = format!("::{name}: test");
                known.lines().any(|line| line.ends_with(&end))
            };
            let missing = tests.iter().find(|name| !is_known(name));
            assert_eq!(missing, None, "{number}, {fault}");
        }
    }
}

/// What the newest program of unit tests beside this one lists.
fn unit_tests() -> Option<String> {
    let here = env::current_exe().expect("it has a name");
    let beside = fs::read_dir(here.parent()?)
        .expect("it can be listed")
        .flatten();
    let mut programs: Vec<(SystemTime, PathBuf)> = beside
        .filter(|entry| {
            let name = entry.file_name().into_string().unwrap_or_default();
            name.starts_with("timeshare-") && !name.contains('.')
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    programs.sort();
    // Some are timeshare itself, and know no such option.
    let list = |(_, program): (_, PathBuf)| {
        let mut command = Command::new(program);
        let output = command.arg("--list").stdin(Stdio::null()).output().ok()?;
        output.status.success().then_some(output.stdout)
    };
    let list = programs.into_iter().rev().find_map(list)?;
    String::from_utf8(list).ok()
}
