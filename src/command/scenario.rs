//! From the command line and a workload file to what is to run, and by which rules.

use std::path::Path;

use crate::cli::{RealArgs, WorkloadArgs, slips};
use crate::output::failure::Failure;
use crate::output::say_aside;
use crate::run::{Options, Scenario, Setup};
use crate::scheduler::ProcessRun;
use crate::workload::Workload;
use crate::workload::file;
use crate::workload::file::WorkloadFile;
use crate::workload::notation;
use crate::workload::notation::{NotationError, Seed};

const DEFAULT_IO_LENGTH: u64 = 5;
const NO_WORKLOAD: &str = "there is nothing to run: give programs with -P (as c7,i,c1:c3), random \
                           ones with -l (as 5:100,5:100), or a workload file";

/// What the command line says goes before what the file says.
pub fn scenario(arguments: &WorkloadArgs) -> Result<Scenario, Failure> {
    let file = arguments.file.as_deref();
    file.map_or(Ok(()), |file| refuse_slip(arguments, file))?;
    let file = file.map(file::load).transpose().map_err(input)?;
    let workload = workload(arguments, file.as_ref())?;
    let of_file = file.as_ref();
    let dialect = arguments.dialect.or(of_file.and_then(|f| f.dialect));
    let dialect = dialect.unwrap_or_default();
    let switch = arguments.switch.or(of_file.and_then(|f| f.switch));
    let io_done = arguments.io_done.or(of_file.and_then(|f| f.iodone));
    let policy = ProcessRun {
        switch: switch.unwrap_or_default(),
        io_done: io_done.unwrap_or_default(),
    };
    let io_length = arguments.io_length.or(of_file.and_then(|f| f.iolength));
    let scenario = Scenario {
        workload: workload.in_dialect(dialect),
        policy: policy.into(),
        io_length: io_length.unwrap_or(DEFAULT_IO_LENGTH),
        dialect,
        tick: of_file.and_then(|f| f.tick),
    };
    if dialect.completes(scenario.io_length) || !scenario.workload.has_io() {
        return Ok(scenario);
    }
    Err(Failure::Input(format!(
        "an I/O of length {} never ends in the {dialect} dialect: give it -L 1 or more",
        scenario.io_length
    )))
}

/// What stands where a file is expected, and is none, may be a part of something else.
fn refuse_slip(arguments: &WorkloadArgs, file: &Path) -> Result<(), Failure> {
    if file.exists() || file::is_supplied(file) {
        return Ok(());
    }
    let word = file.to_string_lossy();
    let goes_on = |list: &String| notation::advice(&[list, &word]);
    let lists = [&arguments.process_list, &arguments.program];
    let list = lists.into_iter().flatten().find_map(goes_on);
    match slips::typographic(&word).or(list) {
        Some(slip) => Err(Failure::Input(slip)),
        None => Ok(()),
    }
}

/// What is asked for of a run beside its scenario.
impl From<&RealArgs> for Options {
    fn from(arguments: &RealArgs) -> Self {
        Self {
            cpu: arguments.cpu,
            tick: arguments.tick,
            reap: arguments.reap.into(),
        }
    }
}

pub fn setup(workload: &WorkloadArgs, real: &RealArgs) -> Result<Setup, Failure> {
    Ok(Setup::new(scenario(workload)?, real.into())?)
}

/// As in process-run.py, -P goes before -l.
fn workload(arguments: &WorkloadArgs, file: Option<&WorkloadFile>) -> Result<Workload, Failure> {
    let seed = arguments.seed.as_ref();
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    match (
        file,
        given(&arguments.program),
        given(&arguments.process_list),
    ) {
        (Some(file), None, None) => Ok(file.expand(seed)),
        (Some(_), _, _) => Err(Failure::Input(
            "give either a workload file or -P or -l, not both".to_owned(),
        )),
        (None, Some(programs), _) => {
            let read = notation::programs(&programs);
            let (workload, ignored) = read.map_err(|error| of_other(&error, &programs, "-l"))?;
            for token in ignored {
                say_aside(&format!("timeshare: note: {token}\n"));
            }
            Ok(workload)
        }
        (None, None, Some(list)) => {
            let read = notation::process_list(&list, seed.unwrap_or(&Seed::default()));
            read.map_err(|error| of_other(&error, &list, "-P"))
        }
        (None, None, None) => Err(Failure::Input(NO_WORKLOAD.to_owned())),
    }
}

/// What is wrong with a notation, and whether it is one for the other option.
fn of_other(error: &NotationError, list: &str, other: &str) -> Failure {
    let advice = notation::advice(&[list]).filter(|advice| advice.contains(other));
    input(advice.map_or_else(|| error.to_string(), |advice| format!("{error}; {advice}")))
}

/// What the person gave is wrong.
pub fn input(error: impl std::fmt::Display) -> Failure {
    Failure::Input(error.to_string())
}
