//! What a worker and the supervisor say to each other through the worker's two pipes.
//!
//! The request pipe carries fixed-size [`Message`]s from the worker. The answer pipe carries single
//! bytes to it, each of which ends one `read()` of the worker's: the first starts its program, each
//! later one completes an I/O.

use super::spawn_failed;
use super::spawn_failed::SpawnFailed;
use crate::workload::Instruction;

pub use spawn_failed::MESSAGE_LEN;

/// The descriptors at which a worker finds its pipes and the length of a tick.
pub const REQUEST_FD: i32 = 3;
pub const ANSWER_FD: i32 = 4;
pub const TICK_FD: i32 = 5;

/// What the supervisor writes to the answer pipe.
pub const ANSWER: [u8; 1] = [1];

/// A message from a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// It is armed, pinned and has its program, of this many instructions.
    Ready { instructions: u64 },
    /// One instruction has been executed.
    Executed(Executed),
    /// It could not become a worker.
    Failed(SpawnFailed),
}

/// What a worker says of an instruction it has executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    pub instruction: Instruction,
    /// Instructions it has left.
    pub remaining: u64,
    /// How long it was to be, in nanoseconds: 48 bits of them.
    pub tick_ns: u64,
    /// CPU time of the worker at its end, by its own clock, in nanoseconds.
    pub cpu_ns: u64,
    /// When that was, in nanoseconds of `CLOCK_MONOTONIC`. The supervisor may hear of it much later.
    pub ended_ns: u64,
}

const READY: u8 = 1;
const EXECUTED: u8 = 2;

impl Message {
    /// Layout: kind, detail, a length in six bytes, three numbers in eight each, little end first.
    pub fn to_bytes(self) -> [u8; MESSAGE_LEN] {
        let mut bytes = [0; MESSAGE_LEN];
        match self {
            Self::Ready { instructions } => {
                bytes[0] = READY;
                bytes[8..16].copy_from_slice(&instructions.to_le_bytes());
            }
            Self::Executed(executed) => {
                bytes[0] = EXECUTED;
                bytes[1] = instruction_code(executed.instruction);
                bytes[2..8].copy_from_slice(&executed.tick_ns.to_le_bytes()[..6]);
                bytes[8..16].copy_from_slice(&executed.remaining.to_le_bytes());
                bytes[16..24].copy_from_slice(&executed.cpu_ns.to_le_bytes());
                bytes[24..].copy_from_slice(&executed.ended_ns.to_le_bytes());
            }
            Self::Failed(failed) => return failed.to_bytes(),
        }
        bytes
    }

    /// `None`: no worker wrote this.
    pub fn from_bytes(bytes: [u8; MESSAGE_LEN]) -> Option<Self> {
        let number = |bytes: &[u8]| {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(whole)
        };
        let message = match bytes[0] {
            READY => Self::Ready {
                instructions: number(&bytes[8..16]),
            },
            EXECUTED => Self::Executed(Executed {
                instruction: instruction_from(bytes[1])?,
                remaining: number(&bytes[8..16]),
                tick_ns: number(&bytes[2..8]),
                cpu_ns: number(&bytes[16..24]),
                ended_ns: number(&bytes[24..]),
            }),
            spawn_failed::KIND => Self::Failed(SpawnFailed::from_bytes(bytes)?),
            _ => return None,
        };
        // What a message does not use is zero.
        (message.to_bytes() == bytes).then_some(message)
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
    use crate::process::spawn_failed::SpawnStep;
    use nix::errno::Errno;
    use proptest::prelude::*;

    #[test]
    fn every_message_is_read_back_as_it_was_written() {
        let instructions = [Instruction::Cpu, Instruction::Io, Instruction::IoDone];
        let executed = instructions.map(|instruction| {
            Message::Executed(Executed {
                instruction,
                remaining: u64::MAX,
                tick_ns: (1 << 48) - 1,
                cpu_ns: u64::MAX,
                ended_ns: u64::MAX,
            })
        });
        let failed = Message::Failed(SpawnFailed {
            step: SpawnStep::Exec,
            errno: Errno::ENOENT,
        });
        let ready = Message::Ready { instructions: 1 };
        for message in executed.into_iter().chain([failed, ready]) {
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
