//! Looks at the children in `/proc` in the middle of a tick: for the record, and for what outsiders
//! may have done to them.

use super::child::{Child, Stage};
use super::error::Error;
use super::family::Family;
use crate::machine::{Interference, Meddling};
use crate::scheduler::{ProcId, Tick};

/// Up to so many processes all are sampled in every tick; of more, the one that runs, those that
/// changed, and so many others in turn.
const AT_ONCE: usize = 64;

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

    /// The state letters of all children, or of those whose turn it is.
    pub fn sample(&mut self, family: &Family, running: Option<ProcId>) -> Vec<Option<char>> {
        let count = family.len();
        let mut letters = vec![None; count];
        let mut look = |process: ProcId| {
            letters[process.index()] = family.get(process).letter();
        };
        if count > AT_ONCE {
            self.changed
                .iter()
                .copied()
                .chain(running)
                .for_each(&mut look);
        }
        for child in family
            .iter()
            .cycle()
            .skip(self.turn)
            .take(count.min(AT_ONCE))
        {
            look(child.id);
        }
        self.turn = (self.turn + AT_ONCE) % count.max(1);
        self.changed.clear();
        letters
    }

    /// Puts right what an outsider did to a living child, and notes it.
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
        let process = child.id;
        self.noticed.push(Interference {
            tick,
            process,
            what,
        });
        Ok(())
    }
}

/// Who is not in the state the ledger says.
pub fn suspects(family: &Family, letters: &[Option<char>]) -> Vec<ProcId> {
    let odd = |(child, letter): &(&Child, &Option<char>)| {
        letter.is_some_and(|letter| !shows_as(child.stage(), letter))
    };
    family
        .iter()
        .zip(letters)
        .filter(odd)
        .map(|(child, _)| child.id)
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
