//! Watches one instruction that takes long, so that none takes for ever.

use std::time::Duration;

use super::child::Child;
use crate::os::clock;
use crate::os::deadline;
use crate::os::error::Error;

/// What has been seen of the process that executes it.
#[derive(Default)]
pub struct Watchdog {
    /// CPU time at the first and at the last look, in nanoseconds.
    first_ns: Option<u64>,
    last_ns: u64,
    /// Since when it has neither used the CPU nor waited for it.
    still_since: Option<Duration>,
}

/// What one look at it shows.
#[derive(Clone, Copy)]
struct Sample {
    /// A clock that stands still while the supervisor is suspended.
    now: Duration,
    /// CPU time of the process in nanoseconds.
    cpu_ns: u64,
    letter: Option<char>,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    /// It has used this much CPU time, in nanoseconds: the instruction will never end.
    NeverEnds(u64),
    /// A debugger holds the process, or another program stops it again and again.
    StandsStill,
}

impl Watchdog {
    /// Fails when the instruction will never end. `tick_ns`: the CPU time it may have been set to
    /// take, in nanoseconds.
    pub fn look(&mut self, child: &Child, tick_ns: u64) -> Result<(), Error> {
        let sample = Sample {
            now: clock::awake(),
            cpu_ns: child.clock_ns().unwrap_or(0),
            letter: child.letter(),
        };
        match self.judge(sample, tick_ns) {
            Verdict::Fine => Ok(()),
            Verdict::NeverEnds(spent_ns) => {
                Err(child.late("finish its instruction", Duration::from_nanos(spent_ns)))
            }
            Verdict::StandsStill => Err(child.late("go on", deadline::NO_PROGRESS)),
        }
    }

    /// To wait for a CPU that others have is no reason to give a process up.
    fn judge(&mut self, sample: Sample, tick_ns: u64) -> Verdict {
        let Sample {
            now,
            cpu_ns,
            letter,
        } = sample;
        let spent_ns = cpu_ns.saturating_sub(*self.first_ns.get_or_insert(cpu_ns));
        let longest_ns = tick_ns
            .saturating_mul(deadline::INSTRUCTION_TICKS)
            .saturating_add(clock::ns(deadline::INSTRUCTION_MORE));
        if spent_ns > longest_ns {
            return Verdict::NeverEnds(spent_ns);
        }
        let last_ns = std::mem::replace(&mut self.last_ns, cpu_ns);
        if cpu_ns != last_ns || matches!(letter, Some('R' | 'Z') | None) {
            self.still_since = None;
            return Verdict::Fine;
        }
        let since = *self.still_since.get_or_insert(now);
        if now.saturating_sub(since) < deadline::NO_PROGRESS {
            Verdict::Fine
        } else {
            Verdict::StandsStill
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK_NS: u64 = 10_000_000;

    fn sample(second: u64, cpu_ns: u64, letter: char) -> Sample {
        Sample {
            now: Duration::from_secs(second),
            cpu_ns,
            letter: Some(letter),
        }
    }

    #[test]
    fn an_instruction_that_never_ends_is_given_up_by_its_cpu_time() {
        let mut watchdog = Watchdog::default();
        let longest_ns = TICK_NS * deadline::INSTRUCTION_TICKS + 1_000_000_000;
        // What it had used before does not count.
        let first_ns = 77;
        for (second, spent_ns) in [(0, 0), (1, longest_ns)] {
            let verdict = watchdog.judge(sample(second, first_ns + spent_ns, 'R'), TICK_NS);
            assert_eq!(verdict, Verdict::Fine);
        }
        let verdict = watchdog.judge(sample(2, first_ns + longest_ns + 1, 'R'), TICK_NS);
        assert_eq!(verdict, Verdict::NeverEnds(longest_ns + 1));
    }

    #[test]
    fn a_process_that_waits_for_a_cpu_that_others_have_is_never_given_up() {
        let mut watchdog = Watchdog::default();
        for second in 0..1_000 {
            assert_eq!(
                watchdog.judge(sample(second, 5, 'R'), TICK_NS),
                Verdict::Fine
            );
        }
    }

    #[test]
    fn a_process_that_stands_still_is_given_up_in_time_unless_it_goes_on() {
        let mut watchdog = Watchdog::default();
        let limit = deadline::NO_PROGRESS.as_secs();
        let mut judge = |second, cpu_ns| watchdog.judge(sample(second, cpu_ns, 't'), TICK_NS);
        assert_eq!(judge(0, 5), Verdict::Fine);
        assert_eq!(judge(1, 5), Verdict::Fine);
        assert_eq!(judge(limit, 5), Verdict::Fine);
        // It got on a little.
        assert_eq!(judge(limit + 1, 6), Verdict::Fine);
        assert_eq!(judge(limit + 2, 6), Verdict::Fine);
        assert_eq!(judge(2 * limit + 1, 6), Verdict::Fine);
        assert_eq!(judge(2 * limit + 2, 6), Verdict::StandsStill);
    }
}
