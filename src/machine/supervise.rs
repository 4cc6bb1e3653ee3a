//! The loop that drives a machine as the scheduler decides. It is the same for every machine.

use std::io;

use super::{Device, Machine, Observer, TickSnapshot};
use crate::scheduler::{Scheduler, Tick, Transition};

/// What ends a run before its processes do.
#[derive(Debug)]
pub enum Stopped<E> {
    Machine(E),
    Observer(io::Error),
}

/// Runs the machine's processes to their end. Each tick:
/// 1. the device says which I/Os are complete, and the scheduler what that means;
/// 2. the tick passes on the machine, with at most one process running in it;
/// 3. the observer is told where each process was;
/// 4. the machine has said what the running process did and which ones died, and the scheduler says
///    which one is next.
///
/// Where the machine or the observer fails, the observer knows how far the run came.
pub async fn supervise<M: Machine>(
    scheduler: &mut Scheduler,
    machine: &mut M,
    mut device: Device,
    observer: &mut impl Observer,
) -> Result<(), Stopped<M::Error>> {
    for instructions in machine.instructions() {
        scheduler.admit(instructions);
    }
    scheduler.start();

    let mut tick = Tick(0);
    while scheduler.has_active() {
        tick = tick.next();
        let completed = device.completed(tick);
        for &process in &completed {
            scheduler.io_completed(process);
        }
        apply_decisions(tick, scheduler, machine, &mut device, observer)?;

        observer.tick_begins(tick).map_err(Stopped::Observer)?;
        let running = scheduler.table().running();
        let outcome = machine.tick(tick, running).await;
        let outcome = outcome.map_err(Stopped::Machine)?;

        let seen = TickSnapshot {
            tick,
            io_completed: !completed.is_empty(),
            table: scheduler.table(),
            executed: outcome.retired.map(|retired| retired.instruction),
            ios_in_flight: device.in_flight(),
            measured: outcome.measured.as_ref(),
        };
        observer.tick_ended(&seen).map_err(Stopped::Observer)?;

        scheduler.tick_ended(tick, outcome.retired);
        for process in outcome.died {
            scheduler.died(process);
        }
        apply_decisions(tick.next(), scheduler, machine, &mut device, observer)?;
    }
    scheduler.finish();
    apply_decisions(tick.next(), scheduler, machine, &mut device, observer)
}

/// Has the machine and the device do what has been decided before the tick `next`.
fn apply_decisions<M: Machine>(
    next: Tick,
    scheduler: &mut Scheduler,
    machine: &mut M,
    device: &mut Device,
    observer: &mut impl Observer,
) -> Result<(), Stopped<M::Error>> {
    let mut decisions = Vec::new();
    scheduler.take_decisions(&mut decisions);
    for decision in &decisions {
        let done = match decision.transition {
            None | Some(Transition::Admit(_)) => Ok(()),
            Some(Transition::Dispatch(process)) => machine.dispatch(process),
            Some(Transition::Deschedule(process)) => machine.deschedule(process),
            Some(Transition::Block(process)) => {
                device.request(process, next);
                machine.block(process)
            }
            Some(Transition::CompleteIo(process)) => machine.complete_io(process),
            Some(Transition::Exit(process)) => {
                device.forget(process);
                machine.exit(process)
            }
            Some(Transition::Reap(process)) => machine.reap(process),
        };
        done.map_err(Stopped::Machine)?;
        observer.decided(decision).map_err(Stopped::Observer)?;
    }
    Ok(())
}
