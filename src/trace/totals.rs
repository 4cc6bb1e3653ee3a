//! How busy the CPU and the device were.

use std::io;

use serde::{Deserialize, Serialize};

use super::TickRecord;
use crate::machine::{Observer, RunReport, TickSnapshot};
use crate::scheduler::State;

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
    pub fn of(ticks: &[TickRecord]) -> Self {
        let mut counter = Self::default();
        for tick in ticks {
            counter.count(tick.is_cpu_busy(), tick.ios_in_flight > 0);
        }
        counter
    }
}

impl Observer for Counter {
    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        self.count(seen.executed.is_some(), seen.ios_in_flight > 0);
        Ok(())
    }
}

/// How long the ticks of a run were to take, and those that only its simulation has.
#[derive(Clone, Copy, Debug)]
pub struct Lengths<'a> {
    /// Nanoseconds of the first one.
    pub first_ns: u64,
    /// The ticks of the run.
    pub ticks: &'a [TickRecord],
}

impl Lengths<'_> {
    /// That of the tick at this place, from 0, in nanoseconds; behind the last one, of that.
    pub fn of(self, index: usize) -> u64 {
        let tick = self.ticks.get(index).or(self.ticks.last());
        tick.map_or(self.first_ns, |tick| tick.nominal_ns(self.first_ns))
    }

    /// That of the first `count` ticks, in nanoseconds.
    pub fn sum_ns(self, count: u64) -> u64 {
        let known = (self.ticks.iter()).take(usize::try_from(count).unwrap_or(usize::MAX));
        let more = count.saturating_sub(self.ticks.len() as u64);
        let behind_ns = more.saturating_mul(self.of(usize::MAX));
        sum_ns(known.map(|tick| tick.nominal_ns(self.first_ns))).saturating_add(behind_ns)
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
    /// Measured: CPU time of all processes by the kernel's clocks, start-up left out, to the end of
    /// each: the exits behind the last tick are in it. On paper: `cpu_busy_ticks` at their nominal
    /// lengths, which are those of the run.
    pub cpu_ns: u64,
    /// What of `cpu_ns` lies within `wall_ns`. Measured only; absent in older traces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_in_wall_ns: Option<u64>,
    /// Measured: time during which the device held at least one request. On paper:
    /// `io_busy_ticks` at their nominal lengths.
    pub io_busy_ns: u64,
    /// Measured: `cpu_in_wall_ns` over `wall_ns` (in older traces `cpu_ns`). On paper:
    /// `cpu_busy_ticks` over `ticks`.
    pub cpu_utilization: f64,
    /// Measured: `io_busy_ns` over `wall_ns`. On paper: `io_busy_ticks` over `ticks`.
    pub io_utilization: f64,
    /// CPU time of the thread that schedules, within `wall_ns`: without pauses, and without what
    /// comes before the first dispatch and behind the end. Measured only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor_cpu_ns: Option<u64>,
    /// CPU time of the thread that samples states in `/proc`, within `wall_ns`. Measured only.
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
    /// Of these ticks on paper, which were to take as long as those of the run.
    pub fn on_paper(ticks: &[TickRecord], lengths: Lengths<'_>) -> Self {
        let counted = Counter::of(ticks);
        let sum = |counts: fn(&TickRecord) -> bool| {
            let those = ticks.iter().enumerate().filter(|(_, tick)| counts(tick));
            sum_ns(those.map(|(index, _)| lengths.of(index)))
        };
        Self {
            ticks: counted.ticks,
            cpu_busy_ticks: counted.cpu_busy_ticks,
            io_busy_ticks: counted.io_busy_ticks,
            cpu_ns: sum(TickRecord::is_cpu_busy),
            io_busy_ns: sum(|tick| tick.ios_in_flight > 0),
            cpu_utilization: ratio(counted.cpu_busy_ticks, counted.ticks),
            io_utilization: ratio(counted.io_busy_ticks, counted.ticks),
            ..Self::default()
        }
    }

    /// For how long the processes had the CPU within the wall time, in nanoseconds, as far as that
    /// is told.
    pub fn cpu_busy_ns(&self) -> u64 {
        self.cpu_in_wall_ns.unwrap_or(self.cpu_ns)
    }

    /// Of a run on real processes.
    ///
    /// `whole`: it came to its end, and that is the end of the last tick. Where it was broken off,
    /// a process went on to the very end, and what it used it used in that time.
    pub fn measured(ticks: &[TickRecord], tick_ns: u64, whole: bool, run: &RunReport) -> Self {
        let counted = Counter::of(ticks);
        let last_end_ns = ticks.last().and_then(|tick| tick.end_ns);
        let wall_ns = last_end_ns.filter(|_| whole).unwrap_or(run.closed_ns);
        let used = || run.children.iter().map(|child| child.usage.cpu_ns);
        let cpu_ns = sum_ns(used());
        let cpu_in_wall_ns = if whole {
            sum_ns((0..).zip(used()).map(|(id, ns)| within(ticks, id, ns)))
        } else {
            cpu_ns
        };
        Self {
            ticks: counted.ticks,
            wall_ns: Some(wall_ns),
            cpu_busy_ticks: counted.cpu_busy_ticks,
            io_busy_ticks: counted.io_busy_ticks,
            cpu_ns,
            cpu_in_wall_ns: Some(cpu_in_wall_ns),
            io_busy_ns: run.io_busy_ns,
            cpu_utilization: ratio(cpu_in_wall_ns, wall_ns),
            io_utilization: ratio(run.io_busy_ns, wall_ns),
            supervisor_cpu_ns: Some(if whole {
                run.supervisor_in_ticks_ns
            } else {
                run.supervisor_cpu_ns
            }),
            sampling_cpu_ns: Some(run.sampling_cpu_ns),
            printing_cpu_ns: None,
            ran_ahead_ticks: Some(ran_ahead(ticks, tick_ns)),
        }
    }
}

