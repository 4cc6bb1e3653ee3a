//! Small runs with which the instrument measures itself.

use crate::os;
use crate::os::signal;
use std::fs::OpenOptions;
use std::io::{self, LineWriter};
use std::time::Duration;

use crate::machine::{Observer, StopAfter, Stopped, TickSnapshot};
use crate::output::failure::Failure;
use crate::output::finish;
use crate::output::screen::{Line, Screen};
use crate::report::live::LiveRows;
use crate::run::{Options, Run, Scenario, Setup};
use crate::scheduler::{PolicySpec, Reap};
use crate::trace::{TickRecord, Trace};
use crate::workload::dialect::Dialect;
use crate::workload::notation;

/// Two processes that each issue one short I/O after the other: the other one gets the CPU in
/// every tick, and it is never idle on paper.
pub fn round_trips(ios: usize) -> BenchRun {
    let program = vec!["i"; ios].join(",");
    BenchRun {
        programs: format!("{program}:{program}"),
        io_length: 1,
        ticks: u64::MAX,
    }
}

/// One process computes for `ticks`, while many others are there and wait.
pub fn crowd(processes: usize, ticks: u64) -> BenchRun {
    let waiting = ":c1".repeat(processes.saturating_sub(1));
    BenchRun {
        programs: format!("c{ticks}{waiting}"),
        io_length: 1,
        ticks,
    }
}

/// What to run, and for how long at most.
pub struct BenchRun {
    programs: String,
    io_length: u64,
    ticks: u64,
}

impl BenchRun {
    /// Runs it, with ticks of this length, on the CPU a run would choose.
    pub async fn run(&self, tick: Duration, cpu: Option<usize>) -> Result<Trace, Failure> {
        self.run_and_tell(tick, cpu, || ()).await
    }

    /// As [`BenchRun::run`]; says when all processes are created and stopped.
    pub async fn run_and_tell(
        &self,
        tick: Duration,
        cpu: Option<usize>,
        created: impl FnOnce(),
    ) -> Result<Trace, Failure> {
        let (workload, _) = notation::programs(&self.programs)
            .map_err(|error| Failure::Input(error.to_string()))?;
        let scenario = Scenario {
            workload,
            policy: PolicySpec::default(),
            io_length: self.io_length,
            dialect: Dialect::default(),
            tick: None,
        };
        let options = Options {
            cpu,
            tick: Some(tick),
            reap: Reap::Now,
        };
        let setup = Setup::new(scenario, options)?;

        let printer = Printer::to_nowhere(&setup)?;
        let mut run = Run::start(&setup).await?;
        created();
        let ended = run.perform(&mut (StopAfter(self.ticks), &printer)).await;
        let (mut trace, ended) = finish(run, ended);
        trace.measured.printing_cpu_ns = Some(printer.0.cpu_ns());
        match ended {
            Ok(()) | Err(Stopped::Observer(_)) => Ok(trace),
            Err(Stopped::Machine(error)) => Err(error.into()),
        }
    }
}

/// Prints each row as a run does, to where it is thrown away.
struct Printer(Screen);

impl Printer {
    fn to_nowhere(setup: &Setup) -> Result<Self, Failure> {
        let null = OpenOptions::new().write(true).open("/dev/null");
        let null = null.map_err(|source| Failure::Output {
            to: "to /dev/null".to_owned(),
            source,
        })?;
        let scenario = &setup.scenario;
        let rows = LiveRows::new(scenario.workload.processes.len(), scenario.dialect, None);
        // By lines, as to a terminal.
        Screen::to(LineWriter::new(null), rows, setup.cpus_beside()).map(Self)
    }
}

impl Observer for &Printer {
    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        self.0.hand(Line::Row(TickRecord::from(seen)))
    }
}

/// Does this on the calling thread.
pub fn in_turn<T>(runs: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    signal::claim_signals()?;
    os::block_on(runs)?
}
