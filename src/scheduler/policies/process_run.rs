//! The policies of chapter 4, exactly as OSTEP's `process-run.py` plays them.

use super::Listed;
use crate::scheduler::decision::Reason;
use crate::scheduler::ids::ProcId;
use crate::scheduler::policy::{Choice, Event, Policy};
use crate::scheduler::spec::{Parameter, PolicyKind, PolicySpec, Values};
use crate::scheduler::table::ProcessTable;
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

/// First come, first served in the order of the process list, with the two switches of
/// `process-run.py`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessRun {
    pub switch: SwitchPolicy,
    pub io_done: IoDonePolicy,
}

const KIND: &PolicyKind = &PolicyKind {
    name: "process_run",
    is_default: true,
    parameters: &[
        Parameter {
            name: "switch",
            key: Some('S'),
            values: Values::Words(&[SwitchPolicy::ALL[0].name(), SwitchPolicy::ALL[1].name()]),
        },
        Parameter {
            name: "io_done",
            key: Some('I'),
            values: Values::Words(&[IoDonePolicy::ALL[0].name(), IoDonePolicy::ALL[1].name()]),
        },
    ],
    legend: |spec| ProcessRun::of(spec).map_or_else(Vec::new, ProcessRun::legend),
};

pub const LISTED: Listed = Listed {
    kind: KIND,
    build: |spec| Box::new(ProcessRun::of(spec).unwrap_or_default()),
};

impl From<ProcessRun> for PolicySpec {
    fn from(policy: ProcessRun) -> Self {
        policy.spec()
    }
}

impl ProcessRun {
    pub const fn spec(self) -> PolicySpec {
        PolicySpec::of(KIND)
            .with(0, self.switch as u64)
            .with(1, self.io_done as u64)
    }

    /// The two switches of a spec; `None`: it is another policy.
    pub fn of(spec: PolicySpec) -> Option<Self> {
        let choice = |parameter| usize::try_from(spec.raw(parameter)).unwrap_or(usize::MAX);
        (spec.kind().name == KIND.name).then(|| Self {
            switch: SwitchPolicy::ALL[choice(0)],
            io_done: IoDonePolicy::ALL[choice(1)],
        })
    }

    fn legend(self) -> Vec<[String; 2]> {
        let when = match self.switch {
            SwitchPolicy::OnIo => "the current process is FINISHED or ISSUES AN IO",
            SwitchPolicy::OnEnd => "the current process is FINISHED",
        };
        let then = match self.io_done {
            IoDonePolicy::Immediate => "run IMMEDIATELY",
            IoDonePolicy::Later => "run LATER (when it is its turn)",
        };
        [
            ["System will switch when", when],
            ["After IOs, the process issuing the IO will", then],
        ]
        .map(|halves| halves.map(str::to_owned))
        .to_vec()
    }

    fn io_issued(self, process: ProcId, table: &ProcessTable) -> Choice {
        match (self.switch, table.next_ready_after(process)) {
            (SwitchPolicy::OnEnd, _) => Choice::keep(Reason::WaitForOwnIo { process }),
            (SwitchPolicy::OnIo, Some(next)) => {
                Choice::run(next, Reason::SwitchOnIo { process, next })
            }
            (SwitchPolicy::OnIo, None) => Choice::keep(Reason::NoneReady { process }),
        }
    }

    fn io_completed(self, process: ProcId, table: &ProcessTable) -> Choice {
        let running = table.running();
        if self.io_done == IoDonePolicy::Immediate {
            let preempted = running;
            return Choice::run(process, Reason::IoRunImmediate { process, preempted });
        }
        match running {
            Some(running) => Choice::keep(Reason::IoRunLater { process, running }),
            None if table.runnable() > 1 => Choice::run(process, Reason::SwitchOnEnd { process }),
            None => Choice::run(process, Reason::OnlyRunnable { process }),
        }
    }
}

impl Policy for ProcessRun {
    fn choose(&mut self, event: Event, table: &ProcessTable) -> Option<Choice> {
        match event {
            Event::Start => Choice::first(table),
            Event::IoIssued(process) => Some(self.io_issued(process, table)),
            Event::IoCompleted(process) => Some(self.io_completed(process, table)),
            Event::Exited(process) => Some(Choice::after_exit(process, table)),
            Event::TickEnded(_) => None,
        }
    }
}
