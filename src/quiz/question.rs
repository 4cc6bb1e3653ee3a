//! A question and its right answer.

use crate::scheduler::{ProcId, State};
use crate::trace::{PolicyRecord, Reckoning, TickRecord, reckon, record};
use crate::workload::Workload;

/// Nobody wants to predict more ticks than these.
pub const MAX_TICKS: u64 = 200;

/// A workload that takes more ticks than [`MAX_TICKS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this workload takes more than {MAX_TICKS} ticks, too many to predict: choose a shorter one"
)]
pub struct TooLong;

/// What is to be predicted, solved.
#[derive(Clone, Debug)]
pub struct Question {
    pub workload: Workload,
    pub policy: PolicyRecord,
    /// The right answer.
    pub ticks: Vec<TickRecord>,
    /// Which of its ticks the statistics count.
    pub counted: Reckoning,
    /// The reasons worth telling, each with the tick it took effect in.
    reasons: Vec<(u64, String)>,
}

/// Who has the CPU in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// `None`: nobody.
    pub holder: Option<ProcId>,
    /// Whether an instruction is executed. A process with nothing left to execute may hold the CPU
    /// for a tick in which nothing is.
    pub executes: bool,
}

impl Question {
    /// Solves it.
    ///
    /// # Errors
    /// When it takes too many ticks.
    pub fn new(workload: Workload, policy: PolicyRecord) -> Result<Self, TooLong> {
        let solution = record(&workload, &policy, MAX_TICKS + 1);
        if solution.ticks.len() as u64 > MAX_TICKS {
            return Err(TooLong);
        }
        let told = solution.decisions.iter();
        let told = told.filter(|decision| decision.is_worth_telling());
        Ok(Self {
            reasons: told
                .map(|decision| (decision.tick.0, decision.reason.to_string()))
                .collect(),
            ticks: solution.ticks,
            counted: reckon(&workload, &policy, MAX_TICKS),
            workload,
            policy,
        })
    }

    /// Who has the CPU in each tick.
    #[must_use]
    pub fn turns(&self) -> Vec<Turn> {
        turns(&self.ticks)
    }

    /// The state of a process in a tick; `None` after the last.
    #[must_use]
    pub fn state(&self, process: ProcId, tick: u64) -> Option<State> {
        let index = usize::try_from(tick.checked_sub(1)?).ok()?;
        let cell = self.ticks.get(index)?.processes.get(process.index())?;
        Some(cell.state)
    }

    /// Why the CPU went to whoever has it in a tick; `None` where nothing was decided before it.
    #[must_use]
    pub fn why(&self, tick: u64) -> Option<&str> {
        // A process that is waited for has nothing to do with the CPU.
        let reasons = self.reasons.iter().filter(|(at, _)| *at == tick);
        let mut reasons = reasons.filter(|(_, why)| !why.ends_with("it is waited for"));
        reasons.next_back().map(|(_, why)| why.as_str())
    }
}

/// Who has the CPU in each of these ticks.
#[must_use]
pub fn turns(ticks: &[TickRecord]) -> Vec<Turn> {
    ticks.iter().map(turn).collect()
}

fn turn(tick: &TickRecord) -> Turn {
    let cells = (0..).map(ProcId).zip(&tick.processes);
    let mut running = cells.filter(|(_, cell)| cell.state == State::Running);
    running.next().map_or(
        Turn {
            holder: None,
            executes: false,
        },
        |(process, cell)| Turn {
            holder: Some(process),
            executes: cell.instruction.is_some(),
        },
    )
}
