//! How long to sleep until a child that has just written an I/O request has got into its `read()`.
//!
//! The two share a CPU, so it gets there only while we truly sleep. A sleep too short for it to get
//! anywhere would starve it; one too long leaves the CPU idle. How long it takes depends on the
//! machine, and on whether its caches have gone cold in the tick before, so it is learnt.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_micros(5);
/// While nothing is known yet.
const FIRST: Duration = Duration::from_micros(8);
const LONGEST: Duration = Duration::from_micros(25);
/// Each further sleep is twice as long, up to this.
pub const LAST: Duration = Duration::from_millis(1);

/// The first sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Backoff {
    pub const fn first(self) -> Duration {
        self.0
    }

    /// `took`: from when we went to sleep until the child was asleep. A fifth more, so that the next
    /// one is when we wake.
    pub fn learn(&mut self, took: Duration) {
        self.0 = (took + took / 5).clamp(SHORTEST, LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_a_little_longer_than_the_last_child_took_within_bounds() {
        let mut backoff = Backoff::default();
        backoff.learn(Duration::from_micros(10));
        assert_eq!(backoff.first(), Duration::from_micros(12));
        backoff.learn(Duration::from_secs(1));
        assert_eq!(backoff.first(), LONGEST);
        backoff.learn(Duration::ZERO);
        assert_eq!(backoff.first(), SHORTEST);
    }
}
