//! A question and its right answer.

use crate::scheduler::{Decision, ProcId, Reason, State, Tick, Transition};
use crate::trace::{PolicyRecord, TickAccounting, TickRecord, record, tick_accounting};
use crate::workload::Workload;

/// More ticks than these are tedious to predict.
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
    pub counted: TickAccounting,
    /// Who got the CPU and why, or why nothing changed.
    decisions: Vec<Decision>,
}

/// Who has the CPU in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// `None`: the CPU is idle.
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
        let about_the_cpu = |decision: &Decision| {
            matches!(decision.transition, None | Some(Transition::Dispatch(_)))
        };
        let decisions = solution.decisions.into_iter();
        Ok(Self {
            decisions: decisions.filter(about_the_cpu).collect(),
            ticks: solution.ticks,
            counted: tick_accounting(&workload, &policy, MAX_TICKS),
            workload,
            policy,
        })
    }

    /// Who has the CPU in each tick.
    pub fn turns(&self) -> Vec<Turn> {
        turns(&self.ticks)
    }

    /// The state of a process in a tick; `None` after the last.
    pub fn state(&self, process: ProcId, tick: u64) -> Option<State> {
        let index = usize::try_from(tick.checked_sub(1)?).ok()?;
        let cell = self.ticks.get(index)?.processes.get(process.index())?;
        Some(cell.state)
    }

    /// Why the CPU is with the process that has it in a tick; `None` where nothing was decided before it. Who
    /// got it last says more than who was left with it.
    pub fn why(&self, tick: u64) -> Option<Reason> {
        let decided = self.decisions.iter().filter(|one| one.tick == Tick(tick));
        let last = decided.max_by_key(|one| one.transition.is_some());
        last.map(|decision| decision.reason)
    }
}

/// Who has the CPU in each of these ticks.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::{PolicySpec, Reap, ReasonKind};
    use crate::workload::dialect::Dialect;
    use crate::workload::notation::programs;

    #[test]
    fn the_reason_of_a_tick_is_who_got_the_cpu_before_who_kept_it() {
        let policy = PolicyRecord {
            spec: PolicySpec::default(),
            io_length: 2,
            dialect: Dialect::Current,
            reap: Reap::Now,
        };
        // P1 exits, P2 gets the CPU, and P0's I/O completes, all before tick 4.
        let workload = programs("i:c2:c2").unwrap().0;
        let question = Question::new(workload, policy).unwrap();
        assert!(question.ticks[3].io_completed);
        let why = question.why(4).map(ReasonKind::from);
        assert_eq!(why, Some(ReasonKind::NextAfterExit));
        assert_eq!(question.why(3), None);
    }

    #[test]
    fn a_workload_without_end_is_too_long() {
        let policy = PolicyRecord {
            spec: PolicySpec::default(),
            io_length: u64::MAX,
            dialect: Dialect::Current,
            reap: Reap::Now,
        };
        let workload = programs("i").unwrap().0;
        assert_eq!(Question::new(workload, policy).err(), Some(TooLong));
    }
}
