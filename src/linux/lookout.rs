//! Looks at the children in `/proc` in the middle of a tick: for the record, and for what outsiders
//! may have done to them.

use super::child::{Child, Stage};
use super::error::Error;
use super::family::Family;
use crate::machine::{Interference, Meddling, Sampled};
use crate::scheduler::{ProcId, Tick};

/// Up to so many processes all are sampled in every tick.
const AT_ONCE: usize = 64;
/// Of more, the one that runs, those whose state changed, and so many others in turn.
const IN_TURN: usize = 2;

/// What to look at next, and what has been noticed.
#[derive(Default)]
pub struct Lookout {
    /// Whose state changed since the last sample.
    changed: Vec<ProcId>,
    /// Whose turn it is. With few enough processes, everybody's.
    turn: usize,
    noticed: Vec<Interference>,
}

impl Lookout {
    pub fn changed(&mut self, process: ProcId) {
        self.changed.push(process);
    }

    /// What outsiders did, so far.
    pub fn into_noticed(self) -> Vec<Interference> {
        self.noticed
    }

    /// The state letters of all children that have any, or of those whose turn it is.
    pub fn sample(&mut self, family: &Family, running: Option<ProcId>) -> Vec<Sampled> {
        let count = family.len();
        let few = count <= AT_ONCE;
        let in_turn = if few { count } else { IN_TURN };
        let turn = (self.turn..self.turn + in_turn).map(|index| index % count);
        let look = |child: &Child| child.letter().map(|letter| (child.id, letter));
        let mut letters: Vec<_> = turn.filter_map(|index| look(family.at(index))).collect();
        if !few {
            let also = self.changed.iter().copied().chain(running);
            letters.extend(also.filter_map(|process| look(family.get(process))));
            self.turn = (self.turn + in_turn) % count;
        }
        self.changed.clear();
        letters
    }

    /// Puts right what an outsider did to a child, and notes it. A child that is on its way to its
    /// death looks as if somebody had continued it; it is a zombie afterwards.
    pub fn put_right(&mut self, child: &mut Child, tick: Tick) -> Result<(), Error> {
        let what = match (child.stage(), child.letter()) {
            (Stage::Stopped, Some('R' | 'S' | 'D')) => {
                child.stop()?;
                Meddling::Continued
            }
            (Stage::Going, Some('T')) => {
                child.cont()?;
                Meddling::Stopped
            }
            (Stage::Asleep, Some('T')) => {
                child.cont()?;
                child.confirm_asleep()?;
                Meddling::Stopped
            }
            _ => return Ok(()),
        };
        if child.exit().is_none() {
            let process = child.id;
            self.noticed.push(Interference {
                tick,
                process,
                what,
            });
        }
        Ok(())
    }
}

/// Who is not in the state the ledger says.
pub fn suspects(family: &Family, letters: &[Sampled]) -> Vec<ProcId> {
    let odd = |&&(process, letter): &&Sampled| !shows_as(family.get(process).stage(), letter);
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
