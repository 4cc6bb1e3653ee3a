//! What watches the processes while ticks pass: the sampler, looks of the supervisor's own, and the
//! kernel's record of context switches. What is not as it should be is put right and noted.

use nix::libc::{WEXITED, WSTOPPED};

use super::interference::{InterferenceLog, Remedy, is_expected};
use super::processes::Processes;
use super::rivals::RivalRecorder;
use super::sampler::{Assignment, Sampler, Selection};
use super::spans::SpanRecorder;
use super::tick_in_progress::TickInProgress;
use super::withheld::WithholdingMeter;
use crate::machine::{InterferenceKind, Sampled};
use crate::os::error::Error;
use crate::os::{clock, deadline};
use crate::process::backoff::Backoff;
use crate::process::child::Child;
use crate::process::children::Children;
use crate::process::facts::LeftCpu;
use crate::scheduler::ProcId;

pub struct Watchers {
    pub sampler: Sampler,
    pub interference: InterferenceLog,
    pub spans: SpanRecorder,
    pub withholding: WithholdingMeter,
    pub rivals: RivalRecorder,
    /// `CLOCK_MONOTONIC` when the states of the children were looked at last, and their CPUs and
    /// weights.
    sampled_ns: u64,
    checked_ns: u64,
    sample_turn: Turn,
    check_turn: Turn,
}

impl Watchers {
    /// To be called by the supervising thread.
    pub fn new(sampler: Sampler, spans: SpanRecorder, cpu: usize) -> Self {
        Self {
            sampler,
            interference: InterferenceLog::default(),
            spans,
            withholding: WithholdingMeter::new(cpu),
            rivals: RivalRecorder::start(cpu),
            sampled_ns: 0,
            checked_ns: 0,
            sample_turn: Turn::default(),
            check_turn: Turn::default(),
        }
    }

    /// The clock of the run starts.
    pub fn start(&mut self, now_ns: u64) {
        (self.sampled_ns, self.checked_ns) = (now_ns, now_ns);
        self.withholding.start();
        self.rivals.resume();
    }

    /// Takes what the kernel has recorded, if there would soon be no room for more.
    pub fn make_room(&mut self) {
        self.spans.make_room();
        self.rivals.make_room();
    }

    /// Lets the sampler read in this tick, which begins or goes on.
    pub fn open(&mut self, tick: &TickInProgress, processes: &mut Processes) {
        let changed = processes.take_changed();
        let count = processes.children.len();
        self.sampler.open(Assignment {
            tick: tick.tick,
            start_ns: tick.start_ns,
            tick_ns: tick.nominal_ns,
            executing: tick.executing,
            running: tick.running,
            selection: self.sample_turn.selection(changed, count, tick.running),
        });
    }

    /// Takes what the sampler has seen of this tick since, and looks into what should not be.
    pub fn read_samples(
        &mut self,
        tick: &mut TickInProgress,
        processes: &mut Processes,
    ) -> Result<(), Error> {
        let Some(sample) = self.sampler.take(tick.tick) else {
            return Ok(());
        };
        self.look_into_all(&sample.letters, tick, processes)?;
        self.sampled_ns = clock::now_ns();
        tick.sample = Some(sample);
        Ok(())
    }

    /// Looks for ourselves where the sampler has not for long: others may keep it from its CPU, and
    /// what is done to the children must not stay unnoticed for that.
    pub fn sample_if_overdue(
        &mut self,
        tick: &TickInProgress,
        processes: &mut Processes,
    ) -> Result<(), Error> {
        let now_ns = clock::now_ns();
        if now_ns.saturating_sub(self.sampled_ns) <= clock::ns(deadline::LOOK_INTO) {
            return Ok(());
        }
        self.sampled_ns = now_ns;
        let read = |(process, child): (ProcId, &Child)| Some((process, child.letter()?));
        let letters: Vec<_> = processes.children.numbered().filter_map(read).collect();
        self.look_into_all(&letters, tick, processes)
    }

    fn look_into_all(
        &mut self,
        letters: &[Sampled],
        tick: &TickInProgress,
        processes: &mut Processes,
    ) -> Result<(), Error> {
        let unexpected: Vec<_> = letters
            .iter()
            .filter(|&&(process, letter)| !is_expected(processes.stage(process), letter))
            .map(|&(process, _)| process)
            .collect();
        for process in unexpected {
            self.look_into(process, tick, processes)?;
        }
        Ok(())
    }

    /// Finds out what became of a child that is not in the state it should be in.
    pub fn look_into(
        &mut self,
        process: ProcId,
        tick: &TickInProgress,
        processes: &mut Processes,
    ) -> Result<(), Error> {
        let child = processes.child(process);
        child.look(WEXITED | WSTOPPED)?;
        if child.exit().is_none() {
            self.put_right(process, child)?;
        }
        // Of the one that executes, the pipe will tell.
        if tick.executing != Some(process) {
            processes.note_if_dead(process);
        }
        Ok(())
    }

