//! The loop that drives a machine as the scheduler decides. It is the same for every machine.

use std::convert::Infallible;
use std::io;
use std::task::{Context, Poll, Waker};

use super::{Machine, MeasuredTick, Paper};
use crate::scheduler::{Decision, ProcessTable, Scheduler, Tick, Transition};
use crate::workload::Instruction;

/// A tick as it is told to a [`Witness`]: who was where while it passed.
pub struct TickSeen<'a> {
    pub tick: Tick,
    /// Whether an I/O completed right before it.
    pub io_completed: bool,
    /// The process table during the tick.
    pub table: &'a ProcessTable,
    /// What the running process executed in it.
    pub executed: Option<Instruction>,
    /// I/Os the device was working on throughout the tick.
    pub ios_in_flight: usize,
    /// `None` on paper.
    pub measured: Option<&'a MeasuredTick>,
}

/// Somebody who is told what happens: writes it down, prints it, counts it.
pub trait Witness {
    /// # Errors
    /// Where the witness writes to something that fails; the run ends.
    fn decided(&mut self, decision: &Decision) -> io::Result<()>;

    /// Told when everything is decided about the tick that is about to begin.
    ///
    /// # Errors
    /// As [`Witness::decided`].
    fn tick_begins(&mut self, _: Tick) -> io::Result<()> {
        Ok(())
    }

    /// Told after the tick and before the decisions at its end.
    ///
    /// # Errors
    /// As [`Witness::decided`].
    fn tick_ended(&mut self, seen: &TickSeen<'_>) -> io::Result<()>;
}

impl<W: Witness> Witness for &mut W {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        (**self).decided(decision)
    }

    fn tick_begins(&mut self, tick: Tick) -> io::Result<()> {
        (**self).tick_begins(tick)
    }

    fn tick_ended(&mut self, seen: &TickSeen<'_>) -> io::Result<()> {
        (**self).tick_ended(seen)
    }
}

/// A witness who may be missing.
impl<W: Witness> Witness for Option<W> {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        self.as_mut()
            .map_or(Ok(()), |witness| witness.decided(decision))
    }

    fn tick_begins(&mut self, tick: Tick) -> io::Result<()> {
        self.as_mut()
            .map_or(Ok(()), |witness| witness.tick_begins(tick))
    }

    fn tick_ended(&mut self, seen: &TickSeen<'_>) -> io::Result<()> {
        self.as_mut()
            .map_or(Ok(()), |witness| witness.tick_ended(seen))
    }
}

/// A witness who looks away.
pub struct Nobody;

impl Witness for Nobody {
    fn decided(&mut self, _: &Decision) -> io::Result<()> {
        Ok(())
    }

    fn tick_ended(&mut self, _: &TickSeen<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// A witness who has seen enough after so many ticks.
pub struct Until(pub u64);

impl Witness for Until {
    fn decided(&mut self, _: &Decision) -> io::Result<()> {
        Ok(())
    }

    fn tick_ended(&mut self, seen: &TickSeen<'_>) -> io::Result<()> {
        if seen.tick.0 < self.0 {
            Ok(())
        } else {
            Err(io::ErrorKind::Interrupted.into())
        }
    }
}

/// Two witnesses are one.
impl<A: Witness, B: Witness> Witness for (A, B) {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        self.0.decided(decision)?;
        self.1.decided(decision)
    }

    fn tick_begins(&mut self, tick: Tick) -> io::Result<()> {
        self.0.tick_begins(tick)?;
        self.1.tick_begins(tick)
    }

    fn tick_ended(&mut self, seen: &TickSeen<'_>) -> io::Result<()> {
        self.0.tick_ended(seen)?;
        self.1.tick_ended(seen)
    }
}

/// What ends a run before its processes do.
#[derive(Debug)]
pub enum Stopped<E> {
    Machine(E),
    Witness(io::Error),
}

/// Runs the machine's processes to their end.
///
/// # Errors
/// When the machine or the witness fails; how far it came, the witness knows.
pub async fn supervise<M: Machine>(
    scheduler: &mut Scheduler,
    machine: &mut M,
    witness: &mut impl Witness,
) -> Result<(), Stopped<M::Error>> {
    let mut hands = Hands {
        decisions: Vec::new(),
    };
    for instructions in machine.processes() {
        scheduler.admit(instructions);
    }
    scheduler.start();

    let mut tick = Tick(0);
    while scheduler.has_active() {
        tick = tick.next();
        let completed = machine.completed_ios(tick);
        for &process in &completed {
            scheduler.io_completed(process);
        }
        hands.carry_out(tick, scheduler, machine, witness)?;

        witness.tick_begins(tick).map_err(Stopped::Witness)?;
        let ios_in_flight = machine.ios_in_flight();
        let running = scheduler.table().running();
        let passed = machine
            .tick(tick, running)
            .await
            .map_err(Stopped::Machine)?;

        let seen = TickSeen {
            tick,
            io_completed: !completed.is_empty(),
            table: scheduler.table(),
            executed: passed.retired.map(|retired| retired.instruction),
            ios_in_flight,
            measured: passed.measured.as_ref(),
        };
        witness.tick_ended(&seen).map_err(Stopped::Witness)?;

        scheduler.tick_ended(tick, passed.retired);
        for process in passed.died {
            scheduler.died(process);
        }
        hands.carry_out(tick.next(), scheduler, machine, witness)?;
    }
    scheduler.finish();
    hands.carry_out(tick.next(), scheduler, machine, witness)
}

/// Runs a machine on paper to its end.
///
/// # Errors
/// When the witness fails.
pub fn on_paper(
    scheduler: &mut Scheduler,
    machine: &mut Paper<'_>,
    witness: &mut impl Witness,
) -> Result<(), Stopped<Infallible>> {
    let run = std::pin::pin!(supervise(scheduler, machine, witness));
    match run.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("on paper there is nothing to wait for"),
    }
}

/// Carries decisions from the scheduler to the machine.
struct Hands {
    decisions: Vec<Decision>,
}

impl Hands {
    /// `tick`: the next to begin.
    fn carry_out<M: Machine>(
        &mut self,
        tick: Tick,
        scheduler: &mut Scheduler,
        machine: &mut M,
        witness: &mut impl Witness,
    ) -> Result<(), Stopped<M::Error>> {
        scheduler.take_decisions(&mut self.decisions);
        for decision in &self.decisions {
            match decision.transition {
                None | Some(Transition::Admit(_)) => Ok(()),
                Some(Transition::Dispatch(process)) => machine.dispatch(process),
                Some(Transition::Deschedule(process)) => machine.deschedule(process),
                Some(Transition::Block(process)) => machine.block(process, tick),
                Some(Transition::CompleteIo(process)) => machine.complete_io(process),
                Some(Transition::Exit(process)) => machine.exit(process),
                Some(Transition::Reap(process)) => machine.reap(process),
            }
            .map_err(Stopped::Machine)?;
            witness.decided(decision).map_err(Stopped::Witness)?;
        }
        Ok(())
    }
}
