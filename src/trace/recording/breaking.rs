//! The trace of a recording: whole, or as far as it goes.

use super::{Beginning, Entry, Recording};
use crate::machine::{Interference, Pause};
use crate::trace::{
    Counter, DecisionRecord, Lengths, Life, Outcome, PolicyChange, ProcessRecord, Recorder, SCHEMA,
    SwitchesRecord, TickRecord, Totals, Trace, agreement, lives, ratio, record_steered, sum_ns,
};

/// The entries, each kind by itself.
#[derive(Default)]
struct Told {
    ticks: Vec<TickRecord>,
    decisions: Vec<DecisionRecord>,
    policy_changes: Vec<PolicyChange>,
    interference: Vec<Interference>,
    pauses: Vec<Pause>,
}

impl Recording {
    /// The trace that the run has left; of a recording that breaks off, as much as it tells.
    #[must_use]
    pub fn into_trace(self) -> Trace {
        let mut told = Told::default();
        for entry in self.entries {
            match entry {
                Entry::Tick(tick) => told.ticks.push(tick),
                Entry::Decision(decision) => told.decisions.push(decision),
                Entry::Policy(change) => told.policy_changes.push(change),
                Entry::Interference(event) => told.interference.push(event),
                Entry::Pause(pause) => told.pauses.push(pause),
                Entry::End(_) => {}
            }
        }
        match self.end {
            Some(end) => Trace {
                ticks: told.ticks,
                decisions: told.decisions,
                ..*end
            },
            None => told.broken_off(self.beginning),
        }
    }
}

impl Told {
    /// What is not told is absent; nothing is made up.
    fn broken_off(self, beginning: Beginning) -> Trace {
        let workload = beginning.workload.workload();
        let last = self.ticks.len() as u64;
        let paper = record_steered(&workload, &beginning.policy, &self.policy_changes, last);
        let processes = self.processes(&paper, &beginning.pids);
        Trace {
            schema: SCHEMA.to_owned(),
            timeshare: beginning.timeshare,
            policy: beginning.policy,
            tick_ns: beginning.tick_ns,
            machine: beginning.machine,
            origin_ns: 0,
            outcome: Outcome::Failed {
                error: format!(
                    "the recording breaks off after tick {last}: timeshare was killed, or the \
                     file cut short"
                ),
            },
            simulated: Totals::on_paper(
                &paper.ticks,
                Lengths {
                    first_ns: beginning.tick_ns,
                    ticks: &self.ticks,
                },
            ),
            measured: measured(&self.ticks, &processes),
            agreement: agreement(&paper.ticks, &self.ticks),
            processes,
            switches: SwitchesRecord::Unavailable {
                why: "the recording breaks off before them".to_owned(),
            },
            account: None,
            ticks: self.ticks,
            decisions: self.decisions,
            policy_changes: self.policy_changes,
            interference: self.interference,
            pauses: self.pauses,
            workload: beginning.workload,
        }
    }

    fn exited(&self, count: usize) -> Vec<bool> {
        let mut exited = vec![false; count];
        for decision in &self.decisions {
            if let (Some("exit"), Some(id)) = (decision.transition.as_deref(), decision.process) {
                exited[id as usize] = true;
            }
        }
        exited
    }

    fn processes(&self, paper: &Recorder, pids: &[i32]) -> Vec<ProcessRecord> {
        let lives = lives(&paper.ticks, &paper.exited(pids.len()), &[])
            .into_iter()
            .zip(lives(&self.ticks, &self.exited(pids.len()), &[]));
        let record = |(id, (&pid, (simulated, measured))): (u32, (&i32, (Life, Life)))| {
            let interfered = self
                .interference
                .iter()
                .filter(|event| event.process.0 == id);
            ProcessRecord {
                id,
                pid,
                exit: None,
                interference: Some(interfered.count() as u64).filter(|&times| times > 0),
                cpu_ns: cpu_ns(&self.ticks, id),
                voluntary_switches: None,
                involuntary_switches: None,
                run_queue_wait_ns: None,
                spans: None,
                simulated,
                measured,
            }
        };
        (0..).zip(pids.iter().zip(lives)).map(record).collect()
    }
}

/// What a process said last of its own CPU time, in nanoseconds.
fn cpu_ns(ticks: &[TickRecord], id: u32) -> u64 {
    let executed = |tick: &&TickRecord| tick.processes[id as usize].instruction.is_some();
    let last = ticks.iter().rfind(executed);
    last.and_then(|tick| tick.cpu_ns).unwrap_or(0)
}

fn measured(ticks: &[TickRecord], processes: &[ProcessRecord]) -> Totals {
    let counted = Counter::of(ticks);
    let wall_ns = ticks.last().and_then(|tick| tick.end_ns).unwrap_or(0);
    let cpu_ns = sum_ns(processes.iter().map(|process| process.cpu_ns));
    let io_busy_ns = io_busy_ns(ticks);
    Totals {
        ticks: counted.ticks,
        wall_ns: Some(wall_ns),
        cpu_busy_ticks: counted.cpu_busy_ticks,
        io_busy_ticks: counted.io_busy_ticks,
        cpu_ns,
        cpu_in_wall_ns: Some(cpu_ns),
        io_busy_ns,
        cpu_utilization: ratio(cpu_ns, wall_ns),
        io_utilization: ratio(io_busy_ns, wall_ns),
        ..Totals::default()
    }
}

/// From the start of each tick in which the device was working to the start of the next.
fn io_busy_ns(ticks: &[TickRecord]) -> u64 {
    let starts = ticks.iter().skip(1).map(|tick| tick.start_ns);
    let ends = starts.chain([ticks.last().and_then(|tick| tick.end_ns)]);
    let busy = ticks
        .iter()
        .zip(ends)
        .filter(|(tick, _)| tick.ios_in_flight > 0);
    sum_ns(busy.filter_map(|(tick, end_ns)| Some(end_ns?.saturating_sub(tick.start_ns?))))
}
