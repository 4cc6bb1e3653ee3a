//! The device that all processes send their I/O requests to.

use std::collections::VecDeque;

use crate::scheduler::{ProcId, Tick};

/// A device that works on any number of requests at once and takes the same number of ticks for
/// each, so that they complete in the order in which they were issued.
#[derive(Clone, Debug)]
pub struct Device {
    /// Ticks a request takes, after the tick in which it was issued.
    takes: u64,
    /// The tick at whose start each request is complete, and the process that waits for it.
    requests: VecDeque<(Tick, ProcId)>,
}

impl Device {
    /// `takes`: ticks an I/O takes after the one in which it was issued.
    pub const fn new(takes: u64) -> Self {
        Self {
            takes,
            requests: VecDeque::new(),
        }
    }

    /// `process` issued a request in the tick before `tick`.
    pub fn request(&mut self, process: ProcId, tick: Tick) {
        let due = Tick(tick.0.saturating_add(self.takes));
        self.requests.push_back((due, process));
    }

    /// Takes the requests that are complete by the start of `tick`.
    pub fn completed(&mut self, tick: Tick) -> Vec<ProcId> {
        let mut done = Vec::new();
        while let Some(&(due, process)) = self.requests.front()
            && due <= tick
        {
            done.push(process);
            self.requests.pop_front();
        }
        done
    }

    /// Drops the request of a process that has exited.
    pub fn forget(&mut self, process: ProcId) {
        self.requests.retain(|&(_, waiting)| waiting != process);
    }

    pub fn in_flight(&self) -> usize {
        self.requests.len()
    }
}
