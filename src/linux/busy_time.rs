//! How long something has been busy.

/// Adds up the stretches of time in which something is busy.
#[derive(Default)]
pub struct Busy {
    since_ns: Option<u64>,
    total_ns: u64,
}

impl Busy {
    /// From now on it is busy, or idle; it may have been so before.
    pub fn update(&mut self, busy: bool, now_ns: u64) {
        match (self.since_ns, busy) {
            (None, true) => self.since_ns = Some(now_ns),
            (Some(since), false) => {
                self.total_ns += now_ns - since;
                self.since_ns = None;
            }
            _ => {}
        }
    }

    /// Up to the last time it became idle, in nanoseconds.
    #[must_use]
    pub const fn total_ns(&self) -> u64 {
        self.total_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_work_counts_once_and_idle_time_not_at_all() {
        let mut busy = Busy::default();
        for (is_busy, now_ns) in [(true, 10), (true, 15), (false, 20), (false, 30), (true, 40)] {
            busy.update(is_busy, now_ns);
        }
        assert_eq!(busy.total_ns(), 10);
        busy.update(false, 45);
        assert_eq!(busy.total_ns(), 15);
    }
}
