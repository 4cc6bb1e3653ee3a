//! From what a worker reports to the words of the scheduler.

use crate::process::protocol::Executed;
use crate::scheduler::Retired;

impl From<Executed> for Retired {
    fn from(executed: Executed) -> Self {
        Self {
            instruction: executed.instruction,
            remaining: executed.remaining,
        }
    }
}
