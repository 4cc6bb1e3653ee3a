//! The machine on paper: virtual time, in which every verb happens at once and nothing fails.

use std::convert::Infallible;

use super::{Device, Machine, TickOutcome};
use crate::scheduler::{ProcId, Retired, Tick};
use crate::workload::{Instruction, Workload};

/// Executes programs in virtual time.
pub struct Simulator<'a> {
    programs: Vec<&'a [Instruction]>,
    /// How many instructions each process has executed: its program counter.
    executed: Vec<usize>,
    device: Device,
}

impl<'a> Simulator<'a> {
    /// `blocked_ticks`: ticks an I/O takes after the one that issued it.
    #[must_use]
    pub fn new(workload: &'a Workload, blocked_ticks: u64) -> Self {
        let programs: Vec<_> = workload
            .processes
            .iter()
            .map(|spec| spec.program.instructions())
            .collect();
        Self {
            executed: vec![0; programs.len()],
            programs,
            device: Device::new(blocked_ticks),
        }
    }

    fn execute(&mut self, process: ProcId) -> Option<Retired> {
        let program = self.programs[process.index()];
        let counter = &mut self.executed[process.index()];
        let instruction = *program.get(*counter)?;
        *counter += 1;
        Some(Retired {
            instruction,
            remaining: (program.len() - *counter) as u64,
        })
    }
}

impl Machine for Simulator<'_> {
    type Error = Infallible;

    fn processes(&self) -> Vec<u64> {
        self.programs
            .iter()
            .map(|program| program.len() as u64)
            .collect()
    }

    fn completed_ios(&mut self, tick: Tick) -> Vec<ProcId> {
        self.device.completed(tick)
    }

    fn ios_in_flight(&self) -> usize {
        self.device.in_flight()
    }

    fn dispatch(&mut self, _: ProcId) -> Result<(), Infallible> {
        Ok(())
    }

    fn deschedule(&mut self, _: ProcId) -> Result<(), Infallible> {
        Ok(())
    }

    fn block(&mut self, process: ProcId, tick: Tick) -> Result<(), Infallible> {
        self.device.request(process, tick);
        Ok(())
    }

    fn complete_io(&mut self, _: ProcId) -> Result<(), Infallible> {
        Ok(())
    }

    fn exit(&mut self, _: ProcId) -> Result<(), Infallible> {
        Ok(())
    }

    fn reap(&mut self, _: ProcId) -> Result<(), Infallible> {
        Ok(())
    }

    async fn tick(&mut self, _: Tick, running: Option<ProcId>) -> Result<TickOutcome, Infallible> {
        let retired = running.and_then(|process| self.execute(process));
        Ok(TickOutcome {
            retired,
            ..TickOutcome::default()
        })
    }
}
