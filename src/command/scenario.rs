//! From the command line and a workload file to what is to run, and by which rules.

use std::time::Duration;

use super::{Failure, say_aside};
use crate::cli::WorkloadArgs;
use crate::scheduler::Reap;
use crate::trace::PolicyRecord;
use crate::workload::Workload;
use crate::workload::dialect::Dialect;
use crate::workload::file;
use crate::workload::file::WorkloadFile;
use crate::workload::notation;
use crate::workload::notation::Seed;
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

const DEFAULT_IO_LENGTH: u64 = 5;
const NO_WORKLOAD: &str = "there is nothing to run: give programs with -P (as c7,i,c1:c3), random \
                           ones with -l (as 5:100,5:100), or a workload file";

/// A workload and its rules.
#[derive(Debug)]
pub struct Scenario {
    pub workload: Workload,
    pub switch: SwitchPolicy,
    pub io_done: IoDonePolicy,
    /// Length of an I/O in ticks; for how long it blocks, the dialect says.
    pub io_length: u64,
    /// Which version of process-run.py is followed. The workload is in it.
    pub dialect: Dialect,
    /// What a workload file says of the tick.
    pub tick: Option<Duration>,
}

impl Scenario {
    /// What the command line says goes before what the file says.
    ///
    /// # Errors
    /// When either is wrong.
    pub fn new(arguments: &WorkloadArgs) -> Result<Self, Failure> {
        let file = arguments
            .file
            .as_deref()
            .map(file::load)
            .transpose()
            .map_err(input)?;
        let workload = workload(arguments, file.as_ref())?;
        let of_file = file.as_ref();
        let dialect = arguments
            .dialect
            .or(of_file.and_then(|f| f.dialect))
            .unwrap_or_default();
        let scenario = Self {
            workload: workload.in_dialect(dialect),
            dialect,
            switch: arguments
                .switch
                .or(of_file.and_then(|f| f.switch))
                .unwrap_or_default(),
            io_done: arguments
                .io_done
                .or(of_file.and_then(|f| f.iodone))
                .unwrap_or_default(),
            io_length: arguments
                .io_length
                .or(of_file.and_then(|f| f.iolength))
                .unwrap_or(DEFAULT_IO_LENGTH),
            tick: of_file.and_then(|f| f.tick),
        };
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), Failure> {
        if self.dialect.completes(self.io_length) || !self.workload.has_io() {
            return Ok(());
        }
        Err(Failure::Input(format!(
            "an I/O of length {} never ends in the {} dialect: give it -L 1 or more",
            self.io_length, self.dialect
        )))
    }

    /// The rules, in the words of a trace.
    #[must_use]
    pub const fn policy(&self, reap: Reap) -> PolicyRecord {
        let Self {
            switch,
            io_done,
            io_length,
            dialect,
            ..
        } = *self;
        PolicyRecord {
            switch,
            io_done,
            io_length,
            dialect,
            reap,
        }
    }
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
            let (workload, ignored) = notation::programs(&programs).map_err(input)?;
            for token in ignored {
                say_aside(&format!("timeshare: note: {token}\n"));
            }
            Ok(workload)
        }
        (None, None, Some(list)) => {
            notation::process_list(&list, seed.unwrap_or(&Seed::default())).map_err(input)
        }
        (None, None, None) => Err(Failure::Input(NO_WORKLOAD.to_owned())),
    }
}

/// What the person gave is wrong.
pub fn input(error: impl std::fmt::Display) -> Failure {
    Failure::Input(error.to_string())
}
