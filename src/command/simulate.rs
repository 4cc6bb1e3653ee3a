//! `timeshare simulate`: the workload on paper.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;

use super::Failure;
use super::scenario::Scenario;
use crate::cli::Simulate;
use crate::machine::Paper;
use crate::report::process_run::{self, Rows};
use crate::scheduler::Reap;
use crate::supervise::{Stopped, Witness, on_paper};
use crate::trace::Counter;

/// Output comes by the hundred megabytes: standard output's own buffer ends at every line.
const BUFFER: usize = 256 * 1024;

pub fn simulate(arguments: &Simulate) -> Result<(), Failure> {
    let scenario = Scenario::new(&arguments.workload)?;
    let mut out = stdout().map_err(Failure::stdout)?;
    let printed = if arguments.quiet {
        let mut counted = Counter::default();
        play(&scenario, &mut counted).and_then(|()| process_run::statistics(&counted, &mut out))
    } else if arguments.compute {
        compute(&scenario, arguments.statistics, &mut out)
    } else {
        let Scenario {
            workload,
            switch,
            io_done,
            ..
        } = &scenario;
        process_run::problem(workload, *switch, *io_done, &mut out)
    };
    printed.and_then(|()| out.flush()).map_err(Failure::stdout)
}

fn compute(scenario: &Scenario, statistics: bool, out: &mut impl Write) -> io::Result<()> {
    let rows = Rows::new(scenario.workload.processes.len(), &mut *out)?;
    let mut witness = (rows, Counter::default());
    play(scenario, &mut witness)?;
    if statistics {
        process_run::statistics(&witness.1, out)
    } else {
        Ok(())
    }
}

fn play(scenario: &Scenario, witness: &mut impl Witness) -> io::Result<()> {
    let mut machine = Paper::new(&scenario.workload, scenario.io_length);
    let mut scheduler = scenario.policy(Reap::Now).scheduler();
    match on_paper(&mut scheduler, &mut machine, witness) {
        Ok(()) => Ok(()),
        Err(Stopped::Witness(error)) => Err(error),
        Err(Stopped::Machine(never)) => match never {},
    }
}

fn stdout() -> io::Result<BufWriter<File>> {
    let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    Ok(BufWriter::with_capacity(BUFFER, file))
}
