//! Ctrl-Z: everybody stands still with us, and the device, too.

use std::time::Duration;

use super::{ByHand, News};
use crate::linux::child::Stage;
use crate::linux::error::Error;
use crate::linux::{deadline, timer};

impl ByHand {
    /// Stops who is not stopped, stands still until somebody says `fg`, and lets them go on.
    pub(super) fn stand_still(&mut self) -> Result<News, Error> {
        let mut paused = Vec::new();
        for child in self.family.iter_mut() {
            if child.exit().is_none() && !child.is_stopped() {
                // One that does not stop goes on.
                let _ = child.stop_within(deadline::LAST_STOP);
                paused.extend(Some(child.id).filter(|_| child.stage() == Stage::Stopped));
            }
        }
        let since_ns = timer::now_ns();
        let stood_still = self.interrupts.stand_still();
        let length_ns = timer::now_ns().saturating_sub(since_ns);
        for member in self.members.values_mut() {
            member.answer_ns = member.answer_ns.map(|at| at.saturating_add(length_ns));
        }
        for id in paused {
            if let Some(child) = self.family.find_mut(id) {
                child.cont()?;
            }
        }
        let length = Duration::from_nanos(length_ns);
        stood_still.map(|()| News::StoodStill { length })
    }
}
