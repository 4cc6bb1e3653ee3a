//! A run written down while it happens, so that what was recorded up to a crash can still be read:
//! one JSON document a line, `timeshare/recording/1`.
//!
//! The first line is the [`Beginning`], each further one an [`Entry`], the last, if the run came to
//! an end, [`Entry::End`]. [`Recording`] reads it, and a whole trace (`timeshare/trace/1`) as if it
//! had been recorded.

#[cfg(test)]
pub mod mutation;
mod read;
#[cfg(test)]
mod tests;

use std::io;

use serde::{Deserialize, Serialize};

use super::{DecisionRecord, Outcome, PolicyChange, RunLog, TickRecord, Trace, assemble};
use crate::machine::{Interference, Observer, Pause, TickSnapshot};
use crate::scheduler::{Decision, ReasonKind};

pub use super::beginning::Beginning;
pub use read::ReadError;

/// The name of the format this version writes and reads.
pub const SCHEMA: &str = "timeshare/recording/1";

/// Something that happened, in the order in which it was noticed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Taken before the tick it names.
    Decision(DecisionRecord),
    /// With the decision that says so.
    Policy(PolicyChange),
    /// A tick has passed.
    Tick(TickRecord),
    /// Noticed in the tick before.
    Interference(Interference),
    /// Noticed in the tick before.
    Pause(Pause),
    /// The run is over: its trace, with the ticks and decisions left out, which were told before.
    End(Box<Trace>),
}

/// A recording that has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    pub beginning: Beginning,
    /// All but the end.
    pub entries: Vec<Entry>,
    /// The trace without its ticks and decisions; `None`: the recording breaks off.
    pub end: Option<Box<Trace>>,
}

/// Hands over what happens, as entries.
pub struct EntryObserver<S>(pub S);

impl<S: FnMut(Entry) -> io::Result<()>> Observer for EntryObserver<S> {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        (self.0)(Entry::Decision(decision.into()))?;
        match PolicyChange::of(decision) {
            Some(change) => (self.0)(Entry::Policy(change)),
            None => Ok(()),
        }
    }

    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        (self.0)(Entry::Tick(seen.into()))?;
        let Some(measured) = seen.measured else {
            return Ok(());
        };
        for &event in &measured.interference {
            (self.0)(Entry::Interference(event))?;
        }
        for &pause in &measured.pauses {
            (self.0)(Entry::Pause(pause))?;
        }
        Ok(())
    }
}

impl Entry {
    /// The end of a run that has left this trace.
    pub fn end(trace: &Trace) -> Self {
        Self::End(Box::new(trace.without_ticks()))
    }
}

impl Recording {
    /// The trace that the run has left; of a recording that breaks off, as much as it tells.
    pub fn into_trace(self) -> Trace {
        let mut log = RunLog::default();
        for entry in self.entries {
            match entry {
                Entry::Tick(tick) => log.ticks.push(tick),
                Entry::Decision(decision) => log.decisions.push(decision),
                Entry::Policy(change) => log.policy_changes.push(change),
                Entry::Interference(event) => log.interference.push(event),
                Entry::Pause(pause) => log.pauses.push(pause),
                Entry::End(_) => {}
            }
        }
        if let Some(end) = self.end {
            return Trace {
                ticks: log.ticks,
                decisions: log.decisions,
                ..*end
            };
        }
        let outcome = Outcome::Failed {
            error: format!(
                "the recording breaks off after tick {}: timeshare was killed, or the file cut short",
                log.ticks.len()
            ),
        };
        assemble(self.beginning, log, outcome, None)
    }
}

impl Trace {
    fn without_ticks(&self) -> Self {
        let mut rest = self.clone();
        rest.ticks = Vec::new();
        rest.decisions = Vec::new();
        rest
    }
}

/// As it would have been recorded.
impl From<Trace> for Recording {
    fn from(trace: Trace) -> Self {
        let beginning = Beginning {
            schema: SCHEMA.to_owned(),
            timeshare: trace.timeshare.clone(),
            workload: trace.workload.clone(),
            policy: trace.policy,
            tick_ns: trace.tick_ns,
            machine: trace.machine.clone(),
            pids: trace.processes.iter().map(|process| process.pid).collect(),
        };
        let end = Some(Box::new(trace.without_ticks()));
        let mut entries = Vec::new();
        let mut decisions = trace.decisions.into_iter().peekable();
        let mut changes = trace.policy_changes.into_iter().peekable();
        let mut interference = trace.interference.into_iter().peekable();
        let mut pauses = trace.pauses.into_iter().peekable();
        let mut decided_by = |tick: u64, entries: &mut Vec<Entry>| {
            while let Some(decision) = decisions.next_if(|decision| decision.tick <= tick) {
                let is_change = decision.reason == ReasonKind::PolicyChanged;
                let change = changes.next_if(|change| is_change && change.tick == decision.tick);
                entries.push(Entry::Decision(decision));
                entries.extend(change.map(Entry::Policy));
            }
        };
        for record in trace.ticks {
            let tick = record.tick;
            decided_by(tick, &mut entries);
            entries.push(Entry::Tick(record));
            while let Some(event) = interference.next_if(|event| event.tick.0 <= tick) {
                entries.push(Entry::Interference(event));
            }
            while let Some(pause) = pauses.next_if(|pause| pause.tick.0 <= tick) {
                entries.push(Entry::Pause(pause));
            }
        }
        decided_by(u64::MAX, &mut entries);
        entries.extend(interference.map(Entry::Interference));
        entries.extend(pauses.map(Entry::Pause));
        Self {
            beginning,
            entries,
            end,
        }
    }
}
