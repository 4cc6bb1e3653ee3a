//! `timeshare bench`: the instrument's own figures.

use crate::os::Error;
use crate::os::affinity::AllowedCpus;
use crate::os::clock;
use crate::os::cpu_claim::CpuClaim;
use crate::os::procfs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::progress::Progress;
use crate::bench::bench_run;
use crate::bench::bench_run::{BenchRun, crowd, round_trips};
use crate::bench::page;
use crate::bench::page::{Crowd, Figures, Latency, LeftOut, RoundTrips};
use crate::cli::Bench;
use crate::output::failure::Failure;
use crate::output::{JsonFile, print, width};
use crate::text::table::length;
use crate::trace::{Trace, ratio, switch_latencies_ns};

/// Lengths of ticks, and how many I/Os each of two processes issues: enough hand-overs for a 99th
/// percentile, in a second or two.
const ROUND_TRIPS: [(Duration, usize); 3] = [
    (Duration::from_micros(100), 500),
    (Duration::from_millis(1), 250),
    (Duration::from_millis(10), 50),
];
/// How many processes there are while one of them computes.
const CROWDS: [usize; 4] = [2, 10, 100, 1_000];
const CROWD_TICKS: u64 = 300;
const CROWD_TICK: Duration = Duration::from_millis(1);

pub fn bench(arguments: &Bench) -> Result<(), Failure> {
    let json = arguments
        .json
        .as_deref()
        .map(JsonFile::create)
        .transpose()?;
    let figures = bench_run::in_turn(measure(arguments.cpu))?;
    if !json.as_ref().is_some_and(JsonFile::is_stdout) {
        let text = page::sentences(&figures, width());
        print(&text)?;
    }
    json.map_or(Ok(()), |json| json.write(&figures))
}

async fn measure(cpu: Option<usize>) -> Result<Figures, Failure> {
    let allowed = AllowedCpus::of_this_process()?;
    let cpu = &Arc::new(CpuClaim::take(&allowed, cpu)?);
    let mut trips = Vec::new();
    let mut machine = None;
    for (tick, ios) in ROUND_TRIPS {
        let _progress = Progress::show(&format!("round trips with ticks of {}", length(tick)));
        let trace = round_trips(ios).run(tick, cpu).await?;
        trips.push(round_trip_figures(&trace));
        machine = Some(trace.machine);
    }
    let mut crowds = Vec::new();
    let mut left_out = Vec::new();
    for processes in CROWDS {
        let _progress = Progress::show(&format!("one process among {processes}"));
        match crowd_figures(&crowd(processes, CROWD_TICKS), processes, cpu).await? {
            Ok(crowd) => crowds.push(crowd),
            Err(why) => left_out.push(LeftOut {
                processes: processes as u64,
                why,
            }),
        }
    }
    Ok(Figures {
        schema: page::SCHEMA.to_owned(),
        machine,
        round_trips: trips,
        sample_ns: procfs::sample_cost_ns(),
        crowds,
        left_out,
    })
}

fn round_trip_figures(trace: &Trace) -> RoundTrips {
    let measured = &trace.measured;
    let wall_ns = measured.wall_ns.unwrap_or(0);
    let share = |cpu_ns: Option<u64>| ratio(cpu_ns.unwrap_or(0), wall_ns);
    RoundTrips {
        tick_ns: trace.tick_ns,
        ticks: measured.ticks,
        agreement: trace.agreement.clone(),
        cpu_utilization: measured.cpu_utilization,
        simulated_cpu_utilization: trace.simulated.cpu_utilization,
        scheduling_share: share(measured.supervisor_cpu_ns),
        sampling_share: share(measured.sampling_cpu_ns),
        printing_share: share(measured.printing_cpu_ns),
        interference_share: trace
            .account
            .map(|account| ratio(u64::try_from(account.withheld_ns()).unwrap_or(0), wall_ns)),
        switch_latency: Latency::of(switch_latencies_ns(trace)),
    }
}

/// `Err` within: why there is no room for so many processes.
async fn crowd_figures(
    run: &BenchRun,
    processes: usize,
    cpu: &Arc<CpuClaim>,
) -> Result<Result<Crowd, String>, Failure> {
    let began = Instant::now();
    let mut created = None;
    let ran = run
        .run_and_tell(CROWD_TICK, cpu, || created = Some(Instant::now()))
        .await;
    let (trace, created) = match (ran, created) {
        (Ok(trace), Some(created)) => (trace, created),
        (Err(Failure::Machine(error @ (Error::Interrupted(_) | Error::Unended(_)))), _) => {
            return Err(error.into());
        }
        // The limits are looked at before the first fork. How many processes others have is not known
        // then: for that a fork may fail, or the start of a thread.
        (Err(error @ Failure::Machine(_)), None) => {
            return Ok(Err(error.to_string()));
        }
        (Err(error), _) => return Err(error),
        (Ok(trace), None) => (trace, began),
    };
    let measured = &trace.measured;
    let ticks = measured.ticks.max(1);
    // What a tick takes beyond the CPU time of its instruction.
    let beyond_ns = measured
        .wall_ns
        .unwrap_or(0)
        .saturating_sub(measured.cpu_busy_ns());
    Ok(Ok(Crowd {
        processes: processes as u64,
        spawn_ns: clock::ns(created - began),
        overhead_per_tick_ns: beyond_ns / ticks,
        supervisor_per_tick_ns: measured.supervisor_cpu_ns.unwrap_or(0) / ticks,
    }))
}
