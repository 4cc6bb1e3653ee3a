//! The programs are those of `process-run.py`: its recorded outputs list or execute each of them.

use super::{Seed, process_list, programs};
use crate::workload::Workload;
use serde::Deserialize;

const RECORDED: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/golden/process-run.json"
));

/// The width of a process's column in a trace, and of the time in front of the columns.
const COLUMN_WIDTH: usize = 14;
const TIME_WIDTH: usize = 4;

#[derive(Deserialize)]
struct Case {
    args: Vec<String>,
    stdout: String,
}

impl Case {
    fn option(&self, name: &str) -> Option<&str> {
        let at = self.args.iter().position(|arg| arg == name)?;
        self.args.get(at + 1).map(String::as_str)
    }

    fn is_solved(&self) -> bool {
        self.args.iter().any(|arg| arg == "-c")
    }

    /// What the notations make of the arguments.
    fn workload(&self) -> Workload {
        match (self.option("-P"), self.option("-l")) {
            (Some(text), None) => programs(text).unwrap().0,
            (None, Some(text)) => {
                let seed = Seed::parse(self.option("-s").unwrap_or("0")).unwrap();
                process_list(text, &seed).unwrap()
            }
            other => panic!("a case gives either -P or -l, not {other:?}"),
        }
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str(RECORDED).unwrap()
}

/// The names of the instructions of every process.
fn names(workload: &Workload) -> Vec<Vec<&str>> {
    workload
        .processes
        .iter()
        .map(|process| {
            process
                .program
                .instructions()
                .iter()
                .map(|i| i.name())
                .collect()
        })
        .collect()
}

/// The instructions under each "Process N" of a problem.
fn listed(stdout: &str) -> Vec<Vec<&str>> {
    let mut processes: Vec<Vec<&str>> = Vec::new();
    for line in stdout
        .lines()
        .take_while(|line| !line.starts_with("Important"))
    {
        if line.starts_with("Process ") {
            processes.push(Vec::new());
        } else if let (Some(name), Some(process)) = (line.strip_prefix("  "), processes.last_mut())
        {
            process.push(name);
        }
    }
    processes
}

/// The instructions that each process executes in the trace of a solution.
fn executed(stdout: &str, processes: usize) -> Vec<Vec<&str>> {
    (0..processes)
        .map(|process| {
            let start = TIME_WIDTH + process * COLUMN_WIDTH;
            stdout
                .lines()
                .skip(1)
                .filter_map(|line| {
                    line.get(start..start + COLUMN_WIDTH)?
                        .trim()
                        .strip_prefix("RUN:")
                })
                .collect()
        })
        .collect()
}

#[test]
fn every_recorded_problem_lists_the_same_instructions() {
    let problems: Vec<Case> = cases()
        .into_iter()
        .filter(|case| !case.is_solved())
        .collect();
    assert!(
        problems
            .iter()
            .filter(|case| case.option("-l").is_some())
            .count()
            >= 10
    );
    for case in problems {
        assert_eq!(
            names(&case.workload()),
            listed(&case.stdout),
            "{:?}",
            case.args
        );
    }
}

#[test]
fn every_recorded_solution_executes_the_same_instructions() {
    let solutions: Vec<Case> = cases().into_iter().filter(Case::is_solved).collect();
    assert!(solutions.len() >= 100);
    for case in solutions {
        let workload = case.workload();
        let executed = executed(&case.stdout, workload.processes.len());
        assert_eq!(names(&workload), executed, "{:?}", case.args);
    }
}
