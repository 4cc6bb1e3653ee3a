//! `timeshare doctor`: what this machine allows, and how far it can be trusted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::progress::Progress;
use crate::bench::bench_run;
use crate::bench::bench_run::round_trips;
use crate::cli::Doctor;
use crate::doctor::capabilities::Capabilities;
use crate::doctor::checks::checks;
use crate::doctor::page::{Document, Remedy, rows, verdict};
use crate::doctor::trial::{TickTrial, Trials};
use crate::os::affinity::AllowedCpus;
use crate::os::clock;
use crate::os::cpu_claim::CpuClaim;
use crate::os::procfs::must_be_ours;
use crate::output::failure::Failure;
use crate::output::{JsonFile, print, width};
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
/// How long all trials may take together. On a CPU that others want, too, a tick of any length takes
/// as long as theirs, and all of it would take minutes.
const BUDGET: Duration = Duration::from_secs(40);

pub fn doctor(arguments: &Doctor) -> Result<(), Failure> {
    // Nothing is told before it is known that this /proc tells of us.
    must_be_ours().map_err(|error| Failure::Unfit(error.to_string()))?;
    let (json, silent) = JsonFile::asked(arguments.json.as_deref())?;
    let allowed = AllowedCpus::of_this_process()?;
    let claim = Arc::new(CpuClaim::take(&allowed, arguments.cpu)?);
    let found = Capabilities::explore(allowed, &claim);
    let checks = checks(&found);
    if !silent {
        print(&rows(&checks, width()))?;
    }
    let obstacle = found.obstacle();
    let mut trials = Trials {
        budget: budget(found.cpu_seconds),
        ..Trials::default()
    };
    if obstacle.is_none() {
        bench_run::in_turn(try_all(&mut trials, &claim))?;
        if !silent {
            print(&verdict(&trials, Remedy::of(&found), width()))?;
        }
    }
    if let Some(json) = json {
        json.write(&Document::new(
            found.cpu,
            &checks,
            obstacle.as_deref(),
            &trials,
        ))?;
    }
    obstacle.map_or(Ok(()), |obstacle| Err(Failure::Unfit(obstacle)))
}

/// No more than half of what is left before a limit on our CPU time ends us.
fn budget(cpu_seconds: Option<u64>) -> Duration {
    let used = clock::own_process_cpu();
    let left = cpu_seconds.map(|limit| Duration::from_secs(limit).saturating_sub(used) / 2);
    left.map_or(BUDGET, |left| left.min(BUDGET))
}

async fn try_all(trials: &mut Trials, cpu: &Arc<CpuClaim>) -> Result<(), Failure> {
    let end = Instant::now() + trials.budget;
    for (index, tick) in TICKS.into_iter().enumerate() {
        let (number, all) = (index + 1, TICKS.len());
        let _progress = Progress::show(&format!(
            "trying ticks of {} ({number} of {all})",
            length(tick)
        ));
        // What longer ticks leave of their shares, the shorter ones get.
        let left = u32::try_from(all - index).unwrap_or(1);
        let share = end.saturating_duration_since(Instant::now()) / left;
        match try_tick(tick, cpu, Instant::now() + share).await? {
            Some(trial) => trials.tried.push(trial),
            None => trials.left_out.push(tick),
        }
    }
    Ok(())
}

/// Until it can be trusted, or often enough, or to the end of its time. `None`: no run came to its end.
async fn try_tick(
    tick: Duration,
    cpu: &Arc<CpuClaim>,
    until: Instant,
) -> Result<Option<TickTrial>, Failure> {
    let mut best = None;
    for spoiled in 0..TRIALS {
        let Some(trial) = try_once(tick, cpu, until).await? else {
            break;
        };
        let trial = TickTrial { spoiled, ..trial };
        // A trial that time has cut short replaces no whole one.
        if best.is_none_or(|best: TickTrial| trial.runs >= best.runs) {
            best = Some(trial);
        }
        if trial.is_trusted() || Instant::now() >= until {
            break;
        }
    }
    Ok(best)
}

async fn try_once(
    tick: Duration,
    cpu: &Arc<CpuClaim>,
    until: Instant,
) -> Result<Option<TickTrial>, Failure> {
    let mut runs = Vec::with_capacity(RUNS);
    while runs.len() < RUNS {
        match round_trips(IOS).run_until(tick, cpu, until).await? {
            Some(trace) => runs.push(trace),
            None => break,
        }
    }
    let Some(first) = runs.first() else {
        return Ok(None);
    };
    let utilization = |trace: &Trace| trace.measured.cpu_utilization;
    let mut utilizations: Vec<_> = runs.iter().map(utilization).collect();
    utilizations.sort_by(f64::total_cmp);
    Ok(Some(TickTrial {
        tick,
        runs: runs.len(),
        cells: runs.iter().map(|trace| trace.agreement.cells).sum(),
        equal: runs.iter().map(|trace| trace.agreement.model_equal).sum(),
        simulated: first.simulated.cpu_utilization,
        spoiled: 0,
        measured: utilizations[runs.len() / 2],
    }))
}
