//! The notations of `process-run.py`: programs (`-P c7,i,c1:c4`) and random processes
//! (`-l 5:100,3:50`).
//!
//! What the original accepts is accepted, and draws the same programs. What it answers with a
//! Python traceback is explained instead.

mod budget;
mod draw;
mod error;
#[cfg(test)]
mod golden;
mod limits;
mod seed;
mod slip;
#[cfg(test)]
mod tests;
mod token;

pub(super) use budget::Budget;
pub(super) use draw::Draw;
pub use error::NotationError;
pub(super) use error::Problem;
pub use limits::{MAX_INSTRUCTIONS, MAX_IO_LENGTH, MAX_PROCESSES};
pub use seed::{Seed, parse_io_length};
pub use slip::advice;
pub(super) use token::Token;

use super::python;
use super::python::NotAnInteger;
use super::quote::quoted;
use super::{Instruction, ProcessSpec, Program, Workload};
use num_bigint::Sign;
use std::fmt;

/// A part of `-P` that has no effect, for the caller to warn of. Its display is that warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The instruction as it was written, `i7`.
    pub token: String,
    /// The book's process id of its process: 0 for the first.
    pub process: usize,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = quoted(&self.token);
        write!(
            f,
            "{token}: what follows the i is ignored, as process-run.py does; the length of every \
             I/O is set with -L (process {})",
            self.process
        )
    }
}

/// Reads what `-P` takes: programs separated by `:`, their instructions by `,`.
///
/// `cN` computes for `N` ticks (for none if `N` is below 1), `i` issues an I/O and handles its
/// completion. What follows the `i` has no effect and is reported. White space around an instruction
/// is no part of it, as none is of a number of `-l`.
pub fn programs(text: &str) -> Result<(Workload, Vec<Ignored>), NotationError> {
    let mut budget = Budget::new();
    let mut processes = Vec::new();
    let mut ignored = Vec::new();
    for token in Token::whole(text).split(':').map(Token::trim) {
        budget.take_process(token)?;
        let (program, operands) = read_program(token, &mut budget)?;
        ignored.extend(operands.into_iter().map(|operand| Ignored {
            token: operand.text.to_owned(),
            process: processes.len(),
        }));
        processes.push(unnamed(token, program));
    }
    Ok((from_command_line(processes, None), ignored))
}

/// Reads what `-l` takes: an `X:Y` for every process, separated by `,`, and draws the programs.
///
/// A process draws `X` times (not at all if `X` is below 1), with a chance of `Y` percent for a
/// computation and otherwise an I/O. One sequence of random numbers serves all processes in order,
/// so that the programs are those of `process-run.py`.
///
/// # Errors
///
/// When something else stands there, or when the workload exceeds [`MAX_PROCESSES`] or may exceed
/// [`MAX_INSTRUCTIONS`]: a draw that can be an I/O counts as two.
pub fn process_list(text: &str, seed: &Seed) -> Result<Workload, NotationError> {
    let mut budget = Budget::new();
    let draws = Token::whole(text)
        .split(',')
        .map(Token::trim)
        .map(|token| {
            budget.take_process(token)?;
            Ok((token, Draw::parse(token, &mut budget)?))
        })
        .collect::<Result<Vec<_>, NotationError>>()?;
    let mut generator = seed.generator();
    let processes = draws
        .into_iter()
        .map(|(token, draw)| unnamed(token, draw.program(&mut generator)))
        .collect();
    Ok(from_command_line(processes, Some(seed)))
}

/// Reads one program, `c2,i,c1`. Stricter than [`programs`]: nothing may follow an `i`.
pub fn program(text: &str) -> Result<Program, NotationError> {
    strict_program(text, &mut Budget::new())
}

/// As [`program`], as one of the programs of a workload.
pub(super) fn strict_program(text: &str, budget: &mut Budget) -> Result<Program, NotationError> {
    let (program, operands) = read_program(Token::whole(text), budget)?;
    match operands.first() {
        Some(&token) => Err(NotationError::new(Problem::IoWithOperand, token)),
        None => Ok(program),
    }
}

impl Program {
    /// The program in the notation that [`program`] reads: `c2,i,c1`, and `c0` for an empty one.
    pub fn notation(&self) -> String {
        let runs = self
            .0
            .chunk_by(|a, b| (a, b) == (&Instruction::Cpu, &Instruction::Cpu));
        let parts: Vec<String> = runs
            .filter_map(|run| match run[0] {
                Instruction::Cpu => Some(format!("c{}", run.len())),
                Instruction::Io => Some("i".to_owned()),
                // Where a dialect has it, it follows every I/O, so the i says it.
                Instruction::IoDone => None,
            })
            .collect();
        if parts.is_empty() {
            "c0".to_owned()
        } else {
            parts.join(",")
        }
    }
}

/// Reads one program, and gives with it each `i` that something follows.
fn read_program<'a>(
    text: Token<'a>,
    budget: &mut Budget,
) -> Result<(Program, Vec<Token<'a>>), NotationError> {
    let mut instructions = Vec::new();
    let mut operands = Vec::new();
    for token in text.split(',').map(Token::trim) {
        match token.text.chars().next() {
            Some('c') => {
                let ticks = Token {
                    text: &token.text[1..],
                    start: token.start + 1,
                };
                let ticks = count(ticks)
                    .map_err(|why| NotationError::new(why.or(Problem::NotACompute), token))?;
                let ticks = budget.take_instructions(ticks, token)?;
                instructions.resize(instructions.len() + ticks, Instruction::Cpu);
            }
            Some('i') => {
                budget.take_instructions(2, token)?;
                instructions.extend([Instruction::Io, Instruction::IoDone]);
                if token.text != "i" {
                    operands.push(token);
                }
            }
            Some(_) => return Err(NotationError::new(Problem::NotAnInstruction, token)),
            None => return Err(NotationError::new(Problem::MissingInstruction, token)),
        }
    }
    Ok((Program(instructions), operands))
}

/// Reads how many there are to be: 0 for what is below 0, and `u64::MAX` for what is above it.
fn count(token: Token<'_>) -> Result<u64, NotAnInteger> {
    let value = python::int(token.text)?;
    Ok(match value.sign() {
        Sign::Minus => 0,
        Sign::NoSign | Sign::Plus => u64::try_from(value).unwrap_or(u64::MAX),
    })
}

fn unnamed(token: Token<'_>, program: Program) -> ProcessSpec {
    ProcessSpec {
        name: None,
        given: token.text.to_owned(),
        program,
    }
}

fn from_command_line(processes: Vec<ProcessSpec>, seed: Option<&Seed>) -> Workload {
    Workload {
        name: None,
        description: None,
        seed: seed.map(Seed::to_string),
        processes,
    }
}
