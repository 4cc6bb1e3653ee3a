//! The scheduler drives for a while: the workers go to a machine and come back.

use nix::unistd::Pid;

use super::{ManualControl, Row, view};
use crate::linux::machine::{AdoptedWorkers, Machine, ReleasedWorkers};
use crate::os::error::Error;
use crate::os::procfs::view::KernelView;
use crate::process::child::{Meter, Stage};
use crate::scheduler::ProcId;

/// Workers that a machine has. There their ids are their positions in here.
pub struct Delegated(Vec<Delegation>);

struct Delegation {
    id: ProcId,
    pid: i32,
    meter: Meter,
    remaining: u64,
}

impl Delegated {
    /// Our id of the one the machine and its scheduler know by `position`.
    pub fn id(&self, position: ProcId) -> Option<ProcId> {
        self.0.get(position.index()).map(|delegation| delegation.id)
    }

    /// In the order of their positions.
    pub fn ids(&self) -> impl Iterator<Item = ProcId> + '_ {
        self.0.iter().map(|delegation| delegation.id)
    }

    /// Notes how many instructions each has left.
    pub fn note_remaining(&mut self, remaining: impl Iterator<Item = u64>) {
        for (delegation, remaining) in self.0.iter_mut().zip(remaining) {
            delegation.remaining = remaining;
        }
    }

    /// What there is to show of one that is delegated; `None`: it is not.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn row(&self, id: ProcId) -> Result<Option<Row>, Error> {
        let Some(delegation) = self.0.iter().find(|delegation| delegation.id == id) else {
            return Ok(None);
        };
        // Once it has been reaped, its pid may have been reused.
        let ours = |view: &KernelView| view.ppid == Pid::this().as_raw();
        let view = view(delegation.pid)?.filter(ours);
        Ok(Some(Row {
            process: id,
            pid: delegation.pid,
            remaining: Some(delegation.remaining),
            cpu_ns: view.as_ref().and_then(|_| delegation.meter.cpu_ns()),
            exit: None,
            view,
            stopped_by: None,
        }))
    }
}

impl ManualControl {
    /// Stops all living workers, completes their I/Os at once, and gives them to a machine. With
    /// it, those whose I/Os were completed. `None`: there is no living worker.
    ///
    /// # Errors
    /// When one cannot be stopped, or the machine cannot be had; the workers are gone then.
    pub fn delegate(&mut self) -> Result<Option<(Machine, Delegated, Vec<ProcId>)>, Error> {
        let mut completed = Vec::new();
        let mut delegations = Vec::new();
        let workers = self.members.iter().filter(|(_, m)| m.remaining.is_some());
        let workers: Vec<_> = workers.map(|(&id, _)| id).collect();
        for id in workers {
            completed.extend(self.hold(id, false)?.then_some(id));
            let remaining = self.members.get(&id).and_then(|member| member.remaining);
            let child = self.look(id)?;
            if let Some(remaining) = remaining.filter(|_| child.exit().is_none()) {
                let (pid, meter) = (child.pid.as_raw(), child.meter());
                delegations.push(Delegation {
                    id,
                    pid,
                    meter,
                    remaining,
                });
            }
        }
        if delegations.is_empty() {
            return Ok(None);
        }
        let leaves = |id| {
            delegations
                .iter()
                .any(|delegation: &Delegation| delegation.id == id)
        };
        let workers = AdoptedWorkers {
            children: self.children.split_off(|child| leaves(child.id))?,
            remaining: delegations
                .iter()
                .map(|delegation| delegation.remaining)
                .collect(),
            tick_length: self.spawner.tick_length().clone(),
        };
        let machine = Machine::adopt(workers, self.settings)?;
        Ok(Some((machine, Delegated(delegations), completed)))
    }

    /// Takes the workers back and stops those that are going. `issued`: the one that issued an I/O in
    /// the last tick, of which the device has not been told. Returns those whose I/Os were completed
    /// for that.
    ///
    /// # Errors
    /// When one cannot be stopped.
    pub fn take_back(
        &mut self,
        machine: Machine,
        delegated: &Delegated,
        issued: Option<ProcId>,
    ) -> Result<Vec<ProcId>, Error> {
        let ReleasedWorkers {
            children,
            remaining,
            mut waiting,
        } = machine.release();
        self.children.append(children);
        waiting.extend(issued);
        let mut completed = Vec::new();
        for ((position, id), remaining) in (0..).zip(delegated.ids()).zip(remaining) {
            let ended = self.look(id)?.exit().is_some();
            if let Some(member) = self.members.get_mut(&id) {
                member.remaining = Some(remaining);
                // The rows have told of it.
                member.end.take_if(|_| ended);
            }
            let waits = waiting.contains(&ProcId(position));
            completed.extend(self.hold(id, waits)?.then_some(id));
        }
        Ok(completed)
    }

    /// Stops a worker, hears what it has said until then, and completes its I/O if it waits for
    /// one: whether it did.
    fn hold(&mut self, id: ProcId, mut waits: bool) -> Result<bool, Error> {
        let child = self.look(id)?;
        let is_held = child.stage() == Stage::Stopped && child.is_stopped();
        if child.exit().is_none() && !is_held {
            child.stop()?;
        }
        while self.members.get(&id).is_some_and(|member| member.speaks)
            && let Some(received) = self.look(id)?.received_already()?
        {
            self.take(id, received)?;
        }
        if let Some(member) = self.members.get_mut(&id) {
            waits |= member.answer_ns.take().is_some();
        }
        let child = self.look(id)?;
        waits &= child.exit().is_none();
        if waits {
            child.answer()?;
        }
        Ok(waits)
    }
}
