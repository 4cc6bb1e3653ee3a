//! A scenario performed by real processes, and the trace of it.

use crate::os;
use crate::os::clock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::scenario::Scenario;
use super::{Failure, complain};
use crate::cli::RealArgs;
use crate::linux;
use crate::linux::Settings;
use crate::linux::control::ControlSender;
use crate::machine::{
    ChildReport, Device, Interference, KernelRecord, Observer, Span, Stopped, supervise,
};
use crate::os::affinity::AllowedCpus;
use crate::os::host;
use crate::os::supervisor_cpu::SchedClass;
use crate::scheduler::{ProcessRun, Reap};
use crate::trace::recording;
use crate::trace::recording::{Beginning, MORE_ON_PAPER};
use crate::trace::{
    Lengths, MachineFacts, Outcome, PolicyChange, ProcessRecord, Recorder, SCHEMA, SwitchesRecord,
    TickRecord, Totals, Trace, WorkloadRecord, account, agreement, lives, record_steered,
};

/// How a scenario is to be performed.
#[derive(Clone, Debug)]
pub struct Setup {
    pub settings: Settings,
    pub reap: Reap,
    pub allowed: AllowedCpus,
}

const DEFAULT_TICK: Duration = Duration::from_millis(10);

impl Setup {
    /// The command line goes before a workload file.
    ///
    /// # Errors
    /// When the CPU asked for is not allowed.
    pub fn new(arguments: &RealArgs, scenario: &Scenario) -> Result<Self, os::Error> {
        let allowed = AllowedCpus::of_this_process()?;
        let settings = Settings {
            cpu: allowed.choose(arguments.cpu)?,
            tick: arguments.tick.or(scenario.tick).unwrap_or(DEFAULT_TICK),
            io_length: scenario.io_length,
            dialect: scenario.dialect,
        };
        Ok(Self {
            settings,
            reap: arguments.reap.into(),
            allowed,
        })
    }
}

/// Real processes, born and stopped, and what has been recorded of them.
pub struct Experiment<'a> {
    scenario: &'a Scenario,
    setup: &'a Setup,
    machine: linux::Machine,
    /// Found out while there are processes to ask about.
    facts: MachineFacts,
    recorder: Recorder,
    /// The policies that whoever steers wants, one after the other.
    wheel: Option<Receiver<ProcessRun>>,
}

/// How a performance ended.
pub type Ended = Result<(), Stopped<os::Error>>;

impl From<Stopped<os::Error>> for Failure {
    fn from(stopped: Stopped<os::Error>) -> Self {
        match stopped {
            Stopped::Machine(error) => error.into(),
            Stopped::Observer(error) => Self::stdout(error),
        }
    }
}

impl<'a> Experiment<'a> {
    /// Creates the processes. Must be called inside a tokio runtime, on the thread that goes on
    /// with it.
    ///
    /// # Errors
    /// When they cannot be created; nothing remains then.
    pub async fn start(scenario: &'a Scenario, setup: &'a Setup) -> Result<Self, os::Error> {
        let machine = linux::Machine::new(&scenario.workload, setup.settings).await?;
        Ok(Self {
            scenario,
            setup,
            facts: facts_of(setup, &machine),
            machine,
            recorder: Recorder::default(),
            wheel: None,
        })
    }

