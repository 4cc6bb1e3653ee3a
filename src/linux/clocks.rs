//! The clocks of a run: they start with the first tick, and stand still while the run is paused.

use crate::os::clock;

/// What the clocks of the kernel show at one moment, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// `CLOCK_MONOTONIC`.
    pub now_ns: u64,
    /// CPU time of the supervising thread.
    pub own_cpu_ns: u64,
}

impl Reading {
    pub fn now() -> Self {
        Self {
            now_ns: clock::now_ns(),
            own_cpu_ns: clock::own_cpu_ns(),
        }
    }
}

/// The clock of the run and the supervisor's CPU clock, which go and stand still together.
#[derive(Default)]
pub struct Clocks {
    pub run: RunClock,
    own_cpu: CpuClock,
    /// CPU time of the supervisor up to the end of the last tick.
    pub own_cpu_in_ticks_ns: u64,
}

impl Clocks {
    /// Starts them, if they do not go yet. Whether they were started just now.
    pub fn start(&mut self, now_ns: u64) -> bool {
        let starts = self.run.start(now_ns);
        if starts {
            self.own_cpu.go(clock::own_cpu_ns());
        }
        starts
    }

    /// A tick ends. What the clock of the run shows.
    pub fn end_tick(&mut self, now: Reading) -> u64 {
        self.own_cpu_in_ticks_ns = self.own_cpu.at(now.own_cpu_ns);
        self.run.at(now.now_ns)
    }

    /// They stand still.
    pub fn pause(&mut self, now: Reading) {
        self.run.pause(now.now_ns);
        self.own_cpu.pause(now.own_cpu_ns);
    }

    /// They go on. How long they stood still, in nanoseconds.
    pub fn resume(&mut self, now: Reading) -> u64 {
        // Before the first tick there is no run yet.
        if self.run.origin_ns().is_some() {
            self.own_cpu.go(now.own_cpu_ns);
        }
        self.run.resume(now.now_ns)
    }

    /// CPU time of the supervisor so far.
    pub fn own_cpu_ns(&self, now: Reading) -> u64 {
        self.own_cpu.at(now.own_cpu_ns)
    }

    /// What the clock of the run shows now.
    pub fn now_ns(&self) -> u64 {
        self.run.at(clock::now_ns())
    }
}

/// Turns nanoseconds of `CLOCK_MONOTONIC` into nanoseconds of the run.
#[derive(Clone, Debug, Default)]
pub struct RunClock {
    origin_ns: Option<u64>,
    /// When it stood still: from, until.
    still: Vec<(u64, u64)>,
    still_since_ns: Option<u64>,
}

impl RunClock {
    /// Starts it, if it does not run yet. Whether it was started just now.
    pub fn start(&mut self, now_ns: u64) -> bool {
        let starts = self.origin_ns.is_none();
        self.origin_ns.get_or_insert(now_ns);
        starts
    }

    /// When it started, by `CLOCK_MONOTONIC`.
    pub const fn origin_ns(&self) -> Option<u64> {
        self.origin_ns
    }

    pub fn pause(&mut self, now_ns: u64) {
        self.still_since_ns.get_or_insert(now_ns);
    }

    /// Lets it go on. How long it stood still.
    pub fn resume(&mut self, now_ns: u64) -> u64 {
        let Some(since_ns) = self.still_since_ns.take() else {
            return 0;
        };
        self.still.push((since_ns, now_ns));
        now_ns - since_ns
    }

    /// It has not been stopped: it shows what it would show then.
    pub const fn take_pause_back(&mut self) {
        self.still_since_ns = None;
    }

    /// What it showed at a moment of `CLOCK_MONOTONIC`; 0 before it was started.
    pub fn at(&self, at_ns: u64) -> u64 {
        let Some(origin_ns) = self.origin_ns else {
            return 0;
        };
        let now = self.still_since_ns.map(|since| (since, u64::MAX));
        let still_ns: u64 = (self.still.iter().copied().chain(now))
            .map(|(from, until)| (from.max(origin_ns), until.min(at_ns)))
            .map(|(from, until)| until.saturating_sub(from))
            .sum();
        at_ns.saturating_sub(origin_ns).saturating_sub(still_ns)
    }
}

/// The CPU clock of a thread, as far as the clock of the run went meanwhile: it stands still with it.
/// Nanoseconds of the thread's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuClock {
    spent_ns: u64,
    since_ns: Option<u64>,
}

impl CpuClock {
    /// The clock of the run starts, or goes on.
    pub const fn go(&mut self, now_ns: u64) {
        self.since_ns = Some(now_ns);
    }

    pub fn pause(&mut self, now_ns: u64) {
        self.spent_ns = self.at(now_ns);
        self.since_ns = None;
    }

    /// What the thread has spent by now.
    pub fn at(&self, now_ns: u64) -> u64 {
        let going_ns = self
            .since_ns
            .map_or(0, |since| now_ns.saturating_sub(since));
        self.spent_ns + going_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_no_time() {
        let mut clock = RunClock::default();
        assert_eq!(clock.at(50), 0);
        assert!(clock.start(100));
        assert!(!clock.start(200));
        clock.pause(150);
        assert_eq!(clock.at(170), 50);
        assert_eq!(clock.resume(180), 30);
        assert_eq!((clock.at(140), clock.at(160), clock.at(190)), (40, 50, 60));
    }

    #[test]
    fn a_pause_that_is_taken_back_was_time() {
        let mut clock = RunClock::default();
        clock.start(100);
        clock.pause(150);
        clock.take_pause_back();
        assert_eq!((clock.at(160), clock.resume(170)), (60, 0));
    }

    #[test]
    fn a_pause_before_the_start_is_none() {
        let mut clock = RunClock::default();
        clock.pause(10);
        clock.resume(40);
        clock.start(100);
        assert_eq!(clock.at(130), 30);
    }

    #[test]
    fn what_a_thread_spends_in_a_pause_is_not_spent_in_the_run() {
        let mut clock = CpuClock::default();
        assert_eq!(clock.at(70), 0);
        clock.go(100);
        clock.pause(130);
        assert_eq!(clock.at(170), 30);
        clock.go(180);
        assert_eq!(clock.at(190), 40);
    }
}
