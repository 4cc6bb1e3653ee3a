//! The modes of a terminal, to be compared.

use std::os::fd::AsFd;

use nix::sys::termios::{ControlFlags, InputFlags, LocalFlags, OutputFlags, tcgetattr};

/// `NCCS` of `<asm-generic/termbits.h>`: how many control characters the kernel has.
const CHARACTERS: usize = 19;

/// What the kernel tells. The structures of C libraries have room for more, which musl leaves as it
/// was in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modes {
    input: InputFlags,
    output: OutputFlags,
    control: ControlFlags,
    local: LocalFlags,
    characters: Vec<u8>,
}

impl Modes {
    pub fn of(terminal: &impl AsFd) -> Self {
        let modes = tcgetattr(terminal).expect("it is a terminal");
        Self {
            input: modes.input_flags,
            output: modes.output_flags,
            control: modes.control_flags,
            local: modes.local_flags,
            characters: modes.control_chars[..CHARACTERS].to_vec(),
        }
    }
}