    /// The kernel's pids, in the order of the book's ids.
    pub fn pids(&self) -> impl Iterator<Item = i32> + '_ {
        self.machine.pids()
    }

    /// From now on whoever has what this returns may change the policies.
    pub fn take_wheel(&mut self) -> Sender<ProcessRun> {
        let (wheel, wanted) = channel();
        self.wheel = Some(wanted);
        wheel
    }

    /// From now on it takes orders.
    pub fn take_orders(&mut self) -> ControlSender {
        self.machine.open_control()
    }

    /// How the supervisor comes by the CPU.
    #[must_use]
    pub const fn sched_class(&self) -> SchedClass {
        self.machine.sched_class()
    }

    /// What is known of it before the first tick.
    #[must_use]
    pub fn beginning(&self) -> Beginning {
        Beginning {
            schema: recording::SCHEMA.to_owned(),
            timeshare: env!("CARGO_PKG_VERSION").to_owned(),
            workload: WorkloadRecord::from(&self.scenario.workload),
            policy: self.scenario.policy(self.setup.reap),
            tick_ns: clock::ns(self.setup.settings.tick),
            machine: self.facts.clone(),
            pids: self.pids().collect(),
        }
    }

    /// The CPUs for threads that would be in the way on the children's.
    #[must_use]
    pub fn cpus_beside(&self) -> Vec<usize> {
        self.setup.allowed.beside(self.setup.settings.cpu)
    }

    /// Lets the processes run to their ends, as far as nothing stops them.
    pub async fn perform(&mut self, observer: &mut impl Observer) -> Ended {
        let policy = self.scenario.policy(self.setup.reap);
        let mut scheduler = match self.wheel.take() {
            Some(wanted) => policy.steered(move |_| wanted.try_iter().last()),
            None => policy.scheduler(),
        };
        let mut both = (&mut self.recorder, observer);
        let device = Device::new(policy.blocked_ticks());
        let ended = supervise(&mut scheduler, &mut self.machine, device, &mut both).await;
        match (ended, self.machine.end_asked()) {
            // With its terminal, a run loses its output and is asked to end: that is one event.
            (Err(Stopped::Observer(_)), Some(signal)) => {
                Err(Stopped::Machine(os::Error::Interrupted(signal)))
            }
            (ended, _) => ended,
        }
    }

    /// Ends whoever is left, plays the scenario on paper, and puts both together. A run has failed
    /// that leaves somebody behind.
    #[must_use]
    pub fn into_trace(self, ended: &mut Ended) -> Trace {
        let Beginning {
            timeshare,
            workload,
            policy,
            tick_ns,
            machine,
            ..
        } = self.beginning();
        let (scenario, recorder) = (self.scenario, self.recorder);
        let run = self.machine.close();
        if !run.left.is_empty() {
            let left = os::Error::Unended(run.left.join(", "));
            match ended {
                Ok(()) => *ended = Err(Stopped::Machine(left)),
                Err(_) => complain(&format!("timeshare: {left}")),
            }
        }
        // What a broken-off run did not come to is no difference.
        let most = recorder.ticks.len() as u64 + if ended.is_ok() { MORE_ON_PAPER } else { 0 };
        let policy_changes = PolicyChange::among(&recorder.decisions);
        let paper = record_steered(&scenario.workload, &policy, &policy_changes, most);
        let measured = Totals::measured(&recorder.ticks, tick_ns, ended.is_ok(), &run);
        let lengths = Lengths {
            first_ns: tick_ns,
            ticks: &recorder.ticks,
        };
        let (switches, spans) = switches(run.kernel);
        let mut trace = Trace {
            schema: SCHEMA.to_owned(),
            timeshare,
            workload,
            policy,
            tick_ns,
            machine,
            origin_ns: run.origin_ns,
            outcome: outcome(ended),
            decisions: recorder.decisions.iter().map(Into::into).collect(),
            processes: processes(
                (&run.children, &run.interference),
                spans,
                &paper,
                &recorder.ticks,
            ),
            policy_changes,
            interference: run.interference,
            pauses: run.pauses,
            switches,
            simulated: Totals::on_paper(&paper.ticks, lengths),
            measured,
            agreement: agreement(&paper.ticks, &recorder.ticks),
            ticks: recorder.ticks,
            account: None,
        };
        trace.account = account(&trace, &paper.ticks);
        trace
    }
}

/// The kernel's record, and the spans of each process apart from it.
fn switches(kernel: KernelRecord) -> (SwitchesRecord, Vec<Vec<Span>>) {
    match kernel {
        KernelRecord::Switches {
            processes,
            supervisor,
            lost,
        } => (SwitchesRecord::Recorded { lost, supervisor }, processes),
        KernelRecord::Unavailable { why } => (SwitchesRecord::Unavailable { why }, Vec::new()),
    }
}

/// `spans`: none at all where they were not recorded.
fn processes(
    (children, interference): (&[ChildReport], &[Interference]),
    spans: Vec<Vec<Span>>,
    paper: &Recorder,
    real: &[TickRecord],
) -> Vec<ProcessRecord> {
    let times = |id| {
        interference
            .iter()
            .filter(move |event| event.process.0 == id)
    };
    let exited: Vec<_> = children.iter().map(|child| child.exit.is_some()).collect();
    let simulated = lives(&paper.ticks, &paper.exited(children.len()), &[]);
    let measured = lives(real, &exited, &spans);
    let mut spans = spans.into_iter();
    let mut records = Vec::with_capacity(children.len());
    for (id, ((child, simulated), measured)) in
        (0..).zip(children.iter().zip(simulated).zip(measured))
    {
        records.push(ProcessRecord {
            id,
            pid: child.pid,
            exit: child.exit,
            interference: Some(times(id).count() as u64).filter(|&times| times > 0),
            cpu_ns: child.usage.cpu_ns,
            voluntary_switches: Some(child.usage.voluntary_switches),
            involuntary_switches: Some(child.usage.involuntary_switches),
            run_queue_wait_ns: child.usage.waited_ns,
            spans: spans.next(),
            simulated,
            measured,
        });
    }
    records
}

/// What the trace says of it.
pub fn outcome(ended: &Ended) -> Outcome {
    match ended {
        Ok(()) => Outcome::Complete,
        Err(Stopped::Machine(os::Error::Interrupted(signal))) => Outcome::Interrupted {
            signal: signal.as_str().to_owned(),
        },
        Err(Stopped::Machine(os::Error::Left)) => Outcome::Left,
        Err(Stopped::Machine(error)) => Outcome::Failed {
            error: error.to_string(),
        },
        Err(Stopped::Observer(error)) => Outcome::Failed {
            error: error.to_string(),
        },
    }
}

fn facts_of(setup: &Setup, machine: &linux::Machine) -> MachineFacts {
    MachineFacts {
        kernel: host::kernel(),
        cpu_model: host::cpu_model(),
        cpus_allowed: setup.allowed.as_slice().to_vec(),
        cpu: setup.settings.cpu,
        supervisor_cpu: setup.settings.cpu,
        supervisor_class: machine.sched_class().to_string(),
        children_class: machine.children_class().to_owned(),
    }
}
