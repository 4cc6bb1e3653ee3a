//! What was to run, as a trace tells it.

use serde::{Deserialize, Serialize};

use crate::workload::{Instruction, ProcessSpec, Workload};

/// What was to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadRecord {
    /// From a workload file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// From a workload file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The seed of the random programs, as written; absent when nothing was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// In the order of the book's ids.
    pub processes: Vec<ProgramRecord>,
}

/// The program of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramRecord {
    /// From a workload file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// As it was given: `c2,i,c1` or `3:50`.
    pub given: String,
    /// What came of it, in the order of execution.
    pub instructions: Vec<Instruction>,
}

impl From<&Workload> for WorkloadRecord {
    fn from(workload: &Workload) -> Self {
        let program = |spec: &ProcessSpec| ProgramRecord {
            name: spec.name.clone(),
            given: spec.given.clone(),
            instructions: spec.program.instructions().to_vec(),
        };
        Self {
            name: workload.name.clone(),
            description: workload.description.clone(),
            seed: workload.seed.clone(),
            processes: workload.processes.iter().map(program).collect(),
        }
    }
}

impl WorkloadRecord {
    /// The book's id of a process, and the name a workload file gives it: `P0 editor`.
    #[must_use]
    pub fn title(&self, process: usize) -> String {
        let program = self.processes.get(process);
        match program.and_then(|program| program.name.as_deref()) {
            Some(name) => format!("P{process} {name}"),
            None => format!("P{process}"),
        }
    }

    /// What it was made from.
    #[must_use]
    pub fn workload(&self) -> Workload {
        let processes = self.processes.iter().map(|process| ProcessSpec {
            name: process.name.clone(),
            given: process.given.clone(),
            program: process.instructions.iter().copied().collect(),
        });
        Workload {
            name: self.name.clone(),
            description: self.description.clone(),
            seed: self.seed.clone(),
            processes: processes.collect(),
        }
    }
}
