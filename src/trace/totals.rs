//! How busy the CPU and the device were.

use std::io;

use serde::{Deserialize, Serialize};

use super::TickRecord;
use crate::machine::RunReport;
use crate::scheduler::Decision;
use crate::supervise::{TickSeen, Witness};

/// Counts ticks as `process-run.py` does, in constant memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    pub ticks: u64,
    /// Ticks in which an instruction was executed.
    pub cpu_busy_ticks: u64,
    /// Ticks throughout which the device was working.
    pub io_busy_ticks: u64,
}

impl Counter {
    fn count(&mut self, executed: bool, ios_in_flight: bool) {
        self.ticks += 1;
        self.cpu_busy_ticks += u64::from(executed);
        self.io_busy_ticks += u64::from(ios_in_flight);
    }

    /// Counts ticks written down before.
    #[must_use]
    pub fn of(ticks: &[TickRecord]) -> Self {
        let mut counter = Self::default();
        for tick in ticks {
            let executed = tick.processes.iter().any(|cell| cell.instruction.is_some());
            counter.count(executed, tick.ios_in_flight > 0);
        }
        counter
    }
}

impl Witness for Counter {
    fn decided(&mut self, _: &Decision) -> io::Result<()> {
        Ok(())
    }

    fn tick_ended(&mut self, seen: &TickSeen<'_>) -> io::Result<()> {
        self.count(seen.executed.is_some(), seen.ios_in_flight > 0);
        Ok(())
    }
}

/// The totals of a run, on paper or measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    pub ticks: u64,
    /// From the first dispatch to the end of the last tick, or to where the run was broken off.
    /// Measured only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_ns: Option<u64>,
    /// Ticks in which an instruction was executed.
    pub cpu_busy_ticks: u64,
    /// Ticks throughout which the device was working.
    pub io_busy_ticks: u64,
    /// Measured: CPU time of all processes by the kernel's clocks, start-up left out. On paper:
    /// `cpu_busy_ticks` at their nominal length.
    pub cpu_ns: u64,
    /// Measured: time during which the device held at least one request. On paper:
    /// `io_busy_ticks` at their nominal length.
    pub io_busy_ns: u64,
    /// Measured: `cpu_ns` over `wall_ns`. On paper: `cpu_busy_ticks` over `ticks`.
    pub cpu_utilization: f64,
    /// Measured: `io_busy_ns` over `wall_ns`. On paper: `io_busy_ticks` over `ticks`.
    pub io_utilization: f64,
    /// CPU time of the thread that schedules, from the first dispatch on. Measured only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor_cpu_ns: Option<u64>,
    /// CPU time of the thread that samples states in `/proc`. Measured only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling_cpu_ns: Option<u64>,
    /// CPU time of the thread that prints, where one does, up to the end of the run. Measured
    /// only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printing_cpu_ns: Option<u64>,
    /// Busy ticks that took less than half their nominal length: the supervisor was so late, or
    /// stopped, that the process had gone on to its next instruction before. Measured only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ran_ahead_ticks: Option<u64>,
}

impl Totals {
    /// Of a run on paper, with ticks of `tick_ns` nominally.
    #[must_use]
    pub fn on_paper(counted: Counter, tick_ns: u64) -> Self {
        Self {
            ticks: counted.ticks,
            cpu_busy_ticks: counted.cpu_busy_ticks,
            io_busy_ticks: counted.io_busy_ticks,
            cpu_ns: counted.cpu_busy_ticks.saturating_mul(tick_ns),
            io_busy_ns: counted.io_busy_ticks.saturating_mul(tick_ns),
            cpu_utilization: ratio(counted.cpu_busy_ticks, counted.ticks),
            io_utilization: ratio(counted.io_busy_ticks, counted.ticks),
            ..Self::default()
        }
    }

    /// Of a run on real processes.
    #[must_use]
    pub fn measured(ticks: &[TickRecord], tick_ns: u64, wall_ns: u64, run: &RunReport) -> Self {
        let counted = Counter::of(ticks);
        let cpu_ns = run.children.iter().map(|child| child.usage.cpu_ns).sum();
        Self {
            ticks: counted.ticks,
            wall_ns: Some(wall_ns),
            cpu_busy_ticks: counted.cpu_busy_ticks,
            io_busy_ticks: counted.io_busy_ticks,
            cpu_ns,
            io_busy_ns: run.io_busy_ns,
            cpu_utilization: ratio(cpu_ns, wall_ns),
            io_utilization: ratio(run.io_busy_ns, wall_ns),
            supervisor_cpu_ns: Some(run.supervisor_cpu_ns),
            sampling_cpu_ns: Some(run.sampling_cpu_ns),
            printing_cpu_ns: None,
            ran_ahead_ticks: Some(ran_ahead(ticks, tick_ns)),
        }
    }
}

fn ran_ahead(ticks: &[TickRecord], tick_ns: u64) -> u64 {
    let too_short = |tick: &&TickRecord| {
        let busy = tick.processes.iter().any(|cell| cell.instruction.is_some());
        let took_ns = tick
            .end_ns
            .zip(tick.start_ns)
            .map(|(end, start)| end.saturating_sub(start));
        busy && took_ns.is_some_and(|took_ns| took_ns < tick.nominal_ns(tick_ns) / 2)
    };
    ticks.iter().filter(too_short).count() as u64
}

/// The sum of some times, or the longest there is: a trace that somebody changed may say anything.
pub fn sum_ns(times: impl Iterator<Item = u64>) -> u64 {
    times.fold(0, u64::saturating_add)
}

/// A part of a whole; 0 of nothing.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio needs no more than 53 bits"
)]
pub fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
