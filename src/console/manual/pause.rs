//! Ctrl-Z: the children stand still with us, and the device, too.

use super::{ManualControl, News};
use crate::os::error::Error;
use crate::os::{clock, deadline};
use crate::process::child::Stage;

impl ManualControl {
    /// Stops those that are not stopped, is suspended until this process is continued (`fg`), and lets
    /// them go on. No news: the signal was taken back meanwhile.
    pub fn suspend(&mut self) -> Result<Option<News>, Error> {
        let mut paused = Vec::new();
        for child in self.children.iter_mut() {
            if child.exit().is_none() && !child.is_stopped() {
                // One that does not stop goes on.
                let _ = child.stop_within(deadline::LAST_STOP);
                paused.extend(Some(child.id).filter(|_| child.stage() == Stage::Stopped));
            }
        }
        let stood_still = self.signals.suspend();
        if let Ok(Some(length)) = stood_still {
            for member in self.members.values_mut() {
                let later = |at: u64| at.saturating_add(clock::ns(length));
                member.answer_ns = member.answer_ns.map(later);
            }
        }
        for id in paused {
            if let Some(child) = self.children.find_mut(id) {
                child.cont()?;
            }
        }
        let news = |length| News::StoodStill { length };
        Ok(stood_still?.map(news))
    }
}
