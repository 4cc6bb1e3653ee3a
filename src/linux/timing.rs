//! When ticks are to end, and when a tick that does not end is to be looked into.

use std::time::Duration;

use crate::os::clock;
use crate::os::deadline;
use crate::os::error::Error;
use crate::process::tick_length::TickLength;
use crate::scheduler::ProcId;

/// How long instructions and idle ticks take. A change takes effect with the next instruction of a
/// process; which length an instruction had, the process says when it is over.
pub struct TickLengths {
    /// What the processes read.
    shared: TickLength,
    /// Nominal length of an idle tick that begins now.
    pub now_ns: u64,
    /// That of the first tick.
    pub first_ns: u64,
    /// Of each process: the most that its instruction under way may have been set to take.
    longest_ns: Vec<u64>,
}

impl TickLengths {
    pub fn new(shared: TickLength, tick: Duration, processes: usize) -> Self {
        let now_ns = clock::ns(tick);
        Self {
            shared,
            now_ns,
            first_ns: now_ns,
            longest_ns: vec![now_ns; processes],
        }
    }

    pub fn set(&mut self, tick: Duration) -> Result<(), Error> {
        self.now_ns = clock::ns(tick);
        for longest_ns in &mut self.longest_ns {
            *longest_ns = self.now_ns.max(*longest_ns);
        }
        self.shared.set(tick)
    }

    /// A process has ended an instruction that took `tick_ns`. Its next one has begun, before or
    /// after the length was changed last.
    pub fn retired(&mut self, process: ProcId, tick_ns: u64) {
        self.longest_ns[process.index()] = tick_ns.max(self.now_ns);
    }

    pub fn longest_ns(&self, process: ProcId) -> u64 {
        self.longest_ns[process.index()]
    }
}

/// When a tick is to end, and when the one alarm of the machine is to ring. All times are nanoseconds
/// of `CLOCK_MONOTONIC`.
#[derive(Default)]
pub struct TickTimer {
    /// When the tick under way is to end, if it is an idle one; also, for the next idle one, when the
    /// last should have ended: that counts from there, so that lateness does not add up.
    idle_until_ns: Option<u64>,
    /// The alarm is set for a look into a tick that lasts long, whichever tick that will be.
    is_watching: bool,
}

impl TickTimer {
    /// An idle tick begins. For when to set the alarm.
    pub fn idle(&mut self, start_ns: u64, nominal_ns: u64, now_ns: u64) -> u64 {
        let from_ns = match self.idle_until_ns {
            // Anything later than a tick is not lateness of the timer.
            Some(until_ns) if start_ns.saturating_sub(until_ns) < nominal_ns => until_ns,
            _ => start_ns,
        };
        self.idle_until_ns = Some(from_ns.saturating_add(nominal_ns));
        self.ring_again(now_ns)
    }

    /// A tick begins in which an instruction is executed. For when to set the alarm; `None`: it is set
    /// already, and not anew in each tick, which would be a system call.
    pub fn executing(&mut self, now_ns: u64) -> Option<u64> {
        self.idle_until_ns = None;
        (!self.is_watching).then(|| self.ring_again(now_ns))
    }

    /// The alarm has rung too early to end the tick. For the next look into it, or for its end if that
    /// comes before.
    pub fn ring_again(&mut self, now_ns: u64) -> u64 {
        let watch_ns = now_ns.saturating_add(clock::ns(deadline::LOOK_INTO));
        let end_ns = self.idle_until_ns.filter(|&until_ns| until_ns <= watch_ns);
        self.is_watching = end_ns.is_none();
        end_ns.unwrap_or(watch_ns)
    }

    /// Whether the tick is over; where an instruction is executed, no clock says so.
    pub fn is_over(&self, now_ns: u64) -> bool {
        self.idle_until_ns
            .is_some_and(|until_ns| until_ns <= now_ns)
    }

    /// The run was paused: nothing from before counts.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const WATCH: u64 = 100 * MS;

    #[test]
    fn idle_ticks_in_a_row_end_without_drift() {
        let mut timer = TickTimer::default();
        assert_eq!(timer.idle(1_000, 500, 1_000), 1_500);
        assert!(!timer.is_over(1_499));
        assert!(timer.is_over(1_530));
        // The alarm rang 30 late, and the next tick begins later still.
        assert_eq!(timer.idle(1_540, 500, 1_541), 2_000);
        assert_eq!(timer.idle(2_001, 500, 2_002), 2_500);
    }

    #[test]
    fn an_idle_tick_that_begins_more_than_a_tick_late_counts_from_its_own_start() {
        let mut timer = TickTimer::default();
        let _ = timer.idle(1_000, 500, 1_000);
        assert_eq!(timer.idle(2_000, 500, 2_000), 2_500);
    }

    #[test]
    fn an_idle_tick_after_an_instruction_counts_from_its_own_start() {
        let mut timer = TickTimer::default();
        let _ = timer.idle(1_000, 500, 1_000);
        let _ = timer.executing(1_600);
        assert_eq!(timer.idle(1_700, 500, 1_700), 2_200);
    }

    #[test]
    fn an_idle_tick_after_a_pause_has_the_length_it_began_with() {
        let mut timer = TickTimer::default();
        let _ = timer.idle(1_000, 500, 1_000);
        timer.reset();
        // It was paused at 1_200 for 200: as if it had begun at 1_200.
        assert_eq!(timer.idle(1_200, 500, 1_400), 1_700);
    }

    #[test]
    fn the_alarm_is_set_for_the_end_of_a_short_idle_tick_and_for_a_look_into_a_long_one() {
        let mut timer = TickTimer::default();
        assert_eq!(timer.idle(0, 10 * MS, 0), 10 * MS);
        timer.reset();
        assert_eq!(timer.idle(0, 1_000 * MS, 0), WATCH);
        assert_eq!(timer.ring_again(WATCH), 2 * WATCH);
        assert_eq!(timer.ring_again(950 * MS), 1_000 * MS);
    }

    #[test]
    fn where_an_instruction_is_executed_no_clock_ends_the_tick_and_the_alarm_is_not_set_anew() {
        let mut timer = TickTimer::default();
        assert_eq!(timer.executing(0), Some(WATCH));
        assert!(!timer.is_over(u64::MAX));
        assert_eq!(timer.executing(10 * MS), None);
        // An idle tick takes the alarm for itself.
        assert_eq!(timer.idle(20 * MS, 10 * MS, 20 * MS), 30 * MS);
        assert_eq!(timer.executing(30 * MS), Some(30 * MS + WATCH));
    }
}
