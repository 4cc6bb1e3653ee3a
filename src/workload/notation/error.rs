//! Why a notation cannot be read.

use super::limits::{MAX_INSTRUCTIONS, MAX_IO_LENGTH, MAX_PROCESSES};
use super::token::Token;
use crate::workload::python::MAX_DECIMAL_DIGITS;
use crate::workload::quote::quoted;
use crate::workload::typographic::Typographic;
use std::fmt;
use std::ops::Range;

const INSTRUCTION_FORM: &str =
    "expected cN (compute for N ticks) or i (issue an I/O), as in c7,i,c1";

const COMPUTE_FORM: &str = "expected cN with a whole number N, as in c7";

const IO_FORM: &str =
    "expected i alone, as the length of an I/O is the same for all of them (iolength)";

const SEED_FORM: &str =
    "expected an integer, as in 42, -5, 0x2a (hexadecimal), 0b101010 (binary) or 052 (octal)";

const IO_LENGTH_FORM: &str = "expected a whole number of ticks, as in 5";

const DRAW_FORM: &str =
    "expected X:Y (X instructions, each with a chance of Y percent to use the CPU), as in 5:100";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workload) enum Problem {
    /// Nothing stands where an instruction should.
    MissingInstruction,
    NotAnInstruction,
    /// A `c` without the number of ticks.
    NotACompute,
    /// Something follows the `i`.
    IoWithOperand,
    NotADraw,
    NotACount,
    NotAPercentage,
    NotASeed,
    NotAnIoLength,
    IoLengthOutOfRange,
    TooManyDigits,
    TooManyProcesses,
    TooManyInstructions,
}

impl Problem {
    /// What is expected instead, where what stands there has another form.
    const fn form(self) -> Option<&'static str> {
        Some(match self {
            Self::MissingInstruction | Self::NotAnInstruction => INSTRUCTION_FORM,
            Self::NotACompute => COMPUTE_FORM,
            Self::IoWithOperand => IO_FORM,
            Self::NotADraw | Self::NotACount | Self::NotAPercentage => DRAW_FORM,
            Self::NotASeed => SEED_FORM,
            Self::NotAnIoLength => IO_LENGTH_FORM,
            Self::IoLengthOutOfRange
            | Self::TooManyDigits
            | Self::TooManyProcesses
            | Self::TooManyInstructions => return None,
        })
    }
}

/// Why a notation cannot be read. Its display is one sentence: the token, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotationError {
    problem: Problem,
    token: String,
    start: usize,
}

impl NotationError {
    pub(in crate::workload) fn new(problem: Problem, token: Token<'_>) -> Self {
        Self {
            problem,
            token: token.text.to_owned(),
            start: token.start,
        }
    }

    #[cfg(test)]
    pub(super) const fn problem(&self) -> Problem {
        self.problem
    }

    /// The part of the text that is wrong; empty where something is missing.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Where the token stands, in bytes from the start of the text that was read.
    pub fn span(&self) -> Range<usize> {
        self.start..self.start + self.token.len()
    }
}

impl std::error::Error for NotationError {}

impl fmt::Display for NotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(form), Some(found)) = (self.problem.form(), Typographic::find(&self.token)) {
            return write!(f, "{found}, as text from a PDF does: {form}");
        }
        let token = quoted(&self.token);
        match self.problem {
            Problem::MissingInstruction => {
                write!(f, "an instruction is missing: {INSTRUCTION_FORM}")
            }
            Problem::NotAnInstruction => {
                write!(f, "{token} is not an instruction: {INSTRUCTION_FORM}")
            }
            Problem::NotACompute => write!(
                f,
                "{token} does not say for how many ticks to compute: {COMPUTE_FORM}"
            ),
            Problem::IoWithOperand => write!(f, "{token} is not an instruction: {IO_FORM}"),
            Problem::NotADraw => write!(f, "{token} does not describe a process: {DRAW_FORM}"),
            Problem::NotACount => write!(f, "{token} is not a number of instructions: {DRAW_FORM}"),
            Problem::NotAPercentage => write!(f, "{token} is not a percentage: {DRAW_FORM}"),
            Problem::NotASeed => write!(f, "{token} is not a seed: {SEED_FORM}"),
            Problem::NotAnIoLength => {
                write!(f, "{token} is not the length of an I/O: {IO_LENGTH_FORM}")
            }
            Problem::IoLengthOutOfRange => write!(
                f,
                "{token} is out of range: an I/O takes 0 ticks or more, and at most {MAX_IO_LENGTH}"
            ),
            Problem::TooManyDigits => write!(
                f,
                "{token} is too long a number: expected at most {MAX_DECIMAL_DIGITS} digits, as \
                 Python does"
            ),
            Problem::TooManyProcesses => write!(
                f,
                "{token} is one process too many: a workload has at most {MAX_PROCESSES}"
            ),
            Problem::TooManyInstructions => write!(
                f,
                "{token} makes too many instructions: a workload has at most {MAX_INSTRUCTIONS}"
            ),
        }
    }
}
