//! Small experiments of our own, with which the instrument measures itself.

use crate::os;
use crate::os::signal;
use std::fs::OpenOptions;
use std::io::{self, LineWriter};
use std::time::Duration;

use super::Failure;
use super::experiment::{Experiment, Setup};
use super::scenario::Scenario;
use super::screen::{Line, Screen};
use crate::linux::Settings;
use crate::machine::{Observer, StopAfter, Stopped, TickSnapshot};
use crate::os::affinity::AllowedCpus;
use crate::report::live::LiveRows;
use crate::scheduler::Reap;
use crate::trace::{TickRecord, Trace};
use crate::workload::dialect::Dialect;
use crate::workload::notation;
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

/// Two processes that each issue one short I/O after the other: somebody else gets the CPU in
/// every tick, and it is never idle on paper.
#[must_use]
pub fn round_trips(ios: usize) -> BenchRun {
    let program = vec!["i"; ios].join(",");
    BenchRun {
        programs: format!("{program}:{program}"),
        io_length: 1,
        ticks: u64::MAX,
    }
}

/// One process computes, many others are there and wait, for so many ticks.
#[must_use]
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
    ///
    /// # Errors
    /// When it cannot be run, or is stopped from outside.
    pub async fn run(&self, tick: Duration, cpu: Option<usize>) -> Result<Trace, Failure> {
        self.run_and_tell(tick, cpu, || ()).await
    }

    /// As [`BenchRun::run`]; says when all processes are born and stopped.
    ///
    /// # Errors
    /// As [`BenchRun::run`].
    pub async fn run_and_tell(
        &self,
        tick: Duration,
        cpu: Option<usize>,
        born: impl FnOnce(),
    ) -> Result<Trace, Failure> {
        let (workload, _) = notation::programs(&self.programs)
            .map_err(|error| Failure::Input(error.to_string()))?;
        let scenario = Scenario {
            workload,
            switch: SwitchPolicy::OnIo,
            io_done: IoDonePolicy::Later,
            io_length: self.io_length,
            dialect: Dialect::default(),
            tick: None,
        };
        let allowed = AllowedCpus::of_this_process()?;
        let settings = Settings {
            cpu: allowed.choose(cpu)?,
            tick,
            io_length: self.io_length,
            dialect: Dialect::default(),
        };
        let setup = Setup {
            settings,
            reap: Reap::Now,
            allowed,
        };

        let printer = Printer::to_nowhere(&scenario, &setup)?;
        let mut experiment = Experiment::start(&scenario, &setup).await?;
        born();
        let mut ended = experiment
            .perform(&mut (StopAfter(self.ticks), &printer))
            .await;
        let mut trace = experiment.into_trace(&mut ended);
        trace.measured.printing_cpu_ns = Some(printer.0.cpu_ns());
        match ended {
            Ok(()) | Err(Stopped::Observer(_)) => Ok(trace),
            Err(Stopped::Machine(error)) => Err(error.into()),
        }
    }
}

/// Prints each row as a run does, where nobody reads it.
struct Printer(Screen);

impl Printer {
    fn to_nowhere(scenario: &Scenario, setup: &Setup) -> Result<Self, Failure> {
        let null = OpenOptions::new().write(true).open("/dev/null");
        let null = null.map_err(|source| Failure::Output {
            to: "to /dev/null".to_owned(),
            source,
        })?;
        let rows = LiveRows::new(scenario.workload.processes.len(), scenario.dialect, None);
        let cpus = setup.allowed.beside(setup.settings.cpu);
        // By lines, as to a terminal.
        Screen::to(LineWriter::new(null), rows, cpus).map(Self)
    }
}

impl Observer for &Printer {
    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        self.0.hand(Line::Row(TickRecord::from(seen)))
    }
}

/// Runs trials one after the other, on the calling thread.
///
/// # Errors
/// As the trials.
pub fn in_turn<T>(trials: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    signal::claim_signals()?;
    os::block_on(trials)?
}
