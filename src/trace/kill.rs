//! Processes that were killed from outside.

use super::{ProcessRecord, Trace};
use crate::machine::{Exit, InterferenceKind};
use crate::scheduler::ProcId;

/// A signal ended a process, and was not sent by hand: an outsider's, or the kernel's. timeshare
/// itself ends only what is left when a run is over, and that is told as no exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kill {
    pub process: ProcId,
    /// The tick in which it ended; 0: it was before the first.
    pub tick: u64,
    /// Of the signal.
    pub number: i32,
}

impl Trace {
    /// In the order of the book's ids.
    pub fn kills(&self) -> Vec<Kill> {
        let kill = |process| self.kill(process);
        self.processes.iter().filter_map(kill).collect()
    }

    fn kill(&self, process: &ProcessRecord) -> Option<Kill> {
        let Some(Exit::Signal { number, .. }) = process.exit else {
            return None;
        };
        let by_hand = InterferenceKind::Signalled { number };
        let mut events = self.interference.iter();
        let was_by_hand =
            events.any(|event| event.process.0 == process.id && event.what == by_hand);
        (!was_by_hand).then(|| Kill {
            process: ProcId(process.id),
            tick: process.measured.turnaround_ticks.unwrap_or(0),
            number,
        })
    }

    /// How often others interfered with a process; to kill it is to interfere. Older traces do not
    /// count that ([`ProcessRecord::interference`]), so it is counted anew.
    pub fn interfered(&self, process: &ProcessRecord) -> u64 {
        let events = self.interference.iter();
        let times = events.filter(|event| event.process.0 == process.id).count();
        times as u64 + u64::from(self.kill(process).is_some())
    }
}
