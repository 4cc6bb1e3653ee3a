//! What would happen if some instructions took no time: the schedule of a person who forgets them.

use super::Turn;
use super::question::MAX_TICKS;
use crate::machine::Device;
use crate::scheduler::{ProcId, Retired, Scheduler, Tick};
use crate::trace::PolicyRecord;
use crate::workload::{Instruction, Workload};

/// Who has the CPU in each tick if the instructions in `free` take none.
pub fn naive(workload: &Workload, policy: &PolicyRecord, free: &[Instruction]) -> Vec<Turn> {
    let mut player = Role::new(workload, policy);
    player.play(free)
}

struct Role<'a> {
    /// What each process has before it.
    left: Vec<&'a [Instruction]>,
    scheduler: Scheduler,
    device: Device,
}

impl<'a> Role<'a> {
    fn new(workload: &'a Workload, policy: &PolicyRecord) -> Self {
        let programs = workload.processes.iter();
        let left: Vec<_> = programs.map(|spec| spec.program.instructions()).collect();
        let mut scheduler = policy.scheduler();
        for program in &left {
            scheduler.admit(program.len() as u64);
        }
        scheduler.start();
        Self {
            left,
            scheduler,
            device: Device::new(policy.blocked_ticks()),
        }
    }

    fn play(&mut self, free: &[Instruction]) -> Vec<Turn> {
        let mut turns = Vec::new();
        for tick in (1..=MAX_TICKS).map(Tick) {
            let before = Tick(tick.0 - 1);
            for process in self.device.completed(tick) {
                self.scheduler.io_completed(process);
            }
            let mut saved = false;
            while let Some((process, instruction)) = self.next()
                && free.contains(&instruction)
            {
                self.execute(before, process, instruction);
                saved = true;
            }
            // It ended in no time at all, and there is no such tick.
            if saved && !self.scheduler.has_active() {
                break;
            }
            let next = self.next();
            turns.push(Turn {
                holder: self.scheduler.table().running(),
                executes: next.is_some(),
            });
            match next {
                Some((process, instruction)) => self.execute(tick, process, instruction),
                None => self.scheduler.tick_ended(tick, None),
            }
            if !self.scheduler.has_active() {
                break;
            }
        }
        turns
    }

    /// Who has the CPU, and what it executes next.
    fn next(&self) -> Option<(ProcId, Instruction)> {
        let process = self.scheduler.table().running()?;
        let instruction = self.left[process.index()].first()?;
        Some((process, *instruction))
    }

    /// At the end of `tick`.
    fn execute(&mut self, tick: Tick, process: ProcId, instruction: Instruction) {
        let left = &mut self.left[process.index()];
        *left = &left[1..];
        let retired = Retired {
            instruction,
            remaining: left.len() as u64,
        };
        self.scheduler.tick_ended(tick, Some(retired));
        if instruction == Instruction::Io {
            self.device.request(process, tick.next());
        }
    }
}
