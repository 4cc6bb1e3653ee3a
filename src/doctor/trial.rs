//! How ticks of one length did, and what that says of the machine.

use std::time::Duration;

use serde::Serialize;

use crate::os::clock;

/// How far, in fractions of 1, the median utilization may be from the simulated one.
const TOLERANCE: f64 = 0.01;

/// How one length of a tick did.
#[derive(Clone, Copy, Debug)]
pub struct TickTrial {
    pub tick: Duration,
    /// How many runs came to their end in time.
    pub runs: usize,
    pub cells: u64,
    /// Cells as simulated.
    pub equal: u64,
    /// CPU utilization on paper, as a fraction of 1.
    pub simulated: f64,
    /// The median over the runs of this trial.
    pub measured: f64,
    /// Trials before this one that could not be trusted.
    pub spoiled: usize,
}

impl TickTrial {
    /// Whether every cell was as simulated, and the median utilization within one percentage
    /// point of the simulation's.
    pub fn is_trusted(&self) -> bool {
        self.is_in_order() && self.is_in_time()
    }

    pub const fn is_in_order(&self) -> bool {
        self.cells == self.equal
    }

    /// From the simulated utilization, in fractions of 1.
    pub fn deviation(&self) -> f64 {
        (self.measured - self.simulated).abs()
    }

    pub fn is_in_time(&self) -> bool {
        self.deviation() <= TOLERANCE
    }
}

/// All lengths, from the longest tick to the shortest.
#[derive(Clone, Debug, Default)]
pub struct Trials {
    pub tried: Vec<TickTrial>,
    /// Ticks of these lengths were left out, since no run of them came to its end in its time.
    pub left_out: Vec<Duration>,
    /// How long all trials might take together.
    pub budget: Duration,
}

impl Trials {
    /// The shortest tick down to which the order of events was right in every trial.
    pub fn order_down_to(&self) -> Option<Duration> {
        self.down_to(TickTrial::is_in_order)
    }

    /// The shortest tick down to which the times were right, too.
    pub fn times_down_to(&self) -> Option<Duration> {
        self.down_to(TickTrial::is_trusted)
    }

    fn down_to(&self, is_good: impl Fn(&TickTrial) -> bool) -> Option<Duration> {
        let good = self.tried.iter().take_while(|trial| is_good(trial));
        good.last().map(|trial| trial.tick)
    }
}

/// A trial as JSON has it.
#[derive(Serialize)]
pub struct Row {
    pub tick_ns: u64,
    pub runs: usize,
    pub cells: u64,
    pub model_equal: u64,
    pub simulated_cpu_utilization: f64,
    pub cpu_utilization: f64,
    /// How often it was tried.
    pub tries: usize,
    pub in_order: bool,
    pub in_time: bool,
}

impl From<&TickTrial> for Row {
    fn from(trial: &TickTrial) -> Self {
        Self {
            tick_ns: clock::ns(trial.tick),
            runs: trial.runs,
            cells: trial.cells,
            model_equal: trial.equal,
            simulated_cpu_utilization: trial.simulated,
            cpu_utilization: trial.measured,
            tries: trial.spoiled + 1,
            in_order: trial.is_in_order(),
            in_time: trial.is_in_time(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(tick_ms: u64, equal: u64, measured: f64) -> TickTrial {
        TickTrial {
            tick: Duration::from_millis(tick_ms),
            runs: 3,
            cells: 4,
            equal,
            simulated: 1.0,
            measured,
            spoiled: 0,
        }
    }

    #[test]
    fn a_tick_is_trusted_when_cells_and_utilization_agree() {
        assert!(trial(1, 4, 0.995).is_trusted());
        assert!(!trial(1, 4, 0.985).is_trusted());
        assert!(!trial(1, 3, 1.0).is_trusted());
    }

    #[test]
    fn what_holds_holds_down_to_the_first_tick_for_which_it_does_not() {
        let trials = Trials {
            tried: vec![trial(5, 4, 1.0), trial(2, 4, 0.9), trial(1, 4, 1.0)],
            ..Trials::default()
        };
        assert_eq!(trials.order_down_to(), Some(Duration::from_millis(1)));
        assert_eq!(trials.times_down_to(), Some(Duration::from_millis(5)));
        assert_eq!(Trials::default().order_down_to(), None);
    }
}
