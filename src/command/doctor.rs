//! `timeshare doctor`: what this machine allows, and how far it can be trusted.

use std::time::Duration;

use super::progress::Progress;
use crate::bench::bench_run;
use crate::bench::bench_run::round_trips;
use crate::doctor::capabilities::Capabilities;
use crate::doctor::page::{TickTrial, capabilities, verdict};
use crate::output::failure::Failure;
use crate::output::{print, width};
use crate::text::table::length;
use crate::trace::Trace;

/// From long to short.
const TICKS: [Duration; 7] = [
    Duration::from_millis(10),
    Duration::from_millis(5),
    Duration::from_millis(2),
    Duration::from_millis(1),
    Duration::from_micros(500),
    Duration::from_micros(200),
    Duration::from_micros(100),
];
/// I/Os of each of the two processes, and runs of which the median counts.
const IOS: usize = 12;
const RUNS: usize = 3;
/// How often a tick is tried until it can be trusted: other programs can spoil a trial, none can
/// improve one.
const TRIALS: usize = 3;

pub fn doctor() -> Result<(), Failure> {
    let found = Capabilities::explore();
    print(&capabilities(&found, width()))?;
    if let Some(obstacle) = found.obstacle() {
        return Err(Failure::Unfit(obstacle));
    }
    let mut trials = Vec::new();
    let tried = bench_run::in_turn(async {
        for (number, tick) in (1..).zip(TICKS) {
            let _progress =
                Progress::show(&format!("trying ticks of {} ({number} of 7)", length(tick)));
            trials.push(try_tick(tick).await?);
        }
        Ok(())
    });
    tried?;
    print(&verdict(&trials, width()))
}

/// Until it can be trusted, or often enough.
async fn try_tick(tick: Duration) -> Result<TickTrial, Failure> {
    let mut trial = try_once(tick).await?;
    for _ in 1..TRIALS {
        if trial.is_trusted() {
            break;
        }
        trial = TickTrial {
            spoiled: trial.spoiled + 1,
            ..try_once(tick).await?
        };
    }
    Ok(trial)
}

async fn try_once(tick: Duration) -> Result<TickTrial, Failure> {
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        runs.push(round_trips(IOS).run(tick, None).await?);
    }
    let utilization = |trace: &Trace| trace.measured.cpu_utilization;
    let mut utilizations: Vec<_> = runs.iter().map(utilization).collect();
    utilizations.sort_by(f64::total_cmp);
    Ok(TickTrial {
        tick,
        cells: runs.iter().map(|trace| trace.agreement.cells).sum(),
        equal: runs.iter().map(|trace| trace.agreement.model_equal).sum(),
        simulated: runs
            .first()
            .map_or(0.0, |trace| trace.simulated.cpu_utilization),
        spoiled: 0,
        measured: utilizations[RUNS / 2],
    })
}
