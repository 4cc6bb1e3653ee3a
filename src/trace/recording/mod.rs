//! A run written down while it happens, so that what was recorded up to a crash can still be read:
//! one JSON document a line, `timeshare/recording/1`.
//!
//! The first line is the [`Beginning`], each further one an [`Entry`], the last, if the run came to
//! an end, [`Entry::End`]. [`Recording`] reads it, and a whole trace (`timeshare/trace/1`) as if it
//! had been recorded.

mod breaking;
#[cfg(test)]
pub mod mutation;
mod read;
#[cfg(test)]
mod tests;

use std::io;

use serde::{Deserialize, Serialize};

use super::{DecisionRecord, MachineFacts, PolicyChange, PolicyRecord, TickRecord};
use super::{Trace, WorkloadRecord};
use crate::machine::{Interference, Observer, Pause, TickSnapshot};
use crate::scheduler::Decision;

pub use read::{MORE_ON_PAPER, ReadError};

/// The name of the format this version writes and reads.
pub const SCHEMA: &str = "timeshare/recording/1";

/// What is known before the first tick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beginning {
    /// `timeshare/recording/1`.
    pub schema: String,
    /// The version of timeshare that wrote it.
    pub timeshare: String,
    pub workload: WorkloadRecord,
    /// With which it began.
    pub policy: PolicyRecord,
    /// Nominal length of the first tick in nanoseconds.
    pub tick_ns: u64,
    pub machine: MachineFacts,
    /// The kernel's pids, in the order of the book's ids.
    pub pids: Vec<i32>,
}

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

/// An observer who tells what happens as entries.
pub struct Teller<S>(pub S);

impl<S: FnMut(Entry) -> io::Result<()>> Observer for Teller<S> {
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
    #[must_use]
    pub fn end(trace: &Trace) -> Self {
        Self::End(Box::new(trace.without_ticks()))
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
                let change = changes
                    .next_if(|change| decision.reason == "steered" && change.tick == decision.tick);
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
