//! Writes down what a machine does, tick by tick.

use std::io;

use super::{Cell, TickRecord};
use crate::machine::{Observer, TickSnapshot};
use crate::scheduler::{Decision, Transition};

/// Keeps every tick and every decision.
#[derive(Debug, Default)]
pub struct Recorder {
    pub ticks: Vec<TickRecord>,
    pub decisions: Vec<Decision>,
}

impl Recorder {
    /// For each of the first `count` processes, whether it has exited.
    pub fn exited(&self, count: usize) -> Vec<bool> {
        let mut exited = vec![false; count];
        for decision in &self.decisions {
            if let Some(Transition::Exit(process)) = decision.transition {
                exited[process.index()] = true;
            }
        }
        exited
    }
}

impl Observer for Recorder {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        self.decisions.push(*decision);
        Ok(())
    }

    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        self.ticks.push(TickRecord::from(seen));
        Ok(())
    }
}

impl From<&TickSnapshot<'_>> for TickRecord {
    fn from(seen: &TickSnapshot<'_>) -> Self {
        let mut processes: Vec<_> = seen
            .table
            .states()
            .map(|state| Cell {
                state,
                instruction: None,
                kernel: None,
            })
            .collect();
        if let Some(running) = seen.table.running() {
            processes[running.index()].instruction = seen.executed;
        }
        if let Some(measured) = seen.measured {
            for &(process, letter) in &measured.letters {
                processes[process.index()].kernel = Some(letter);
            }
        }
        Self {
            tick: seen.tick.0,
            start_ns: seen.measured.map(|measured| measured.start_ns),
            end_ns: seen.measured.map(|measured| measured.end_ns),
            cpu_ns: seen.measured.and_then(|measured| measured.cpu_ns),
            nominal_ns: seen.measured.and_then(|measured| measured.nominal_ns),
            io_completed: seen.io_completed,
            ios_in_flight: seen.ios_in_flight as u64,
            processes,
        }
    }
}
