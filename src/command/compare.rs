//! `timeshare compare`: simulate, run, and hold one against the other.

use crate::os;
use crate::os::signal;
use serde::Serialize;

use super::files::Files;
use super::progress::Ticks;
use super::record::{Record, RecordFile};
use super::run::ended_first;
use super::scenario;
use crate::cli::Compare;
use crate::output::failure::Failure;
use crate::output::finish;
use crate::output::{print, width};
use crate::report::comparison;
use crate::report::explain::run_explanation;
use crate::report::side_by_side::Shown;
use crate::run::{Ended, Run, Setup};
use crate::trace::{Spread, Trace};

/// The name of the document `--json` writes.
const SCHEMA: &str = "timeshare/compare/1";

/// What `--json` writes.
#[derive(Serialize)]
struct CompareRecord<'a> {
    schema: &'static str,
    /// Whether every cell of every run is the simulation's.
    agrees: bool,
    /// Over all runs, fractions of 1.
    cpu_utilization: Spread,
    /// Over all runs, fractions of 1.
    io_utilization: Spread,
    /// Over all runs, nanoseconds.
    wall_ns: Spread,
    /// Each run in the format `timeshare/trace/1`.
    runs: &'a [Trace],
}

pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    let run = &arguments.run;
    let setup = scenario::setup(&run.workload, &run.real)?;
    let mut files = Files::create(run)?;
    let record = files.record.take();

    signal::claim_signals()?;
    let times = arguments.repeat;
    let name = |number| match times {
        1 => String::new(),
        _ => format!("run {number} of {times}, "),
    };
    let repeated = os::block_on(repeat(&setup, times, record, name))??;
    let Repeated {
        runs,
        ended,
        recorded,
    } = repeated;
    let agrees = runs.iter().all(|trace| trace.agreement.is_whole());

    let mut shown = Ok(());
    if !files.take_stdout() {
        let how = Shown {
            traces: !run.quiet,
            why: run.why,
            color: run.color.on_stdout(),
            width: width(),
        };
        let mut text = comparison::comparison(&runs, how);
        if let Some(first) = runs.first().filter(|_| run.explain) {
            text.push('\n');
            text.push_str(&run_explanation(first, width()));
        }
        shown = print(&text);
    }
    if let Some(json) = &files.json {
        json.write(&CompareRecord {
            schema: SCHEMA,
            agrees,
            cpu_utilization: Spread::of(&runs, |trace| trace.measured.cpu_utilization),
            io_utilization: Spread::of(&runs, |trace| trace.measured.io_utilization),
            wall_ns: Spread::of(&runs, comparison::wall_ns),
            runs: &runs,
        })?;
    }
    if let Some((_, shown)) = comparison::representative(&runs) {
        files.report(shown)?;
    }
    ended_first(ended, shown.and(recorded))?;
    Failure::unless(agrees)
}

/// What has been run.
pub struct Repeated {
    pub runs: Vec<Trace>,
    pub ended: Ended,
    /// Whether all of the first could be recorded.
    pub recorded: Result<(), Failure>,
}

/// Runs as often as asked, or until one does not come to its end; records the first. `name`: what
/// a terminal is to say of each, before its ticks.
pub async fn repeat(
    setup: &Setup,
    times: u32,
    mut record: Option<RecordFile>,
    name: impl Fn(u32) -> String,
) -> Result<Repeated, Failure> {
    let mut repeated = Repeated {
        runs: Vec::new(),
        ended: Ok(()),
        recorded: Ok(()),
    };
    let mut ticks = Ticks::of_run(setup);
    for number in 1..=times {
        if let Some(ticks) = &mut ticks {
            ticks.now(name(number));
        }
        let mut run = Run::start(setup).await?;
        let record = record.take().map(|file| file.begin(&run, setup));
        let record = record.transpose()?;
        let mut recorder = record.as_ref().map(Record::observer);
        let ended = run.perform(&mut (&mut ticks, &mut recorder)).await;
        drop(recorder);
        let (trace, ended) = finish(run, ended);
        repeated.ended = ended;
        if let Some(record) = record {
            repeated.recorded = record.finish(&trace);
        }
        repeated.runs.push(trace);
        if repeated.ended.is_err() {
            break;
        }
    }
    Ok(repeated)
}
