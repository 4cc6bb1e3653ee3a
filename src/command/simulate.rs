//! `timeshare simulate`: the workload on paper.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;

use super::progress::Ticks;
use super::scenario::scenario;
use crate::cli::Simulate;
use crate::machine;
use crate::machine::{Device, Observer};
use crate::output::failure::Failure;
use crate::output::width;
use crate::report::explain::explanation;
use crate::report::process_run;
use crate::report::process_run::Rows;
use crate::run::Scenario;
use crate::scheduler::Reap;
use crate::trace::{Counter, TickAccounting};

/// Output comes by the hundred megabytes: standard output's own buffer ends at every line.
const BUFFER: usize = 256 * 1024;

pub fn simulate(arguments: &Simulate) -> Result<(), Failure> {
    let scenario = scenario(&arguments.workload)?;
    let mut out = stdout().map_err(Failure::stdout)?;
    let computes = arguments.compute || arguments.quiet || arguments.explain;
    let printed = if computes {
        compute(&scenario, arguments, &mut out)
    } else {
        process_run::problem(&scenario.workload, &scenario.policy(Reap::Now), &mut out)
    };
    printed.and_then(|()| out.flush()).map_err(Failure::stdout)
}

fn compute(scenario: &Scenario, arguments: &Simulate, out: &mut impl Write) -> io::Result<()> {
    let &Simulate {
        compute,
        statistics,
        quiet,
        explain,
        ..
    } = arguments;
    let processes = scenario.workload.processes.len();
    let rows = if compute && !quiet {
        Some(Rows::new(processes, scenario.dialect, &mut *out)?)
    } else {
        None
    };
    let accounting = explain.then(TickAccounting::default);
    let ticks = rows.is_none().then(Ticks::on_paper).flatten();
    let mut observer = ((rows, ticks), (Counter::default(), accounting));
    play(scenario, &mut observer)?;
    let (seen, (counted, accounting)) = observer;
    drop(seen);
    if statistics || quiet || explain {
        process_run::statistics(&counted, out)?;
    }
    accounting.map_or(Ok(()), |accounting| {
        let text = explanation(&accounting, &scenario.policy(Reap::Now), width());
        out.write_all(text.as_bytes())
    })
}

fn play(scenario: &Scenario, observer: &mut impl Observer) -> io::Result<()> {
    let policy = scenario.policy(Reap::Now);
    let device = Device::new(policy.blocked_ticks());
    machine::simulate(
        &scenario.workload,
        device,
        &mut policy.scheduler(),
        observer,
    )
}

fn stdout() -> io::Result<BufWriter<File>> {
    let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    Ok(BufWriter::with_capacity(BUFFER, file))
}
