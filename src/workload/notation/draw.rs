//! Programs drawn at random: the `X:Y` of `-l`.

use super::budget::Budget;
use super::count;
use super::error::{NotationError, Problem};
use super::token::Token;
use crate::workload::python;
use crate::workload::python::PythonRandom;
use crate::workload::{Instruction, Program};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::workload) struct Draw {
    /// How many times to draw: a computation, or an I/O and its completion.
    draws: u64,
    /// The chance of a computation; below 0 is as 0, above 1 is as 1.
    chance_of_cpu: f64,
}

impl Draw {
    /// Reads an `X:Y`, and takes what it may draw at most from the budget.
    ///
    /// As in `process-run.py` an `X` below 0 draws nothing, and `Y` may be beyond 0 to 100.
    pub(in crate::workload) fn parse(
        token: Token<'_>,
        budget: &mut Budget,
    ) -> Result<Self, NotationError> {
        let (draws, percent) = token
            .split_in_two(':')
            .ok_or_else(|| NotationError::new(Problem::NotADraw, token))?;
        let draws =
            count(draws).map_err(|why| NotationError::new(why.or(Problem::NotACount), draws))?;
        let percent = python::float(percent.text)
            .ok_or_else(|| NotationError::new(Problem::NotAPercentage, percent))?;
        let chance_of_cpu = percent / 100.0;
        // A draw that can be an I/O is taken for one, so that drawing needs no check.
        let per_draw = if chance_of_cpu >= 1.0 { 1 } else { 2 };
        budget.take_instructions(draws.saturating_mul(per_draw), token)?;
        Ok(Self {
            draws,
            chance_of_cpu,
        })
    }

    /// Draws the program: one random number for each computation or I/O.
    pub(in crate::workload) fn program(self, generator: &mut PythonRandom) -> Program {
        let mut instructions = Vec::new();
        for _ in 0..self.draws {
            if generator.random() < self.chance_of_cpu {
                instructions.push(Instruction::Cpu);
            } else {
                instructions.extend([Instruction::Io, Instruction::IoDone]);
            }
        }
        Program(instructions)
    }
}