    /// A child that is on its way to its death looks as if it had been continued; it is a zombie
    /// afterwards.
    fn put_right(&mut self, process: ProcId, child: &mut Child) -> Result<(), Error> {
        let remedy = Remedy::of(child.stage(), child.letter());
        let was_traced = std::mem::replace(&mut child.traced, remedy == Remedy::TellOfTracer);
        let is_frozen = remedy == Remedy::LookForFreezer && child.is_frozen();
        let was_frozen = std::mem::replace(&mut child.frozen, is_frozen);
        match remedy {
            // Told once for each time.
            Remedy::TellOfTracer if was_traced => return Ok(()),
            Remedy::LookForFreezer if was_frozen || !is_frozen => return Ok(()),
            Remedy::None | Remedy::TellOfTracer | Remedy::LookForFreezer => {}
            Remedy::Stop if !child.stop_again()? => return Ok(()),
            Remedy::Stop => {}
            Remedy::Continue => child.cont()?,
            Remedy::ContinueIntoSleep => {
                child.cont()?;
                child.confirm_asleep(&mut Backoff::default(), || LeftCpu::Unknown)?;
            }
        }
        if let Some(what) = remedy.against()
            && child.exit().is_none()
        {
            self.interference.note_found(process, what);
        }
        Ok(())
    }

    /// Checks where children may run and with what weight, every so often in any tick, since that may
    /// be changed at any time. Where there are many, it is some at a time.
    pub fn check_some_placements(&mut self, children: &mut Children, running: Option<ProcId>) {
        let now_ns = clock::now_ns();
        if now_ns.saturating_sub(self.checked_ns) < clock::ns(deadline::LOOK_INTO) {
            return;
        }
        self.checked_ns = now_ns;
        self.withholding.look(self.interference.now);
        for process in self.check_turn.next_checked(children.len(), running) {
            let child = children.get_mut(process);
            if child.exit().is_none() {
                self.check_placement(process, child);
            }
        }
    }

    /// Puts a child back on its CPU and gives it back its weight, as far as that can be, and notes
    /// it. To be called while the child has not been waited for.
    pub fn check_placement(&mut self, process: ProcId, child: &mut Child) {
        for what in child.displacements() {
            // Who took the CPU from the run took it from all, and that is told once.
            if what == InterferenceKind::RepinnedForGood {
                self.withholding.look(self.interference.now);
                if self.withholding.is_cpu_lost() {
                    continue;
                }
            }
            self.interference.note(process, what);
        }
    }
}

/// Up to this many processes, all are sampled in every tick.
const SAMPLE_ALL: usize = 64;
/// Of more, the one that runs, those whose state changed, and this many others in turn.
const SAMPLED_IN_TURN: usize = 2;
/// This many are checked at once, besides the one that runs: each takes three system calls.
const CHECKED_IN_TURN: usize = 8;

/// The index of the process whose turn it is.
#[derive(Default)]
struct Turn(usize);

impl Turn {
    /// The processes to sample in the tick that begins, out of this many.
    fn selection(
        &mut self,
        changed: Vec<ProcId>,
        count: usize,
        running: Option<ProcId>,
    ) -> Selection {
        if count <= SAMPLE_ALL {
            return Selection::All;
        }
        let others = self.next(SAMPLED_IN_TURN, count);
        Selection::These(each_once(changed.into_iter().chain(running).chain(others)))
    }

    /// The processes to check now, out of this many.
    fn next_checked(&mut self, count: usize, running: Option<ProcId>) -> Vec<ProcId> {
        each_once(self.next(CHECKED_IN_TURN, count).chain(running))
    }

    /// The next `some` out of `count`, round and round.
    fn next(&mut self, some: usize, count: usize) -> impl Iterator<Item = ProcId> + use<> {
        let first = self.0;
        self.0 = (first + some) % count.max(1);
        let indices = (first..first + some.min(count)).map(move |index| index % count);
        indices.filter_map(|index| u32::try_from(index).ok().map(ProcId))
    }
}

fn each_once(processes: impl Iterator<Item = ProcId>) -> Vec<ProcId> {
    let mut once: Vec<_> = processes.collect();
    once.sort_unstable();
    once.dedup();
    once
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_processes_are_all_sampled_in_every_tick() {
        let mut turn = Turn::default();
        let changed = vec![ProcId(3)];
        assert_eq!(turn.selection(changed, SAMPLE_ALL, None), Selection::All);
    }

    #[test]
    fn of_many_those_that_changed_and_run_are_sampled_and_others_in_turn() {
        let mut turn = Turn::default();
        let count = SAMPLE_ALL + 1;
        let changed = || vec![ProcId(9), ProcId(7), ProcId(9)];
        let these = |ids: &[u32]| Selection::These(ids.iter().copied().map(ProcId).collect());
        let running = Some(ProcId(7));
        assert_eq!(
            turn.selection(changed(), count, running),
            these(&[0, 1, 7, 9])
        );
        assert_eq!(turn.selection(vec![], count, None), these(&[2, 3]));
    }

    #[test]
    fn in_turn_every_process_is_checked() {
        let mut turn = Turn::default();
        let count = 3 * CHECKED_IN_TURN - 1;
        let checked = (0..3).flat_map(|_| turn.next_checked(count, None));
        let all = each_once(checked);
        assert_eq!(all.len(), count);
    }
}
