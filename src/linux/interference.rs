//! What other programs do to the processes: what it looks like, and what puts it right.

use nix::sys::signal::Signal;

use super::journal::Journal;
use crate::machine::{Interference, InterferenceKind};
use crate::process::child::Stage;
use crate::scheduler::{ProcId, Tick};

/// Every interference noticed so far. Most are noted in the tick `now`.
#[derive(Default)]
pub struct InterferenceLog {
    pub now: Tick,
    noticed: Journal<Interference>,
}

impl InterferenceLog {
    pub fn note(&mut self, process: ProcId, what: InterferenceKind) {
        let tick = self.now;
        self.noticed.note(Interference {
            tick,
            process,
            what,
        });
    }

    /// As [`InterferenceLog::note`]; what follows a signal that the person who watches has sent right
    /// before is that person's doing.
    pub fn note_found(&mut self, process: ProcId, what: InterferenceKind) {
        let sent = |signal: Signal| {
            let number = signal as i32;
            self.noticed.entries().iter().any(|event| {
                event.process == process
                    && event.what == InterferenceKind::Signalled { number }
                    && event.tick.next() >= self.now
            })
        };
        let what = match what {
            InterferenceKind::Continued if sent(Signal::SIGCONT) => {
                InterferenceKind::ContinuedByHand
            }
            InterferenceKind::Stopped if sent(Signal::SIGSTOP) => InterferenceKind::StoppedByHand,
            what => what,
        };
        self.note(process, what);
    }

    /// What was noted since this was called last.
    pub fn report(&mut self) -> Vec<Interference> {
        self.noticed.report()
    }

    pub fn into_noticed(self) -> Vec<Interference> {
        self.noticed.into_entries()
    }
}

/// What is to be done to a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    None,
    /// Stop it again.
    Stop,
    /// Let it go on.
    Continue,
    /// Let it go on, back into its sleep.
    ContinueIntoSleep,
    /// Nothing can be done: only its tracer can let it go on.
    TellOfTracer,
    /// It does not run, and `D` does not say why: its control group may be frozen. What is to be done,
    /// the next look may show.
    LookForFreezer,
}

impl Remedy {
    /// For a child that should be in this stage and shows this letter.
    pub const fn of(stage: Stage, letter: Option<char>) -> Self {
        match (stage, letter) {
            (Stage::Stopped, Some('R' | 'S')) => Self::Stop,
            (Stage::Going, Some('T')) => Self::Continue,
            (Stage::Asleep, Some('T')) => Self::ContinueIntoSleep,
            (_, Some('t')) => Self::TellOfTracer,
            (Stage::Stopped | Stage::Going | Stage::Asleep, Some('D')) => Self::LookForFreezer,
            _ => Self::None,
        }
    }

    /// What another program has done, where this is the remedy.
    pub const fn against(self) -> Option<InterferenceKind> {
        match self {
            Self::None => None,
            Self::Stop => Some(InterferenceKind::Continued),
            Self::Continue | Self::ContinueIntoSleep => Some(InterferenceKind::Stopped),
            Self::TellOfTracer => Some(InterferenceKind::Traced),
            Self::LookForFreezer => Some(InterferenceKind::Frozen),
        }
    }
}

/// Whether a child in this stage shows this letter when it is left alone.
pub const fn is_expected(stage: Stage, letter: char) -> bool {
    match stage {
        Stage::Stopped => letter == 'T',
        Stage::Going => letter == 'R',
        Stage::Asleep => letter == 'S',
        Stage::Zombie(_) => letter == 'Z',
        Stage::New | Stage::Reaped(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Exit;

    const P0: ProcId = ProcId(0);
    const P1: ProcId = ProcId(1);

    #[test]
    fn a_child_that_is_found_stopped_in_the_middle_of_a_tick_is_continued_and_that_is_told_once() {
        assert!(!is_expected(Stage::Going, 'T'));
        let remedy = Remedy::of(Stage::Going, Some('T'));
        assert_eq!(remedy, Remedy::Continue);

        let mut log = InterferenceLog {
            now: Tick(7),
            ..InterferenceLog::default()
        };
        log.note_found(P1, remedy.against().unwrap());
        let told = Interference {
            tick: Tick(7),
            process: P1,
            what: InterferenceKind::Stopped,
        };
        assert_eq!(log.report(), [told]);
        assert_eq!(log.report(), []);
        assert_eq!(log.into_noticed(), [told]);
    }

    #[test]
    fn a_child_that_is_found_continued_is_stopped_again() {
        for letter in ['R', 'S'] {
            assert!(!is_expected(Stage::Stopped, letter));
            let remedy = Remedy::of(Stage::Stopped, Some(letter));
            assert_eq!(remedy, Remedy::Stop);
            assert_eq!(remedy.against(), Some(InterferenceKind::Continued));
        }
    }

    #[test]
    fn a_child_that_is_stopped_in_its_io_goes_back_to_sleep() {
        let remedy = Remedy::of(Stage::Asleep, Some('T'));
        assert_eq!(remedy, Remedy::ContinueIntoSleep);
        assert_eq!(remedy.against(), Some(InterferenceKind::Stopped));
    }

    #[test]
    fn a_child_in_a_debugger_is_left_to_it_and_told_of() {
        for stage in [Stage::Going, Stage::Stopped, Stage::Asleep] {
            let remedy = Remedy::of(stage, Some('t'));
            assert_eq!(remedy, Remedy::TellOfTracer);
            assert_eq!(remedy.against(), Some(InterferenceKind::Traced));
        }
    }

    /// It was stopped and is: to stop it once more would be to wait for news that never come.
    #[test]
    fn a_child_that_is_frozen_is_not_stopped_again() {
        for stage in [Stage::Stopped, Stage::Going, Stage::Asleep] {
            let remedy = Remedy::of(stage, Some('D'));
            assert_eq!(remedy, Remedy::LookForFreezer);
            assert_eq!(remedy.against(), Some(InterferenceKind::Frozen));
        }
    }

    #[test]
    fn what_is_as_it_should_be_or_on_its_way_to_its_end_is_left_alone() {
        let zombie = Stage::Zombie(Exit::Code(0));
        let fine = [
            (Stage::Stopped, 'T'),
            (Stage::Going, 'R'),
            (Stage::Asleep, 'S'),
            (zombie, 'Z'),
        ];
        for (stage, letter) in fine {
            assert!(is_expected(stage, letter));
            assert_eq!(Remedy::of(stage, Some(letter)), Remedy::None);
        }
        // It has ended since its stage was confirmed.
        assert_eq!(Remedy::of(Stage::Stopped, Some('Z')), Remedy::None);
        assert_eq!(Remedy::of(Stage::Going, None), Remedy::None);
    }

    #[test]
    fn what_follows_a_signal_by_hand_is_by_hand_up_to_the_next_tick() {
        let number = Signal::SIGSTOP as i32;
        let found = |ticks_later: u64, process| {
            let mut log = InterferenceLog {
                now: Tick(3),
                ..InterferenceLog::default()
            };
            log.note(P0, InterferenceKind::Signalled { number });
            log.now = Tick(3 + ticks_later);
            log.note_found(process, InterferenceKind::Stopped);
            log.report()[1].what
        };
        assert_eq!(found(0, P0), InterferenceKind::StoppedByHand);
        assert_eq!(found(1, P0), InterferenceKind::StoppedByHand);
        assert_eq!(found(2, P0), InterferenceKind::Stopped);
        assert_eq!(found(0, P1), InterferenceKind::Stopped);
    }
}
