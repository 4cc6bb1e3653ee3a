//! A scene is recorded and observed as it happens.

use super::*;
use crate::os::signal::BlockingSignals;
use std::collections::HashSet;

/// Remembers the steps, and fails when there are this many.
struct Recording {
    seen: Vec<Step>,
    most: usize,
}

impl SceneObserver for Recording {
    fn begin(&mut self, _: &Scene) -> Result<(), SceneError> {
        Ok(())
    }

    fn step(&mut self, step: &Step, _: bool) -> Result<(), SceneError> {
        self.seen.push(step.clone());
        if self.seen.len() < self.most {
            Ok(())
        } else {
            Err(SceneError::Observer(std::io::ErrorKind::BrokenPipe.into()))
        }
    }
}

fn record(
    steps: fn(&mut SceneRun<'_>) -> Result<(), SceneError>,
    most: usize,
) -> (SceneRecord, Result<(), SceneError>, Vec<Step>) {
    let scene = Scene {
        name: "test",
        title: "a test",
        run: steps,
    };
    let signals = BlockingSignals::listen().unwrap();
    let seen = Vec::new();
    let mut recording = Recording { seen, most };
    let (record, ended) = run(&scene, &signals, &mut recording);
    (record, ended, recording.seen)
}

#[test]
fn a_claim_that_does_not_hold_is_recorded_and_the_scene_goes_on() {
    let (record, ended, seen) = record(
        |scene| {
            scene.claim(1 + 1 == 3, "One and one is three.")?;
            scene.claim(true, "The rest is true.")?;
            scene.say("The end.")
        },
        9,
    );
    assert!(ended.is_ok());
    assert!(!record.held);
    assert_eq!(record.steps, seen);
    let text = "One and one is three.".to_owned();
    assert_eq!(seen[0], Step::Claim { text, held: false });
    assert_eq!(seen.len(), 3);
}

#[test]
fn what_a_machine_forbids_is_no_failure() {
    let scene = |scene: &mut SceneRun<'_>| scene.absent("something", "it is forbidden");
    let (record, ended, _) = record(scene, 9);
    assert!(ended.is_ok());
    assert!(record.held);
}

#[test]
fn an_observer_that_fails_ends_the_scene() {
    let scene = |scene: &mut SceneRun<'_>| {
        scene.say("One.")?;
        scene.say("Two.")?;
        scene.say("Three.")
    };
    let (record, ended, seen) = record(scene, 2);
    assert!(matches!(ended, Err(SceneError::Observer(_))));
    assert_eq!((record.steps.len(), seen.len()), (2, 2));
}

#[test]
fn every_scene_has_a_name_of_its_own_and_fits_on_a_line() {
    let names: HashSet<_> = SCENES.iter().map(|scene| scene.name).collect();
    assert_eq!(names.len(), SCENES.len());
    for scene in &SCENES {
        assert!(scene.name.len() + scene.title.len() < 75, "{}", scene.name);
    }
}
