//! What a workload may still hold, checked before anything of that size is made.

use super::error::{NotationError, Problem};
use super::limits::{MAX_INSTRUCTIONS, MAX_PROCESSES};
use super::token::Token;

#[derive(Debug)]
pub(in crate::workload) struct Budget {
    processes: usize,
    instructions: usize,
}

impl Budget {
    pub(in crate::workload) const fn new() -> Self {
        Self {
            processes: MAX_PROCESSES,
            instructions: MAX_INSTRUCTIONS,
        }
    }

    /// `token` names the process in the error.
    pub(in crate::workload) fn take_process(
        &mut self,
        token: Token<'_>,
    ) -> Result<(), NotationError> {
        self.processes = self
            .processes
            .checked_sub(1)
            .ok_or_else(|| NotationError::new(Problem::TooManyProcesses, token))?;
        Ok(())
    }

    /// Takes `count` instructions from the allowance; `token` asks for them. Gives `count` back.
    pub(super) fn take_instructions(
        &mut self,
        count: u64,
        token: Token<'_>,
    ) -> Result<usize, NotationError> {
        let too_many = || NotationError::new(Problem::TooManyInstructions, token);
        let count = usize::try_from(count).map_err(|_| too_many())?;
        self.instructions = self.instructions.checked_sub(count).ok_or_else(too_many)?;
        Ok(count)
    }
}
