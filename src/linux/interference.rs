//! Says whom to look at in `/proc` in the middle of a tick, and puts right what outsiders have done.

use nix::sys::signal::Signal;

use super::sampler::Whom;
use crate::machine::{Interference, InterferenceKind, Sampled};
use crate::os::error::Error;
use crate::process::backoff::Backoff;
use crate::process::child::{Child, Stage};
use crate::process::children::Children;
use crate::process::facts::LeftCpu;
use crate::scheduler::{ProcId, Tick};

/// Up to so many processes all are sampled in every tick.
const AT_ONCE: usize = 64;
/// Of more, the one that runs, those whose state changed, and so many others in turn.
const IN_TURN: usize = 2;
/// So many are looked after at once, besides the one that runs: each takes three system calls.
const LOOKED_AFTER: usize = 8;

/// What to look at next, and what has been noticed.
#[derive(Default)]
pub struct InterferenceDetector {
    /// Whose state changed since the last sample.
    changed: Vec<ProcId>,
    /// Whose turn it is to be sampled, and to be looked after.
    turn: usize,
    care_turn: usize,
    noticed: Vec<Interference>,
    /// How many of them have been told.
    told: usize,
}

impl InterferenceDetector {
    pub fn changed(&mut self, process: ProcId) {
        self.changed.push(process);
    }

    /// What outsiders did, as noticed since this was asked last.
    pub fn tell(&mut self) -> Vec<Interference> {
        let news = self.noticed[self.told..].to_vec();
        self.told = self.noticed.len();
        news
    }

    /// What outsiders did, so far.
    pub fn into_noticed(self) -> Vec<Interference> {
        self.noticed
    }

    /// Whom to look at in the tick that begins, out of so many.
    pub fn whom(&mut self, count: usize, running: Option<ProcId>) -> Whom {
        let changed = self.changed.drain(..);
        if count <= AT_ONCE {
            return Whom::Everyone;
        }
        let whom = changed.chain(running);
        let whom = whom.chain(next_in_turn(&mut self.turn, IN_TURN, count));
        Whom::These(each_once(whom))
    }

    /// Whom to look after now, out of so many.
    pub fn whom_to_look_after(&mut self, count: usize, running: Option<ProcId>) -> Vec<ProcId> {
        let turn = next_in_turn(&mut self.care_turn, LOOKED_AFTER, count);
        each_once(turn.chain(running))
    }

    /// Puts right what an outsider did to a child, and notes it. A child that is on its way to its
    /// death looks as if somebody had continued it; it is a zombie afterwards.
    pub fn put_right(&mut self, child: &mut Child, tick: Tick) -> Result<(), Error> {
        let what = match (child.stage(), child.letter()) {
            (Stage::Stopped, Some('R' | 'S' | 'D')) => {
                child.stop()?;
                InterferenceKind::Continued
            }
            (Stage::Going, Some('T')) => {
                child.cont()?;
                InterferenceKind::Stopped
            }
            (Stage::Asleep, Some('T')) => {
                child.cont()?;
                child.confirm_asleep(&mut Backoff::default(), || LeftCpu::Unknown)?;
                InterferenceKind::Stopped
            }
            // Only its tracer can let it go on. Told once for each time.
            (_, Some('t')) if !std::mem::replace(&mut child.traced, true) => {
                InterferenceKind::Traced
            }
            (_, letter) => {
                child.traced &= letter == Some('t');
                return Ok(());
            }
        };
        if child.exit().is_none() {
            let what = self.by_whom(child, tick, what);
            self.note(child, tick, what);
        }
        Ok(())
    }

    /// Whoever watches has done it where a signal by hand came right before.
    fn by_whom(&self, child: &Child, tick: Tick, what: InterferenceKind) -> InterferenceKind {
        let sent = |signal: Signal| {
            let is_it = |event: &Interference| {
                let number = signal as i32;
                event.process == child.id
                    && event.what == InterferenceKind::Signalled { number }
                    && event.tick.next() >= tick
            };
            self.noticed.iter().any(is_it)
        };
        match what {
            InterferenceKind::Continued if sent(Signal::SIGCONT) => {
                InterferenceKind::ContinuedByHand
            }
            InterferenceKind::Stopped if sent(Signal::SIGSTOP) => InterferenceKind::StoppedByHand,
            what => what,
        }
    }

    /// Notes who was moved or given another weight, and puts right what can be. To be called while
    /// the child has not been waited for.
    pub fn look_after(&mut self, child: &mut Child, tick: Tick) {
        for what in child.displacements() {
            self.note(child, tick, what.into());
        }
    }

    pub fn note(&mut self, child: &Child, tick: Tick, what: InterferenceKind) {
        let process = child.id;
        self.noticed.push(Interference {
            tick,
            process,
            what,
        });
    }
}

/// The next `some` out of `count`, round and round.
fn next_in_turn(turn: &mut usize, some: usize, count: usize) -> impl Iterator<Item = ProcId> {
    let first = *turn;
    *turn = (first + some) % count.max(1);
    let indices = (first..first + some.min(count)).map(move |index| index % count);
    indices.filter_map(|index| u32::try_from(index).ok().map(ProcId))
}

fn each_once(processes: impl Iterator<Item = ProcId>) -> Vec<ProcId> {
    let mut once: Vec<_> = processes.collect();
    once.sort_unstable();
    once.dedup();
    once
}

/// Who is not in the state the ledger says.
pub fn suspects(children: &Children, letters: &[Sampled]) -> Vec<ProcId> {
    let odd = |&&(process, letter): &&Sampled| !shows_as(children.get(process).stage(), letter);
    letters
        .iter()
        .filter(odd)
        .map(|&(process, _)| process)
        .collect()
}

const fn shows_as(stage: Stage, letter: char) -> bool {
    match stage {
        Stage::Stopped => letter == 'T',
        Stage::Going => letter == 'R',
        Stage::Asleep => letter == 'S',
        Stage::Zombie(_) => letter == 'Z',
        Stage::New | Stage::Reaped(_) => true,
    }
}
