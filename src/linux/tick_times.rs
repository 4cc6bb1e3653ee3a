//! When ticks began and ended, to find the tick that something lies in which is noticed later.

use crate::scheduler::Tick;

/// Each moment, in nanoseconds of the run, with the tick that it belongs to or comes before from then
/// on.
#[derive(Debug, Default)]
pub struct TickTimes(Vec<(u64, Tick)>);

/// A part of the time of the run, in nanoseconds, without a moment in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// It lies in this tick, or right before it.
    pub tick: Tick,
    pub from_ns: u64,
    pub until_ns: u64,
}

impl TickTimes {
    pub fn began(&mut self, tick: Tick, at_ns: u64) {
        self.0.push((at_ns, tick));
    }

    pub fn ended(&mut self, tick: Tick, at_ns: u64) {
        self.0.push((at_ns, tick.next()));
    }

    /// Where the supervisor was stopped that is known to have done nothing at some time between these
    /// two. It begins and ends ticks itself, so that it was at work at each moment: the stop is the
    /// longest time between two of them.
    pub fn place(&self, from_ns: u64, until_ns: u64) -> Placed {
        let first = self.0.partition_point(|(at_ns, _)| *at_ns <= from_ns);
        let before = first.checked_sub(1).and_then(|last| self.0.get(last));
        let tick = before.map_or(Tick(1), |(_, tick)| *tick);
        let within = self.0[first..].iter();
        let within = within.take_while(|(at_ns, _)| *at_ns < until_ns);
        let starts = std::iter::once((from_ns, tick)).chain(within.copied());
        let ends = starts.clone().skip(1).map(|(at_ns, _)| at_ns);
        let parts = starts.zip(ends.chain([until_ns]));
        let parts = parts.map(|((from_ns, tick), until_ns)| Placed {
            tick,
            from_ns,
            until_ns,
        });
        let length = |part: &Placed| part.until_ns.saturating_sub(part.from_ns);
        parts.max_by_key(length).unwrap_or(Placed {
            tick,
            from_ns,
            until_ns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times() -> TickTimes {
        let mut times = TickTimes::default();
        for (tick, from_ns, until_ns) in [(1, 0, 50), (2, 51, 99), (3, 100, 430), (4, 431, 432)] {
            times.began(Tick(tick), from_ns);
            times.ended(Tick(tick), until_ns);
        }
        times.began(Tick(5), 434);
        times
    }

    fn placed(tick: u64, from_ns: u64, until_ns: u64) -> Placed {
        Placed {
            tick: Tick(tick),
            from_ns,
            until_ns,
        }
    }

    #[test]
    fn a_stop_that_is_noticed_ticks_later_lies_in_the_tick_that_it_made_long() {
        // The interval signal came last in tick 2, and again in tick 3.
        assert_eq!(times().place(77, 426), placed(3, 100, 426));
        assert_eq!(times().place(110, 426), placed(3, 110, 426));
        assert_eq!(times().place(300, 600), placed(5, 434, 600));
    }

    #[test]
    fn between_two_ticks_it_is_before_the_second() {
        let mut times = TickTimes::default();
        times.began(Tick(1), 0);
        times.ended(Tick(1), 10);
        assert_eq!(times.place(5, 90), placed(2, 10, 90));
        times.began(Tick(2), 95);
        assert_eq!(times.place(5, 96), placed(2, 10, 95));
    }

    #[test]
    fn before_the_first_tick_it_is_before_that() {
        assert_eq!(TickTimes::default().place(0, 7), placed(1, 0, 7));
    }
}
