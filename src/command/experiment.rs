//! A scenario performed by real processes, and the trace of it.

use super::scenario::Scenario;
use crate::linux::seat::{AllowedCpus, Precedence};
use crate::linux::{self, Settings, facts};
use crate::machine::{ChildReport, Paper};
use crate::scheduler::Reap;
use crate::supervise::{Stopped, Witness, on_paper, supervise};
use crate::trace::{
    Counter, DecisionRecord, MachineFacts, Outcome, PolicyRecord, ProcessRecord, Recorder, SCHEMA,
    TickRecord, Totals, Trace, WorkloadRecord, agreement, lives,
};

/// How a scenario is to be performed.
#[derive(Clone, Debug)]
pub struct Setup {
    pub settings: Settings,
    pub reap: Reap,
    pub allowed: AllowedCpus,
}

/// Real processes, born and stopped, and what has been recorded of them.
pub struct Experiment<'a> {
    scenario: &'a Scenario,
    setup: &'a Setup,
    machine: linux::Machine,
    recorder: Recorder,
}

/// How a performance ended.
pub type Ended = Result<(), Stopped<linux::Error>>;

impl<'a> Experiment<'a> {
    /// Creates the processes. Must be called inside a tokio runtime, on the thread that goes on
    /// with it.
    ///
    /// # Errors
    /// When they cannot be created; nothing remains then.
    pub async fn start(scenario: &'a Scenario, setup: &'a Setup) -> Result<Self, linux::Error> {
        let machine = linux::Machine::new(&scenario.workload, setup.settings).await?;
        Ok(Self {
            scenario,
            setup,
            machine,
            recorder: Recorder::default(),
        })
    }

    /// The kernel's pids, in the order of the book's ids.
    pub fn pids(&self) -> impl Iterator<Item = i32> + '_ {
        self.machine.pids()
    }

    /// How the supervisor comes by the CPU.
    #[must_use]
    pub const fn precedence(&self) -> Precedence {
        self.machine.precedence()
    }

    /// Lets the processes run to their ends, as far as nothing stops them.
    pub async fn perform(&mut self, witness: &mut impl Witness) -> Ended {
        let mut scheduler = self.scenario.scheduler(self.setup.reap);
        let mut both = (&mut self.recorder, witness);
        supervise(&mut scheduler, &mut self.machine, &mut both).await
    }

    /// Ends whoever is left, plays the scenario on paper, and puts both together.
    #[must_use]
    pub fn into_trace(self, ended: &Ended) -> Trace {
        let Self {
            scenario,
            setup,
            machine,
            recorder,
        } = self;
        let io_busy_ns = machine.io_busy_ns();
        let supervisor_cpu_ns = machine.own_cpu_ns();
        let machine_facts = facts_of(setup, machine.precedence());
        let interference = machine.interference().to_vec();
        let children = machine.close();

        let paper = simulate(scenario, setup.reap);
        let wall_ns = recorder
            .ticks
            .last()
            .and_then(|tick| tick.end_ns)
            .unwrap_or(0);
        let cpu_ns = children.iter().map(|child| child.usage.cpu_ns).sum();
        let counted = Counter::of(&recorder.ticks);
        let tick_ns = linux::nanoseconds(setup.settings.tick);
        Trace {
            schema: SCHEMA.to_owned(),
            timeshare: env!("CARGO_PKG_VERSION").to_owned(),
            workload: WorkloadRecord::from(&scenario.workload),
            policy: PolicyRecord {
                switch: scenario.switch,
                io_done: scenario.io_done,
                io_length: scenario.io_length,
                reap: setup.reap,
            },
            tick_ns,
            machine: machine_facts,
            outcome: outcome(ended),
            decisions: recorder
                .decisions
                .iter()
                .map(DecisionRecord::from)
                .collect(),
            interference,
            processes: processes(&children, &paper, &recorder.ticks),
            simulated: Totals::on_paper(Counter::of(&paper), tick_ns),
            measured: Totals::measured(counted, wall_ns, cpu_ns, io_busy_ns, supervisor_cpu_ns),
            agreement: agreement(&paper, &recorder.ticks),
            ticks: recorder.ticks,
        }
    }
}

/// The ticks of the scenario on paper.
fn simulate(scenario: &Scenario, reap: Reap) -> Vec<TickRecord> {
    let mut recorder = Recorder::default();
    let mut machine = Paper::new(&scenario.workload, scenario.io_length);
    // A recorder writes to memory only: it cannot fail, and neither can paper.
    let _ = on_paper(&mut scenario.scheduler(reap), &mut machine, &mut recorder);
    recorder.ticks
}

fn processes(
    children: &[ChildReport],
    paper: &[TickRecord],
    real: &[TickRecord],
) -> Vec<ProcessRecord> {
    let exited: Vec<_> = children.iter().map(|child| child.exit.is_some()).collect();
    let simulated = lives(paper, &vec![true; children.len()]);
    let measured = lives(real, &exited);
    let mut records = Vec::with_capacity(children.len());
    for (id, ((child, simulated), measured)) in
        (0..).zip(children.iter().zip(simulated).zip(measured))
    {
        records.push(ProcessRecord {
            id,
            pid: child.pid,
            exit: child.exit,
            cpu_ns: child.usage.cpu_ns,
            voluntary_switches: child.usage.voluntary_switches,
            involuntary_switches: child.usage.involuntary_switches,
            simulated,
            measured,
        });
    }
    records
}

fn outcome(ended: &Ended) -> Outcome {
    match ended {
        Ok(()) => Outcome::Complete,
        Err(Stopped::Machine(linux::Error::Interrupted(signal))) => Outcome::Interrupted {
            signal: signal.as_str().to_owned(),
        },
        Err(Stopped::Machine(error)) => Outcome::Failed {
            error: error.to_string(),
        },
        Err(Stopped::Witness(error)) => Outcome::Failed {
            error: error.to_string(),
        },
    }
}

fn facts_of(setup: &Setup, precedence: Precedence) -> MachineFacts {
    MachineFacts {
        kernel: facts::kernel(),
        cpu_model: facts::cpu_model(),
        cpus_allowed: setup.allowed.as_slice().to_vec(),
        cpu: setup.settings.cpu,
        supervisor_cpu: setup.settings.cpu,
        supervisor_class: precedence.to_string(),
        children_class: "SCHED_OTHER".to_owned(),
    }
}
