//! Small runs with which the instrument measures itself.

use crate::os;
use crate::os::signal;
use std::fs::OpenOptions;
use std::io::{self, LineWriter};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::machine::{Observer, StopAfter, Stopped, TickSnapshot};
use crate::os::cpu_claim::CpuClaim;
use crate::output::failure::Failure;
use crate::output::finish;
use crate::output::screen::{Line, Screen};
use crate::report::live::LiveRows;
use crate::run::{Options, Run, Scenario, Setup};
use crate::scheduler::PolicySpec;
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
    /// Runs it, with ticks of this length, on a CPU that is claimed.
    pub async fn run(&self, tick: Duration, cpu: &Arc<CpuClaim>) -> Result<Trace, Failure> {
        self.run_and_tell(tick, cpu, || ()).await
    }

    /// As [`BenchRun::run`]; says when all processes are created and stopped.
    pub async fn run_and_tell(
        &self,
        tick: Duration,
        cpu: &Arc<CpuClaim>,
        created: impl FnOnce(),
    ) -> Result<Trace, Failure> {
        let (trace, _) = self
            .perform(tick, cpu, created, StopAfter(u64::MAX))
            .await?;
        Ok(trace)
    }

    /// As [`BenchRun::run`], as far as it comes before this moment; `None`: not to its end.
    pub async fn run_until(
        &self,
        tick: Duration,
        cpu: &Arc<CpuClaim>,
        moment: Instant,
    ) -> Result<Option<Trace>, Failure> {
        let (trace, stopped) = self.perform(tick, cpu, || (), StopAt(moment)).await?;
        let is_late = stopped.is_some_and(|why| why == io::ErrorKind::TimedOut);
        Ok((!is_late).then_some(trace))
    }

    /// What came of it, and why it was stopped, if an observer has done so.
    async fn perform(
        &self,
        tick: Duration,
        cpu: &Arc<CpuClaim>,
        created: impl FnOnce(),
        stop: impl Observer,
    ) -> Result<(Trace, Option<io::ErrorKind>), Failure> {
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
            tick: Some(tick),
            ..Options::default()
        };
        let setup = Setup::on(Arc::clone(cpu), scenario, options)?;

        let printer = Printer::to_nowhere(&setup)?;
        let mut run = Run::start(&setup).await?;
        created();
        let mut observer = ((StopAfter(self.ticks), stop), &printer);
        let ended = run.perform(&mut observer).await;
        let (mut trace, ended) = finish(run, ended);
        trace.measured.printing_cpu_ns = Some(printer.0.cpu_ns());
        match ended {
            Ok(()) => Ok((trace, None)),
            Err(Stopped::Observer(why)) => Ok((trace, Some(why.kind()))),
            Err(Stopped::Machine(error)) => Err(error.into()),
        }
    }
}

/// Ends the run with the first tick that is over at this moment, with [`io::ErrorKind::TimedOut`].
struct StopAt(Instant);

impl Observer for StopAt {
    fn tick_ended(&mut self, _: &TickSnapshot<'_>) -> io::Result<()> {
        if Instant::now() < self.0 {
            Ok(())
        } else {
            Err(io::ErrorKind::TimedOut.into())
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
