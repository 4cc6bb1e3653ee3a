//! What is to run: processes, each a program of instructions.
//!
//! A [`Workload`] comes from the notations of OSTEP's `process-run.py` (`-P c7,i,c1` and
//! `-l 5:100`, see [`notation`]) or from a TOML file (see [`mod@file`]). It knows nothing of
//! scheduling, of machines or of time, except for the words in which a file asks for them
//! (see [`policy`], [`dialect`] and [`duration`]). Knows no other room.

pub mod dialect;
pub mod duration;
pub mod file;
pub mod notation;
pub mod policy;
mod python;
pub(crate) mod quote;
pub mod typographic;

use std::fmt;

/// What a process does with one tick of the CPU (OSTEP chapter 4, `process-run.py`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instruction {
    Cpu,
    /// Spends one tick on issuing an I/O, then blocks until the device answers.
    Io,
    /// Spends one tick on handling the completion of the I/O just before it.
    IoDone,
}

impl Instruction {
    /// The name `process-run.py` prints for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Io => "io",
            Self::IoDone => "io_done",
        }
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The instructions of one process, in the order it executes them. May be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Program(Vec<Instruction>);

impl Program {
    /// The instructions, first to last. Each [`Instruction::Io`] is followed by its
    /// [`Instruction::IoDone`], unless the dialect has none.
    pub fn instructions(&self) -> &[Instruction] {
        &self.0
    }

    /// How many instructions, which is how many ticks of the CPU it needs.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Instruction> for Program {
    fn from_iter<I: IntoIterator<Item = Instruction>>(instructions: I) -> Self {
        Self(instructions.into_iter().collect())
    }
}

/// One process to be created.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProcessSpec {
    /// The name a workload file gives it; `None` from the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What was written for it: `c2,i,c1` or `3:50`.
    pub given: String,
    /// What it executes.
    #[serde(rename = "instructions")]
    pub program: Program,
}

/// Everything that is to run, in the order of the book's process ids (0, 1, 2 …). So written
/// in a trace.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Workload {
    /// A workload file's `name`; `None` from the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A workload file's `description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The seed that drew the random programs, as it was written; `None` when nothing was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// At least one process.
    pub processes: Vec<ProcessSpec>,
}

impl Workload {
    /// The book's id of a process, and the name a workload file gives it: `P0 editor`.
    pub fn title(&self, process: usize) -> String {
        let program = self.processes.get(process);
        match program.and_then(|program| program.name.as_deref()) {
            Some(name) => format!("P{process} {name}"),
            None => format!("P{process}"),
        }
    }

    pub fn has_io(&self) -> bool {
        let programs = self
            .processes
            .iter()
            .map(|spec| spec.program.instructions());
        programs
            .flatten()
            .any(|&instruction| instruction == Instruction::Io)
    }
}
