//! What the loop tells of a run while it goes on.

use std::io;

use super::MeasuredTick;
use crate::scheduler::{Decision, ProcessTable, Tick};
use crate::workload::Instruction;

/// One tick: where each process was while it passed.
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
    /// `None` in a simulation.
    pub measured: Option<&'a MeasuredTick>,
}

/// Is told what happens, and records, prints or counts it. An error ends the run.
pub trait Observer {
    /// The machine has carried out this decision.
    fn decided(&mut self, _: &Decision) -> io::Result<()> {
        Ok(())
    }

    /// Everything is decided about this tick, and it is about to begin.
    fn tick_begins(&mut self, _: Tick) -> io::Result<()> {
        Ok(())
    }

    /// The tick has passed; the decisions at its end are still to come.
    fn tick_ended(&mut self, _: &TickSnapshot<'_>) -> io::Result<()> {
        Ok(())
    }
}

impl<O: Observer> Observer for &mut O {
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

/// One that may be missing.
impl<O: Observer> Observer for Option<O> {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        self.as_mut().map_or(Ok(()), |it| it.decided(decision))
    }

    fn tick_begins(&mut self, tick: Tick) -> io::Result<()> {
        self.as_mut().map_or(Ok(()), |it| it.tick_begins(tick))
    }

    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        self.as_mut().map_or(Ok(()), |it| it.tick_ended(seen))
    }
}

/// Two, told one after the other.
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

/// Ends the run after this tick, with [`io::ErrorKind::Interrupted`].
pub struct StopAfter(pub u64);

impl Observer for StopAfter {
    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        if seen.tick.0 < self.0 {
            Ok(())
        } else {
            Err(io::ErrorKind::Interrupted.into())
        }
    }
}