impl Totals {
    /// Of a run of which the ticks are all that is known; `cpu_ns`: CPU time of all processes.
    pub fn of_ticks(ticks: &[TickRecord], cpu_ns: u64) -> Self {
        let counted = Counter::of(ticks);
        let wall_ns = ticks.last().and_then(|tick| tick.end_ns).unwrap_or(0);
        let io_busy_ns = io_busy_ns(ticks);
        Self {
            ticks: counted.ticks,
            wall_ns: Some(wall_ns),
            cpu_busy_ticks: counted.cpu_busy_ticks,
            io_busy_ticks: counted.io_busy_ticks,
            cpu_ns,
            cpu_in_wall_ns: Some(cpu_ns),
            io_busy_ns,
            cpu_utilization: ratio(cpu_ns, wall_ns),
            io_utilization: ratio(io_busy_ns, wall_ns),
            ..Self::default()
        }
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

/// What of the CPU time of a process lies before the end of the last tick. A process that did
/// not execute in that tick had exited before it, or waits for nothing but its end.
fn within(ticks: &[TickRecord], process: usize, cpu_ns: u64) -> u64 {
    let Some((last, before)) = ticks.split_last() else {
        return cpu_ns;
    };
    let cell = |tick: &TickRecord| tick.processes[process];
    if cell(last).state != State::Running {
        return cpu_ns;
    }
    let told_ns = last.cpu_ns.filter(|_| cell(last).instruction.is_some());
    // It died in it and told nothing any more: what it told before, and that tick at most.
    let at_most = || {
        let told = before.iter().rfind(|tick| cell(tick).instruction.is_some());
        let since_ns = told.and_then(|tick| tick.end_ns).unwrap_or(0);
        let told_ns = told.and_then(|tick| tick.cpu_ns).unwrap_or(0);
        told_ns + last.end_ns.unwrap_or(since_ns).saturating_sub(since_ns)
    };
    cpu_ns.min(told_ns.unwrap_or_else(at_most))
}

fn ran_ahead(ticks: &[TickRecord], tick_ns: u64) -> u64 {
    let too_short = |tick: &&TickRecord| {
        let took_ns = tick
            .end_ns
            .zip(tick.start_ns)
            .map(|(end, start)| end.saturating_sub(start));
        tick.is_cpu_busy() && took_ns.is_some_and(|took_ns| took_ns < tick.nominal_ns(tick_ns) / 2)
    };
    ticks.iter().filter(too_short).count() as u64
}

/// The sum of some times, or the longest there is: a trace may have been changed to say anything.
pub fn sum_ns(times: impl Iterator<Item = u64>) -> u64 {
    times.fold(0, u64::saturating_add)
}

/// A part of a whole; 0 of nothing.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Cell;
    use crate::workload::Instruction;

    /// P0 executes and says what its clock shows, or dies.
    fn tick(start_ns: u64, end_ns: u64, told_ns: Option<u64>) -> TickRecord {
        let ran = Cell {
            state: State::Running,
            instruction: told_ns.map(|_| Instruction::Cpu),
            kernel: None,
        };
        let other = Cell {
            state: State::Ready,
            instruction: None,
            kernel: None,
        };
        TickRecord {
            tick: 1,
            start_ns: Some(start_ns),
            end_ns: Some(end_ns),
            nominal_ns: None,
            cpu_ns: told_ns,
            io_completed: false,
            ios_in_flight: 0,
            processes: vec![ran, other],
        }
    }

    fn lengths(ticks: &[TickRecord]) -> Lengths<'_> {
        Lengths {
            first_ns: 100,
            ticks,
        }
    }

    #[test]
    fn ticks_on_paper_take_as_long_as_those_of_the_run_were_to() {
        let mut ticks = [
            tick(0, 110, Some(100)),
            tick(120, 130, None),
            tick(130, 150, Some(120)),
        ];
        assert_eq!(Totals::on_paper(&ticks, lengths(&ticks)).cpu_ns, 200);
        ticks[1].nominal_ns = Some(10);
        ticks[2].nominal_ns = Some(20);
        assert_eq!(Totals::on_paper(&ticks, lengths(&ticks)).cpu_ns, 120);
        // What only the simulation has takes as long as the last one.
        assert_eq!(lengths(&ticks).sum_ns(5), 100 + 10 + 3 * 20);
        assert_eq!(Totals::on_paper(&ticks, lengths(&ticks[..1])).cpu_ns, 200);
        assert_eq!(lengths(&[]).sum_ns(u64::MAX), u64::MAX);
    }

    #[test]
    fn the_exit_behind_the_last_tick_is_not_within_the_wall_time() {
        let ticks = [tick(0, 110, Some(100)), tick(120, 230, Some(202))];
        assert_eq!(within(&ticks, 0, 500), 202);
        // Its exit was over before the last tick.
        assert_eq!(within(&ticks, 1, 77), 77);
    }

    #[test]
    fn who_died_in_the_last_tick_had_the_cpu_since_it_told_last_at_most() {
        let ticks = [tick(0, 110, Some(100)), tick(120, 230, None)];
        assert_eq!(within(&ticks, 0, 150), 150);
        assert_eq!(within(&ticks, 0, 500), 220);
        assert_eq!(within(&ticks[1..], 0, 500), 230);
    }
}
