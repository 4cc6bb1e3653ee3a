//! The machine of a simulation: virtual time, in which every verb happens at once and nothing fails.

use std::convert::Infallible;
use std::io;
use std::task::{Context, Poll, Waker};

use super::{Device, Machine, Observer, Stopped, TickOutcome, supervise};
use crate::scheduler::{ProcId, Retired, Scheduler, Tick};
use crate::workload::{Instruction, Workload};

/// Executes programs in virtual time.
pub struct Simulator<'a> {
    /// What each process has left to execute.
    left: Vec<&'a [Instruction]>,
}

impl<'a> Simulator<'a> {
    pub fn new(workload: &'a Workload) -> Self {
        let programs = workload.processes.iter();
        let left = programs.map(|spec| spec.program.instructions());
        Self {
            left: left.collect(),
        }
    }

    fn execute(&mut self, process: ProcId) -> Option<Retired> {
        let left = &mut self.left[process.index()];
        let (&instruction, rest) = left.split_first()?;
        *left = rest;
        Some(Retired {
            instruction,
            remaining: rest.len() as u64,
        })
    }
}

impl Machine for Simulator<'_> {
    type Error = Infallible;

    fn instructions(&self) -> Vec<u64> {
        self.left.iter().map(|left| left.len() as u64).collect()
    }

    async fn tick(&mut self, _: Tick, running: Option<ProcId>) -> Result<TickOutcome, Infallible> {
        let retired = running.and_then(|process| self.execute(process));
        Ok(TickOutcome {
            retired,
            ..TickOutcome::default()
        })
    }
}

/// Runs a workload in virtual time, to its end or to the observer's first error.
pub fn simulate(
    workload: &Workload,
    device: Device,
    scheduler: &mut Scheduler,
    observer: &mut impl Observer,
) -> io::Result<()> {
    let mut machine = Simulator::new(workload);
    match at_once(supervise(scheduler, &mut machine, device, observer)) {
        Ok(()) => Ok(()),
        Err(Stopped::Observer(error)) => Err(error),
        Err(Stopped::Machine(never)) => match never {},
    }
}

/// What comes of something that waits for nothing.
pub(super) fn at_once<T>(run: impl Future<Output = T>) -> T {
    match std::pin::pin!(run).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("virtual time passes at once"),
    }
}
