//! The loop that drives a machine as the scheduler decides. It is the same for every machine.

use std::convert::Infallible;
use std::io;
use std::task::{Context, Poll, Waker};

use super::{Machine, MeasuredTick, Simulator};
use crate::scheduler::{Decision, ProcessTable, Scheduler, Tick, Transition};
use crate::workload::Instruction;

/// A tick as it is told to a [`Observer`]: who was where while it passed.
pub struct TickSnapshot<'a> {
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
pub trait Observer {
    /// # Errors
    /// Where the observer writes to something that fails; the run ends.
    fn decided(&mut self, decision: &Decision) -> io::Result<()>;

    /// Told when everything is decided about the tick that is about to begin.
    ///
    /// # Errors
    /// As [`Observer::decided`].
    fn tick_begins(&mut self, _: Tick) -> io::Result<()> {
        Ok(())
    }

    /// Told after the tick and before the decisions at its end.
    ///
    /// # Errors
    /// As [`Observer::decided`].
    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()>;
}

impl<W: Observer> Observer for &mut W {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        (**self).decided(decision)
    }

    fn tick_begins(&mut self, tick: Tick) -> io::Result<()> {
        (**self).tick_begins(tick)
    }

    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        (**self).tick_ended(seen)
    }
}

/// An observer who may be missing.
impl<W: Observer> Observer for Option<W> {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        self.as_mut()
            .map_or(Ok(()), |observer| observer.decided(decision))
    }

    fn tick_begins(&mut self, tick: Tick) -> io::Result<()> {
        self.as_mut()
            .map_or(Ok(()), |observer| observer.tick_begins(tick))
    }

    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        self.as_mut()
            .map_or(Ok(()), |observer| observer.tick_ended(seen))
    }
}

/// An observer who looks away.
pub struct Nobody;

impl Observer for Nobody {
    fn decided(&mut self, _: &Decision) -> io::Result<()> {
        Ok(())
    }

    fn tick_ended(&mut self, _: &TickSnapshot<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// An observer who has seen enough after so many ticks.
pub struct StopAfter(pub u64);

impl Observer for StopAfter {
    fn decided(&mut self, _: &Decision) -> io::Result<()> {
        Ok(())
    }

    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        if seen.tick.0 < self.0 {
            Ok(())
        } else {
            Err(io::ErrorKind::Interrupted.into())
        }
    }
}

/// Two observers are one.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        self.0.decided(decision)?;
        self.1.decided(decision)
    }

    fn tick_begins(&mut self, tick: Tick) -> io::Result<()> {
        self.0.tick_begins(tick)?;
        self.1.tick_begins(tick)
    }

    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        self.0.tick_ended(seen)?;
        self.1.tick_ended(seen)
    }
}

/// What ends a run before its processes do.
#[derive(Debug)]
pub enum Stopped<E> {
    Machine(E),
    Observer(io::Error),
}

/// Runs the machine's processes to their end.
///
/// # Errors
/// When the machine or the observer fails; how far it came, the observer knows.
pub async fn supervise<M: Machine>(
    scheduler: &mut Scheduler,
    machine: &mut M,
    observer: &mut impl Observer,
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
        hands.carry_out(tick, scheduler, machine, observer)?;

        observer.tick_begins(tick).map_err(Stopped::Observer)?;
        let ios_in_flight = machine.ios_in_flight();
        let running = scheduler.table().running();
        let passed = machine
            .tick(tick, running)
            .await
            .map_err(Stopped::Machine)?;

        let seen = TickSnapshot {
            tick,
            io_completed: !completed.is_empty(),
            table: scheduler.table(),
            executed: passed.retired.map(|retired| retired.instruction),
            ios_in_flight,
            measured: passed.measured.as_ref(),
        };
        observer.tick_ended(&seen).map_err(Stopped::Observer)?;

        scheduler.tick_ended(tick, passed.retired);
        for process in passed.died {
            scheduler.died(process);
        }
        hands.carry_out(tick.next(), scheduler, machine, observer)?;
    }
    scheduler.finish();
    hands.carry_out(tick.next(), scheduler, machine, observer)
}

/// Runs a machine on paper to its end.
///
/// # Errors
/// When the observer fails.
pub fn on_paper(
    scheduler: &mut Scheduler,
    machine: &mut Simulator<'_>,
    observer: &mut impl Observer,
) -> Result<(), Stopped<Infallible>> {
    let run = std::pin::pin!(supervise(scheduler, machine, observer));
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
        observer: &mut impl Observer,
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
            observer.decided(decision).map_err(Stopped::Observer)?;
        }
        Ok(())
    }
}
