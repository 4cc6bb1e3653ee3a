//! How long to wait for something without a runtime.

use std::time::Duration;

use super::{end_signal, is_force_quit};
use crate::os::deadline::Deadline;
use crate::os::error::Error;

#[derive(Clone)]
pub struct Timeout {
    whole: Duration,
    by: Deadline,
    interruptible: bool,
}

impl Timeout {
    /// A signal that asks us to end ends the wait, too.
    pub fn interruptible(whole: Duration) -> Self {
        Self {
            interruptible: true,
            ..Self::uninterruptible(whole)
        }
    }

    /// For the final clean-up, which such a signal may have set off. Only a second one ends it.
    pub fn uninterruptible(whole: Duration) -> Self {
        Self {
            whole,
            by: Deadline::after(whole),
            interruptible: false,
        }
    }

    /// What is left; nothing when it is at an end.
    pub fn left(&self) -> Duration {
        self.by.left().unwrap_or_default()
    }

    /// How long it was in the beginning.
    pub const fn whole(&self) -> Duration {
        self.whole
    }

    /// # Errors
    /// [`Error::Interrupted`], or when it is at an end what `late` makes of the time it lasted.
    pub fn check(&self, late: impl FnOnce(Duration) -> Error) -> Result<(), Error> {
        match end_signal().filter(|_| self.interruptible) {
            Some(signal) => Err(Error::Interrupted(signal)),
            None if self.by.left().is_none() || is_force_quit() => Err(late(self.whole)),
            None => Ok(()),
        }
    }
}
