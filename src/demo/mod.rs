//! Short plays on real processes: what chapter 4 says of a process, seen live.
//!
//! Each scene announces what will happen, lets processes do it with real system calls, shows what
//! the kernel says of them, and asserts what it tells.

mod context_switch;
mod deeds;
mod double_fork;
mod loading;
mod orphan;
pub mod process;
pub mod record;
mod sigchld;
mod stage;
mod states;
mod stop_cont;
pub mod text;
mod time_sharing;
mod wait;
mod zombie;
mod zombie_orphan;

pub use record::{Performance, Step};
pub use stage::{Stage, play};

use crate::machine::Stopped;
use crate::os;

/// What ends a scene before its end: the machine, or nobody who watches any more.
pub type SceneError = Stopped<os::Error>;

impl From<os::Error> for SceneError {
    fn from(error: os::Error) -> Self {
        Self::Machine(error)
    }
}

/// Who watches a scene.
pub trait SceneObserver {
    /// A scene begins.
    ///
    /// # Errors
    /// Where it is shown fails, or a signal asks for the end; the scene ends.
    fn begin(&mut self, scene: &Scene) -> Result<(), SceneError>;

    /// `hurry`: time matters, and the scene must go on at once.
    ///
    /// # Errors
    /// As [`SceneObserver::begin`].
    fn sees(&mut self, step: &Step, hurry: bool) -> Result<(), SceneError>;
}

/// A scene: how it is called, what it shows, and the play.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    pub name: &'static str,
    pub title: &'static str,
    play: fn(&mut Stage<'_>) -> Result<(), SceneError>,
}

/// All scenes, in an order in which they can be watched.
pub const SCENES: [Scene; 11] = [
    Scene {
        name: "states",
        title: "one process through all the states of figure 4.2",
        play: states::play,
    },
    Scene {
        name: "loading",
        title: "how a program becomes a process, and what it is made of",
        play: loading::play,
    },
    Scene {
        name: "time-sharing",
        title: "two processes, one CPU, and each believes it owns it",
        play: time_sharing::play,
    },
    Scene {
        name: "context-switch",
        title: "the registers of a process that does not run",
        play: context_switch::play,
    },
    Scene {
        name: "stop-cont",
        title: "suspend and resume; what waits until then, and what does not",
        play: stop_cont::play,
    },
    Scene {
        name: "wait",
        title: "how a parent waits, and what it is told",
        play: wait::play,
    },
    Scene {
        name: "zombie",
        title: "a process that has exited and not been waited for",
        play: zombie::play,
    },
    Scene {
        name: "sigchld",
        title: "fifty exits, one signal: why one waits in a loop",
        play: sigchld::play,
    },
    Scene {
        name: "orphan",
        title: "the parent dies first: who becomes the new parent?",
        play: orphan::play,
    },
    Scene {
        name: "zombie-orphan",
        title: "a zombie whose parent dies is waited for by its new one",
        play: zombie_orphan::play,
    },
    Scene {
        name: "double-fork",
        title: "how a daemon leaves no zombie",
        play: double_fork::play,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::signal::BlockingSignals;
    use std::collections::HashSet;

    /// Remembers what it saw; walks out when it has seen so many steps.
    struct Critic {
        seen: Vec<Step>,
        timeout: usize,
    }

    impl SceneObserver for Critic {
        fn begin(&mut self, _: &Scene) -> Result<(), SceneError> {
            Ok(())
        }

        fn sees(&mut self, step: &Step, _: bool) -> Result<(), SceneError> {
            self.seen.push(step.clone());
            if self.seen.len() < self.timeout {
                Ok(())
            } else {
                Err(SceneError::Observer(std::io::ErrorKind::BrokenPipe.into()))
            }
        }
    }

    fn watch(
        scene: fn(&mut Stage<'_>) -> Result<(), SceneError>,
        timeout: usize,
    ) -> (Performance, Result<(), SceneError>, Vec<Step>) {
        let scene = Scene {
            name: "test",
            title: "a test",
            play: scene,
        };
        let interrupts = BlockingSignals::listen().unwrap();
        let seen = Vec::new();
        let mut critic = Critic { seen, timeout };
        let (performance, ended) = play(&scene, &interrupts, &mut critic);
        (performance, ended, critic.seen)
    }

    #[test]
    fn a_claim_that_does_not_hold_is_told_and_the_scene_goes_on() {
        let (performance, ended, seen) = watch(
            |stage| {
                stage.claim(1 + 1 == 3, "One and one is three.")?;
                stage.claim(true, "The rest is true.")?;
                stage.say("The end.")
            },
            9,
        );
        assert!(ended.is_ok());
        assert!(!performance.held);
        assert_eq!(performance.steps, seen);
        let text = "One and one is three.".to_owned();
        assert_eq!(seen[0], Step::Claim { text, held: false });
        assert_eq!(seen.len(), 3);
    }

    #[test]
    fn what_a_machine_forbids_is_no_failure() {
        let scene = |stage: &mut Stage<'_>| stage.absent("something", "it is forbidden");
        let (performance, ended, _) = watch(scene, 9);
        assert!(ended.is_ok());
        assert!(performance.held);
    }

    #[test]
    fn an_audience_that_walks_out_ends_the_scene() {
        let scene = |stage: &mut Stage<'_>| {
            stage.say("One.")?;
            stage.say("Two.")?;
            stage.say("Three.")
        };
        let (performance, ended, seen) = watch(scene, 2);
        assert!(matches!(ended, Err(SceneError::Observer(_))));
        assert_eq!((performance.steps.len(), seen.len()), (2, 2));
    }

    #[test]
    fn every_scene_has_a_name_of_its_own_and_fits_on_a_line() {
        let names: HashSet<_> = SCENES.iter().map(|scene| scene.name).collect();
        assert_eq!(names.len(), SCENES.len());
        for scene in &SCENES {
            assert!(scene.name.len() + scene.title.len() < 75, "{}", scene.name);
        }
    }
}
