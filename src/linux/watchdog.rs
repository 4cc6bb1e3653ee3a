//! Watches one instruction that takes long, so that none takes for ever.

use std::time::Duration;

use crate::os::clock;
use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::error::Error;
use crate::process::child::Child;

/// What has been seen of the child that executes it, by its CPU clock.
#[derive(Default)]
pub struct Watchdog {
    first_ns: Option<u64>,
    last_ns: u64,
    /// While it neither gets on nor waits for the CPU: until when that may last.
    pause: Option<Deadline>,
}

impl Watchdog {
    /// `tick_ns`: how long the instruction may have to be, in nanoseconds of CPU time.
    ///
    /// # Errors
    /// When the instruction will never end. To wait for a CPU that others have is no reason.
    pub fn look(&mut self, child: &Child, tick_ns: u64) -> Result<(), Error> {
        let clock_ns = child.clock_ns().unwrap_or(0);
        let first_ns = *self.first_ns.get_or_insert(clock_ns);
        let spent_ns = clock_ns.saturating_sub(first_ns);
        let longest_ns = tick_ns
            .saturating_mul(deadline::INSTRUCTION_TICKS)
            .saturating_add(clock::ns(deadline::INSTRUCTION_MORE));
        if spent_ns > longest_ns {
            return Err(child.late("finish its instruction", Duration::from_nanos(spent_ns)));
        }
        let last_ns = std::mem::replace(&mut self.last_ns, clock_ns);
        if clock_ns != last_ns || matches!(child.letter(), Some('R' | 'Z') | None) {
            self.pause = None;
            return Ok(());
        }
        let until = *self
            .pause
            .get_or_insert_with(|| Deadline::after(deadline::NO_PROGRESS));
        match until.left() {
            Some(_) => Ok(()),
            None => Err(child.late("go on", deadline::NO_PROGRESS)),
        }
    }
}
