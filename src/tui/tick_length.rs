//! How `+` and `-` change the length of a tick.

use std::time::Duration;

use crate::workload::duration::{MAX_TICK, MIN_TICK};

/// The lengths a tick steps through, in microseconds.
const LENGTHS_US: [u64; 16] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
    1_000_000, 2_000_000, 5_000_000, 10_000_000,
];

pub fn faster(tick: Duration) -> Duration {
    let mut shorter = LENGTHS_US.map(Duration::from_micros).into_iter().rev();
    shorter.find(|&length| length < tick).unwrap_or(MIN_TICK)
}

pub fn slower(tick: Duration) -> Duration {
    let mut longer = LENGTHS_US.map(Duration::from_micros).into_iter();
    longer.find(|&length| length > tick).unwrap_or(MAX_TICK)
}
