//! What keeps a forked child from becoming what it was forked for, as the child writes it to its
//! descriptor 3: the one message that all kinds of children share.

use std::fmt::Display;

use nix::errno::Errno;

use crate::os::error::{Error, reason};
use crate::os::refusal;
use crate::os::refusal::Call;

/// Less than `PIPE_BUF`, so that it is written whole; as long as a worker's messages.
pub const MESSAGE_LEN: usize = 32;

/// The first byte of such a message. A worker's other messages begin with other numbers, JSON with a
/// quotation mark or a brace.
pub const KIND: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpawnFailed {
    pub step: SpawnStep,
    pub errno: Errno,
}

/// The steps of a child between `fork` and its program, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpawnStep {
    Arm,
    Orphaned,
    Group,
    Signals,
    Descriptors,
    Pin,
    Exec,
    Program,
    KillPipe,
    Pidfd,
}

const STEPS: [SpawnStep; 10] = [
    SpawnStep::Arm,
    SpawnStep::Orphaned,
    SpawnStep::Group,
    SpawnStep::Signals,
    SpawnStep::Descriptors,
    SpawnStep::Pin,
    SpawnStep::Exec,
    SpawnStep::Program,
    SpawnStep::KillPipe,
    SpawnStep::Pidfd,
];

impl SpawnStep {
    /// What was being done, with the system call that does it.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Arm => "tie its life to the supervisor's (prctl PR_SET_PDEATHSIG)",
            Self::Orphaned => "find its supervisor alive (getppid)",
            Self::Group => "enter its own process group (setpgid)",
            Self::Signals => "reset its signals (sigaction, sigprocmask)",
            Self::Descriptors => "arrange its descriptors (dup2, close_range)",
            Self::Pin => "pin itself to the CPU (sched_setaffinity)",
            Self::Exec => "execute /proc/self/exe (execv)",
            Self::Program => "read its program from its arguments",
            Self::KillPipe => "tie its life to the supervisor's (fcntl F_SETSIG)",
            Self::Pidfd => "open a pidfd of itself (pidfd_open)",
        }
    }
}

impl SpawnFailed {
    pub fn to_bytes(self) -> [u8; MESSAGE_LEN] {
        let mut bytes = [0; MESSAGE_LEN];
        bytes[0] = KIND;
        bytes[1] = self.step as u8;
        bytes[8..12].copy_from_slice(&(self.errno as i32).to_le_bytes());
        bytes
    }

    /// `None`: it is no such message.
    pub fn from_bytes(bytes: [u8; MESSAGE_LEN]) -> Option<Self> {
        let step = *STEPS.get(usize::from(bytes[1]))?;
        let errno = i32::from_le_bytes(bytes[8..12].try_into().ok()?);
        let errno = Errno::from_raw(errno);
        let failed = Self { step, errno };
        (failed.to_bytes() == bytes).then_some(failed)
    }

    /// `process`: the one that could not start.
    pub fn error(self, process: impl Display) -> Error {
        let call = match self.step {
            SpawnStep::Pin => Call::Affinity,
            _ => Call::Other,
        };
        let why = refusal::why(call, self.errno);
        let (what, reason) = (self.step.what(), reason(self.errno, &why));
        Error::Process(format!("{process} could not {what}: {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_failure_is_read_back_as_it_was_written() {
        for step in STEPS {
            let errno = Errno::ENOENT;
            let failed = SpawnFailed { step, errno };
            assert_eq!(SpawnFailed::from_bytes(failed.to_bytes()), Some(failed));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_a_failure_or_nothing(mut bytes: [u8; MESSAGE_LEN], kind: bool) {
            if kind {
                bytes[0] = KIND;
            }
            if let Some(failed) = SpawnFailed::from_bytes(bytes) {
                prop_assert_eq!(failed.to_bytes(), bytes);
            }
        }
    }
}
