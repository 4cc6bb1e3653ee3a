//! The version of `process-run.py` that a workload follows. Answers in circulation follow either.
//!
//! A dialect is a small value beside the policies. It says what an `i` of a program stands for and
//! how long it keeps its process blocked; the scheduler and the machines know nothing of it.

use super::policy::PolicyError;
use super::{Instruction, Program, Workload};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// That of today: a process spends a tick on the completion of its I/O (`io_done`), and
    /// the I/O takes its length after the tick that issues it.
    #[default]
    Current,
    /// That of the book's 2019 edition: there is no `io_done`, and the tick that issues an I/O is
    /// the first of its length.
    Classic,
}

impl Dialect {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Current, Self::Classic];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Classic => "classic",
        }
    }

    /// What an `i` makes a process execute.
    pub const fn io(self) -> &'static [Instruction] {
        match self {
            Self::Current => &[Instruction::Io, Instruction::IoDone],
            Self::Classic => &[Instruction::Io],
        }
    }

    /// Ticks an I/O of length `io_length` keeps its process blocked, after the tick that issues it.
    pub const fn blocked_ticks(self, io_length: u64) -> u64 {
        match self {
            Self::Current => io_length,
            Self::Classic => io_length.saturating_sub(1),
        }
    }

    /// Whether an I/O of this length comes to its end. The classic version never notices one that
    /// is complete in the very tick that issues it.
    pub const fn completes(self, io_length: u64) -> bool {
        !matches!((self, io_length), (Self::Classic, 0))
    }

    /// The word it prints for a process that waits for its I/O.
    pub const fn blocked_name(self) -> &'static str {
        match self {
            Self::Current => "BLOCKED",
            Self::Classic => "WAITING",
        }
    }

    /// Characters in each column it prints.
    pub const fn column_width(self) -> usize {
        match self {
            Self::Current => 14,
            Self::Classic => 10,
        }
    }
}

impl FromStr for Dialect {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.name() == text)
            .ok_or_else(|| PolicyError::new(text, "a dialect", Self::ALL.map(Self::name)))
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Program {
    /// The same program as this version writes it down.
    pub fn in_dialect(self, dialect: Dialect) -> Self {
        let handles_completions = self.0.contains(&Instruction::IoDone);
        let is_to = dialect.io().contains(&Instruction::IoDone);
        if handles_completions == is_to || !self.0.contains(&Instruction::Io) {
            return self;
        }
        let translate = |instruction| match instruction {
            Instruction::Cpu => &[Instruction::Cpu][..],
            Instruction::Io => dialect.io(),
            Instruction::IoDone => &[],
        };
        self.0.into_iter().flat_map(translate).copied().collect()
    }
}

impl Workload {
    pub fn in_dialect(mut self, dialect: Dialect) -> Self {
        for process in &mut self.processes {
            process.program = std::mem::take(&mut process.program).in_dialect(dialect);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::notation;

    #[test]
    fn a_dialect_reads_back_from_its_name_as_text_and_as_json() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
            let json = serde_json::to_string(&dialect).unwrap();
            assert_eq!(json, format!("\"{dialect}\""));
            assert_eq!(serde_json::from_str::<Dialect>(&json).unwrap(), dialect);
        }
        assert_eq!(
            "2019".parse::<Dialect>().unwrap_err().to_string(),
            "'2019' is not a dialect: expected current or classic"
        );
    }

    #[test]
    fn a_program_is_the_same_after_it_has_been_to_the_other_dialect_and_back() {
        let program = notation::program("i,c2,i,i,c1,i").unwrap();
        let classic = program.clone().in_dialect(Dialect::Classic);
        assert_eq!((program.len(), classic.len()), (11, 7));
        assert_eq!(classic.notation(), program.notation());
        assert_eq!(classic.in_dialect(Dialect::Current), program);
    }

    #[test]
    fn in_the_classic_dialect_the_tick_that_issues_an_io_is_part_of_it() {
        assert_eq!(Dialect::Current.blocked_ticks(5), 5);
        assert_eq!(Dialect::Classic.blocked_ticks(5), 4);
        assert_eq!(Dialect::Classic.blocked_ticks(1), 0);
        let shortest = |dialect: Dialect| (0..9).find(|&length| dialect.completes(length));
        assert!(shortest(Dialect::Current) < shortest(Dialect::Classic));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = text.parse::<Dialect>();
        }
    }
}
