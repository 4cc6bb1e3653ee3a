//! What had come together by the start of a moment, counted on from where it was counted last.

use super::model::Model;
use crate::trace::{TickRecord, ratio, sum_ns};

/// How busy CPU and device were, in ticks or in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    /// Of how much.
    pub whole: u64,
    pub cpu: u64,
    pub io: u64,
}

impl Busy {
    fn add(&mut self, tick: &TickRecord, length: u64, busy: u64) {
        let add = |sum: &mut u64, more| *sum = sum.saturating_add(more);
        add(&mut self.whole, length);
        if tick.is_cpu_busy() {
            add(&mut self.cpu, busy);
        }
        if tick.ios_in_flight > 0 {
            add(&mut self.io, length);
        }
    }

    pub fn cpu_share(self) -> Option<f64> {
        (self.whole > 0).then(|| ratio(self.cpu, self.whole))
    }

    pub fn io_share(self) -> Option<f64> {
        (self.whole > 0).then(|| ratio(self.io, self.whole))
    }
}

/// The ticks before a moment, counted.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    moment: u64,
    /// Instructions each process had executed.
    executed: Vec<usize>,
    /// CPU time of each in nanoseconds, where it is known.
    cpu_ns: Vec<Option<u64>>,
    /// In ticks.
    pub simulated: Busy,
    /// In nanoseconds: of the wall time, as the summary has it.
    pub measured: Busy,
    /// The first tick in which a cell is not as simulated.
    pub first_difference: Option<u64>,
}

impl Counters {
    pub fn move_to(&mut self, model: &Model, moment: u64) {
        if moment < self.moment {
            *self = Self::default();
        }
        self.executed.resize(model.processes(), 0);
        self.cpu_ns.resize(model.processes(), None);
        let from = self.moment.max(1);
        for number in from..moment {
            self.count(model, number);
        }
        self.moment = moment;
    }

    /// Instructions a process had executed: its program counter.
    pub fn executed(&self, process: usize) -> usize {
        self.executed.get(process).copied().unwrap_or(0)
    }

    pub fn cpu_ns(&self, process: usize) -> Option<u64> {
        self.cpu_ns.get(process).copied().flatten()
    }

    fn spent_ns(&self) -> u64 {
        sum_ns(self.cpu_ns.iter().copied().flatten())
    }

    fn count(&mut self, model: &Model, number: u64) {
        let Some(tick) = model.tick(number) else {
            return;
        };
        let before_ns = self.spent_ns();
        let counters = self.executed.iter_mut().zip(&mut self.cpu_ns);
        for ((executed, cpu_ns), cell) in counters.zip(&tick.processes) {
            if cell.instruction.is_some() {
                *executed += 1;
                *cpu_ns = tick.cpu_ns.or(*cpu_ns);
            }
        }
        if let Some(paper) = model.on_paper(number) {
            self.simulated.add(paper, 1, 1);
        }
        if let (Some(start_ns), Some(end_ns)) = (tick.start_ns, tick.end_ns) {
            let before = model.tick(number.saturating_sub(1));
            let from_ns = before.and_then(|before| before.end_ns).unwrap_or(0);
            let length_ns = end_ns.saturating_sub(from_ns);
            let spent_ns = self.spent_ns();
            let busy_ns = match tick.cpu_ns {
                Some(_) => spent_ns.saturating_sub(before_ns),
                None => end_ns.saturating_sub(start_ns),
            };
            self.measured.add(tick, length_ns, busy_ns);
        }
        if self.first_difference.is_none() && !is_as_simulated(model, tick) {
            self.first_difference = Some(number);
        }
    }
}

fn is_as_simulated(model: &Model, tick: &TickRecord) -> bool {
    let Some(paper) = model.on_paper(tick.tick) else {
        return false;
    };
    let by_the_book = |tick: &TickRecord| -> Vec<_> {
        tick.processes
            .iter()
            .map(|cell| cell.by_the_book())
            .collect()
    };
    by_the_book(paper) == by_the_book(tick)
}
