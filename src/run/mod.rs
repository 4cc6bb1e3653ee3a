//! A run: a scenario on real processes, steered while it goes on, and the trace of it.
//!
//! It knows the scheduler, the machine, its Linux part and the trace; the command line, formats and
//! screens are above it, and see a run as observers.

pub mod background_writer;
mod setup;

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::linux;
use crate::linux::control::ControlSender;
use crate::machine::{Device, Observer, Stopped, supervise};
use crate::os;
use crate::os::supervisor_cpu::SchedClass;
use crate::os::{clock, host};
use crate::scheduler::PolicySpec;
use crate::trace::recording::{self, Beginning};
use crate::trace::{MachineFacts, Outcome, Recorder, RunLog, Trace, assemble};

pub use setup::{Options, Scenario, Setup};

/// Real processes, created and stopped, and what has been recorded of them.
pub struct Run<'a> {
    setup: &'a Setup,
    machine: linux::Machine,
    /// Found out while there are processes to ask about.
    facts: MachineFacts,
    recorder: Recorder,
    /// The policies that are wanted, one after the other.
    policies: Option<Receiver<PolicySpec>>,
}

/// How it came to its end.
pub type Ended = Result<(), Stopped<os::Error>>;

/// A run that is over.
pub struct Finished {
    pub trace: Trace,
    pub ended: Ended,
    /// Processes that outlived the clean-up of a run that had failed before.
    pub left: Option<os::Error>,
}

impl<'a> Run<'a> {
    /// Creates the processes. Must be called inside a tokio runtime, on the thread that goes on
    /// with it.
    pub async fn start(setup: &'a Setup) -> Result<Self, os::Error> {
        let machine = linux::Machine::new(&setup.scenario.workload, setup.settings).await?;
        Ok(Self {
            setup,
            facts: facts_of(setup, &machine),
            machine,
            recorder: Recorder::default(),
            policies: None,
        })
    }

    /// The kernel's pids, in the order of the book's ids.
    pub fn pids(&self) -> impl Iterator<Item = i32> + '_ {
        self.machine.pids()
    }

    /// From now on the last policy sent before a tick decides about it.
    pub fn take_policies(&mut self) -> Sender<PolicySpec> {
        let (sender, wanted) = channel();
        self.policies = Some(wanted);
        sender
    }

    /// From now on it can be paused, stepped, and told what to do to a process.
    pub fn take_control(&mut self) -> ControlSender {
        self.machine.open_control()
    }

    /// Where it runs.
    pub const fn facts(&self) -> &MachineFacts {
        &self.facts
    }

    /// How the supervisor comes by the CPU.
    pub const fn sched_class(&self) -> SchedClass {
        self.machine.sched_class()
    }

    /// What is known of it before the first tick.
    pub fn beginning(&self) -> Beginning {
        Beginning {
            schema: recording::SCHEMA.to_owned(),
            timeshare: env!("CARGO_PKG_VERSION").to_owned(),
            workload: self.setup.scenario.workload.clone(),
            policy: self.setup.policy(),
            tick_ns: clock::ns(self.setup.settings.tick),
            machine: self.facts.clone(),
            pids: self.pids().collect(),
        }
    }

    /// Lets the processes run to their ends, as far as nothing stops them.
    pub async fn perform(&mut self, observer: &mut impl Observer) -> Ended {
        let policy = self.setup.policy();
        let mut scheduler = match self.policies.take() {
            Some(wanted) => policy.switchable(move |_| wanted.try_iter().last()),
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

    /// Ends the processes that are left, and assembles the trace. A run has failed that leaves a
    /// process behind.
    pub fn finish(mut self, mut ended: Ended) -> Finished {
        let known = &mut self.facts.runs_beside;
        let came = self.setup.runs_beside();
        let is_new = |pid: &i32| !known.contains(pid);
        let new: Vec<_> = came.into_iter().filter(is_new).collect();
        known.extend(new);
        let beginning = self.beginning();
        let report = self.machine.close();
        let mut left =
            (!report.left.is_empty()).then(|| os::Error::Unended(report.left.join(", ")));
        if ended.is_ok() {
            ended = left
                .take()
                .map_or(Ok(()), |left| Err(Stopped::Machine(left)));
        }
        let log = RunLog::new(self.recorder, &report);
        Finished {
            trace: assemble(beginning, log, outcome(&ended), Some(report)),
            ended,
            left,
        }
    }
}

/// What the trace says of its end.
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
        cpus_allowed: setup.cpus_allowed().to_vec(),
        cpu: setup.settings.cpu,
        supervisor_cpu: setup.settings.cpu,
        supervisor_class: machine.sched_class().to_string(),
        children_class: machine.children_class().to_owned(),
        runs_beside: setup.runs_beside(),
    }
}
