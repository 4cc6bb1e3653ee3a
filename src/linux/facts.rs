//! From what is confirmed of a child to the words of the machine and the scheduler.

use crate::machine;
use crate::machine::{InterferenceKind, SpanEnd};
use crate::os::wait_status;
use crate::process::facts::{Displacement, LeftCpuTo, Usage};
use crate::process::protocol::Executed;
use crate::scheduler::Retired;

impl From<wait_status::Exit> for machine::Exit {
    fn from(exit: wait_status::Exit) -> Self {
        match exit {
            wait_status::Exit::Code(code) => Self::Code(code),
            wait_status::Exit::Signal {
                number,
                core_dumped,
            } => Self::Signal {
                number,
                core_dumped,
            },
        }
    }
}

impl From<Executed> for Retired {
    fn from(executed: Executed) -> Self {
        Self {
            instruction: executed.instruction,
            remaining: executed.remaining,
        }
    }
}

impl From<Usage> for machine::Usage {
    fn from(usage: Usage) -> Self {
        Self {
            cpu_ns: usage.cpu_ns,
            waited_ns: usage.waited_ns,
            voluntary_switches: usage.voluntary_switches,
            involuntary_switches: usage.involuntary_switches,
        }
    }
}

impl From<LeftCpuTo> for SpanEnd {
    fn from(why: LeftCpuTo) -> Self {
        match why {
            LeftCpuTo::Stop => Self::Stopped,
            LeftCpuTo::Block => Self::Blocked,
        }
    }
}

impl From<Displacement> for InterferenceKind {
    fn from(displacement: Displacement) -> Self {
        match displacement {
            Displacement::Repinned => Self::Repinned,
            Displacement::RepinnedForGood => Self::RepinnedForGood,
            Displacement::Reniced => Self::Reniced,
            Displacement::RenicedForGood => Self::RenicedForGood,
        }
    }
}
