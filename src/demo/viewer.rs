//! Shows scenes to a person who reads along.

use std::io::{self, Write};
use std::time::Duration;

use super::record::{SceneRecord, Step};
use super::scene_run::{Scene, SceneError, SceneObserver, run};
use super::text::SceneText;
use crate::os::error::Error;
use crate::os::signal::{BlockingSignals, end_signal};

/// Waits for a key.
pub type WaitForKey = dyn Fn(&BlockingSignals) -> Result<(), Error>;

/// Between two steps.
pub enum Pauses {
    None,
    /// So that one can read along.
    ForReading,
    ForKey(Box<WaitForKey>),
}

impl Pauses {
    /// What a practised reader takes for a character.
    const CHARACTER: Duration = Duration::from_millis(30);
    /// And for anything that is no sentence.
    const FIGURE: Duration = Duration::from_millis(900);

    fn wait(&self, step: &Step, signals: &BlockingSignals) -> Result<(), Error> {
        match self {
            Self::None => match end_signal() {
                Some(signal) => Err(Error::Interrupted(signal)),
                None => Ok(()),
            },
            Self::ForReading => signals.sleep(Self::to_read(step)),
            Self::ForKey(wait) => wait(signals),
        }
    }

    fn to_read(step: &Step) -> Duration {
        match step {
            Step::Say { text } | Step::Claim { text, .. } => {
                Self::CHARACTER * u32::try_from(text.len()).unwrap_or(u32::MAX)
            }
            _ => Self::FIGURE,
        }
    }
}

/// Writes to standard output.
pub struct Viewer<'a> {
    /// `None`: nothing is shown.
    pub text: Option<SceneText>,
    pub pauses: Pauses,
    pub signals: &'a BlockingSignals,
}

impl Viewer<'_> {
    /// Runs one scene after the other, until one cannot be run to its end.
    pub fn run_all(&mut self, scenes: &[&Scene]) -> (Vec<SceneRecord>, Result<(), SceneError>) {
        let mut records = Vec::new();
        for scene in scenes {
            let (record, ended) = run(scene, self.signals, self);
            records.push(record);
            if ended.is_err() {
                return (records, ended);
            }
        }
        (records, Ok(()))
    }

    pub fn show(&mut self, text: impl FnOnce(&mut SceneText) -> String) -> Result<(), SceneError> {
        let Some(scene) = &mut self.text else {
            return Ok(());
        };
        let text = text(scene);
        let mut out = io::stdout().lock();
        let shown = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        shown.map_err(SceneError::Observer)
    }
}

impl SceneObserver for Viewer<'_> {
    fn begin(&mut self, scene: &Scene) -> Result<(), SceneError> {
        self.show(|text| text.begin(scene))
    }

    fn step(&mut self, step: &Step, hurry: bool) -> Result<(), SceneError> {
        self.show(|text| text.step(step))?;
        if hurry {
            return Ok(());
        }
        Ok(self.pauses.wait(step, self.signals)?)
    }
}
