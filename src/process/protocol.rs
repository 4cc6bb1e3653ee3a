//! What a child and the supervisor say to each other through the child's two pipes.
//!
//! The request pipe carries fixed-size [`Message`]s from the child. The answer pipe carries single
//! bytes to it, each of which ends one `read()` of the child's: the first starts its program, each
//! later one completes an I/O.

use crate::scheduler::Retired;
use crate::workload::Instruction;

/// The descriptors a child finds its pipes at, right behind the three every process has, and the
/// length of a tick.
pub const REQUEST_FD: i32 = 3;
pub const ANSWER_FD: i32 = 4;
pub const PACE_FD: i32 = 5;

/// How many bytes a message takes: less than `PIPE_BUF`, so that it is written whole.
pub const MESSAGE_LEN: usize = 24;

/// What the supervisor writes to the answer pipe.
pub const ANSWER: [u8; 1] = [1];

/// A message from a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// It is armed, pinned and has its program: so many instructions.
    Ready { instructions: u64 },
    /// One instruction has been executed.
    Retired(Executed),
    /// It could not become a worker: the step that failed, and the errno.
    Failed { step: SpawnStep, errno: i32 },
}

/// What a child says of an instruction it has executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    pub retired: Retired,
    /// How long it was to be, in nanoseconds: 48 bits of them.
    pub tick_ns: u64,
    /// CPU time of the child at its end, by its own clock, in nanoseconds.
    pub cpu_ns: u64,
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
}

const STEPS: [SpawnStep; 8] = [
    SpawnStep::Arm,
    SpawnStep::Orphaned,
    SpawnStep::Group,
    SpawnStep::Signals,
    SpawnStep::Descriptors,
    SpawnStep::Pin,
    SpawnStep::Exec,
    SpawnStep::Program,
];

impl SpawnStep {
    /// What was being done, with the system call that does it.
    #[must_use]
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
        }
    }
}

const READY: u8 = 1;
const RETIRED: u8 = 2;
const FAILED: u8 = 3;

impl Message {
    /// Layout: kind, detail, a length in six bytes, two numbers in eight each, little end first.
    #[must_use]
    pub fn to_bytes(self) -> [u8; MESSAGE_LEN] {
        let (kind, detail, length, number, clock) = match self {
            Self::Ready { instructions } => (READY, 0, 0, instructions, 0),
            Self::Retired(Executed {
                retired,
                tick_ns,
                cpu_ns,
            }) => {
                let code = instruction_code(retired.instruction);
                (RETIRED, code, tick_ns, retired.remaining, cpu_ns)
            }
            // Errnos are small and positive.
            Self::Failed { step, errno } => {
                let errno = u64::from(errno.unsigned_abs());
                (FAILED, step as u8, 0, errno, 0)
            }
        };
        let mut bytes = [0; MESSAGE_LEN];
        bytes[0] = kind;
        bytes[1] = detail;
        bytes[2..8].copy_from_slice(&length.to_le_bytes()[..6]);
        bytes[8..16].copy_from_slice(&number.to_le_bytes());
        bytes[16..].copy_from_slice(&clock.to_le_bytes());
        bytes
    }

    /// `None`: no child of ours wrote this.
    #[must_use]
    pub fn from_bytes(bytes: [u8; MESSAGE_LEN]) -> Option<Self> {
        let [kind, detail, ..] = bytes;
        let number = |bytes: &[u8]| {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(whole)
        };
        let (length, clock) = (number(&bytes[2..8]), number(&bytes[16..]));
        let number = number(&bytes[8..16]);
        match kind {
            RETIRED => {
                let instruction = instruction_from(detail)?;
                let retired = Retired {
                    instruction,
                    remaining: number,
                };
                Some(Self::Retired(Executed {
                    retired,
                    tick_ns: length,
                    cpu_ns: clock,
                }))
            }
            _ if (length, clock) != (0, 0) => None,
            READY => Some(Self::Ready {
                instructions: number,
            }),
            FAILED => {
                let step = *STEPS.get(usize::from(detail))?;
                Some(Self::Failed {
                    step,
                    errno: i32::try_from(number).ok()?,
                })
            }
            _ => None,
        }
    }
}

const fn instruction_code(instruction: Instruction) -> u8 {
    match instruction {
        Instruction::Cpu => 0,
        Instruction::Io => 1,
        Instruction::IoDone => 2,
    }
}

const fn instruction_from(code: u8) -> Option<Instruction> {
    match code {
        0 => Some(Instruction::Cpu),
        1 => Some(Instruction::Io),
        2 => Some(Instruction::IoDone),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_message_is_read_back_as_it_was_written() {
        let instructions = [Instruction::Cpu, Instruction::Io, Instruction::IoDone];
        let retired = instructions.map(|instruction| {
            let retired = Retired {
                instruction,
                remaining: u64::MAX,
            };
            Message::Retired(Executed {
                retired,
                tick_ns: (1 << 48) - 1,
                cpu_ns: u64::MAX,
            })
        });
        let failed = STEPS.map(|step| Message::Failed {
            step,
            errno: libc::ENOENT,
        });
        let ready = [Message::Ready { instructions: 0 }];
        for message in retired.into_iter().chain(failed).chain(ready) {
            assert_eq!(Message::from_bytes(message.to_bytes()), Some(message));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_a_message_or_nothing(bytes: [u8; MESSAGE_LEN]) {
            if let Some(message) = Message::from_bytes(bytes) {
                prop_assert_eq!(message.to_bytes(), bytes);
            }
        }
    }
}
