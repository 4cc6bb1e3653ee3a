//! How a trace is put together: from what a run leaves behind, or from a recording that breaks off.

use super::beginning::{Beginning, MORE_ON_PAPER};
use super::totals::sum_ns;
use super::{
    DecisionRecord, Lengths, Outcome, PolicyChange, ProcessRecord, Recorder, SCHEMA,
    SwitchesRecord, TickRecord, Totals, Trace, account, agreement, lifetimes, record_steered,
};
use crate::machine::{ChildReport, Interference, KernelRecord, Pause, RunReport, Span};
use crate::scheduler::{ProcId, TransitionKind};

/// What happened in a run, each kind by itself, in order.
#[derive(Default)]
pub struct RunLog {
    pub ticks: Vec<TickRecord>,
    pub decisions: Vec<DecisionRecord>,
    pub policy_changes: Vec<PolicyChange>,
    pub interference: Vec<Interference>,
    pub pauses: Vec<Pause>,
}

impl RunLog {
    pub fn new(recorder: Recorder, report: &RunReport) -> Self {
        Self {
            policy_changes: PolicyChange::among(&recorder.decisions),
            decisions: recorder.decisions.iter().map(Into::into).collect(),
            ticks: recorder.ticks,
            interference: report.interference.clone(),
            pauses: report.pauses.clone(),
        }
    }

    /// For each of the first `count` processes, whether it has exited.
    fn exited(&self, count: usize) -> Vec<bool> {
        let mut exited = vec![false; count];
        let exits = self.decisions.iter();
        let exits = exits.filter(|decision| decision.transition == Some(TransitionKind::Exit));
        for process in exits.filter_map(|decision| decision.process) {
            exited[process.index()] = true;
        }
        exited
    }

    /// What a process said last of its own CPU time, in nanoseconds.
    fn told_cpu_ns(&self, process: ProcId) -> u64 {
        let executed = |tick: &&TickRecord| tick.processes[process.index()].instruction.is_some();
        let last = self.ticks.iter().rfind(executed);
        last.and_then(|tick| tick.cpu_ns).unwrap_or(0)
    }
}

/// Plays the scenario on paper, and holds it against what happened. `report`: what the machine left
/// behind; without it, what it would tell is absent, and nothing is made up.
pub fn assemble(
    beginning: Beginning,
    log: RunLog,
    outcome: Outcome,
    report: Option<RunReport>,
) -> Trace {
    let whole = outcome == Outcome::Complete;
    // What a run that broke off did not come to is no difference.
    let most = log.ticks.len() as u64 + if whole { MORE_ON_PAPER } else { 0 };
    let paper = record_steered(
        &beginning.workload,
        &beginning.policy,
        &log.policy_changes,
        most,
    );
    let lengths = Lengths {
        first_ns: beginning.tick_ns,
        ticks: &log.ticks,
    };
    let simulated = Totals::on_paper(&paper.ticks, lengths);
    let agreement = agreement(&paper.ticks, &log.ticks);
    let measured = report
        .as_ref()
        .map(|report| Totals::measured(&log.ticks, beginning.tick_ns, whole, report));
    let origin_ns = report.as_ref().map(|report| report.origin_ns);
    let (children, kernel, withheld) = report.map_or((None, None, None), |report| {
        (
            Some(report.children),
            Some(report.kernel),
            Some(report.withheld),
        )
    });
    let (switches, spans) = switches(kernel);
    let processes = processes(&beginning.pids, children.as_deref(), spans, &paper, &log);
    let mut trace = Trace {
        schema: SCHEMA.to_owned(),
        timeshare: beginning.timeshare,
        workload: beginning.workload,
        policy: beginning.policy,
        tick_ns: beginning.tick_ns,
        machine: beginning.machine,
        origin_ns,
        outcome,
        measured: measured.unwrap_or_else(|| {
            let cpu_ns = sum_ns(processes.iter().map(|process| process.cpu_ns));
            Totals::of_ticks(&log.ticks, cpu_ns)
        }),
        processes,
        ticks: log.ticks,
        decisions: log.decisions,
        policy_changes: log.policy_changes,
        interference: log.interference,
        pauses: log.pauses,
        switches,
        withheld: withheld.unwrap_or_default(),
        simulated,
        agreement,
        account: None,
    };
    let times: Vec<_> = trace
        .processes
        .iter()
        .map(|process| trace.interfered(process))
        .collect();
    for (process, times) in trace.processes.iter_mut().zip(times) {
        process.interference = (times > 0).then_some(times);
    }
    trace.account = account(&trace, &paper.ticks);
    trace
}

/// The kernel's record, and the spans of each process apart from it.
fn switches(kernel: Option<KernelRecord>) -> (SwitchesRecord, Vec<Vec<Span>>) {
    match kernel {
        Some(KernelRecord::Switches {
            processes,
            supervisor,
            own_threads,
            lost,
        }) => {
            let recorded = SwitchesRecord::Recorded {
                lost,
                supervisor,
                own_threads,
            };
            (recorded, processes)
        }
        Some(KernelRecord::Unavailable { why }) => {
            (SwitchesRecord::Unavailable { why }, Vec::new())
        }
        None => {
            let why = "the recording breaks off before them".to_owned();
            (SwitchesRecord::Unavailable { why }, Vec::new())
        }
    }
}

/// `spans`: none at all where they were not recorded.
fn processes(
    pids: &[i32],
    children: Option<&[ChildReport]>,
    spans: Vec<Vec<Span>>,
    paper: &Recorder,
    log: &RunLog,
) -> Vec<ProcessRecord> {
    let ids = || (0..).map(ProcId).zip(pids);
    let child = |id: ProcId| children.map(|children| &children[id.index()]);
    let exited = children.map_or_else(
        || log.exited(pids.len()),
        |children| children.iter().map(|child| child.exit.is_some()).collect(),
    );
    let simulated = lifetimes(&paper.ticks, &paper.exited(pids.len()), &[]);
    let measured = lifetimes(&log.ticks, &exited, &spans);
    let mut spans = spans.into_iter();
    let record = |(((id, &pid), simulated), measured)| {
        let child = child(id);
        ProcessRecord {
            id: id.0,
            pid,
            exit: child.and_then(|child| child.exit),
            interference: None,
            cpu_ns: child.map_or_else(|| log.told_cpu_ns(id), |child| child.usage.cpu_ns),
            voluntary_switches: child.and_then(|child| child.usage.voluntary_switches),
            involuntary_switches: child.and_then(|child| child.usage.involuntary_switches),
            run_queue_wait_ns: child.and_then(|child| child.usage.waited_ns),
            spans: spans.next(),
            simulated,
            measured,
        }
    };
    ids().zip(simulated).zip(measured).map(record).collect()
}
