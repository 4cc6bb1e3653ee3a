//! `timeshare demo`: scenes of chapter 4, played by real processes.

use crate::os;
use crate::os::signal;
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::Failure;
use super::experiment::outcome;
use super::output::{JsonFile, print, width};
use super::progress::Progress;
use crate::cli::Demo;
use crate::demo::record::{Performance, SCHEMA, Step};
use crate::demo::text::{Script, list, totals};
use crate::demo::{SCENES, Scene, SceneError, SceneObserver, play};
use crate::machine::Stopped;
use crate::os::signal::BlockingSignals;
use crate::os::terminal::keyboard::Keyboard;
use crate::os::{host, procfs};
use crate::trace::Outcome;

/// What `--json` writes.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    /// The version of timeshare that wrote it.
    timeshare: &'static str,
    kernel: String,
    /// Whether all scenes came to their ends, and otherwise what ended them.
    outcome: Outcome,
    /// In the order in which they were played.
    scenes: &'a [Performance],
}

pub fn demo(arguments: &Demo) -> Result<(), Failure> {
    let asked_for = |scene: &&Scene| is_asked_for(arguments, scene);
    let scenes: Vec<_> = SCENES.iter().filter(asked_for).collect();
    if arguments.list || scenes.is_empty() {
        return print(&list());
    }
    let json = arguments
        .json
        .as_deref()
        .map(JsonFile::create)
        .transpose()?;
    let silent = json.as_ref().is_some_and(JsonFile::is_stdout);
    let pace = Pace::new(arguments, silent)?;
    procfs::must_be_ours()?;

    signal::claim_signals()?;
    let interrupts = BlockingSignals::listen()?;
    let mut house = House {
        script: (!silent).then(|| Script::new(width().into(), arguments.color.on_stdout())),
        pace,
        interrupts: &interrupts,
    };
    let (performances, ended) = play_all(&scenes, &mut house);
    if let Some(json) = json {
        json.write(&Document {
            schema: SCHEMA,
            timeshare: env!("CARGO_PKG_VERSION"),
            kernel: host::kernel(),
            outcome: outcome(&ended),
            scenes: &performances,
        })?;
    }
    ended?;
    house.show(|_| totals(&performances))?;
    judge(&performances)
}

/// One after the other, until one is cut off.
fn play_all(
    scenes: &[&Scene],
    house: &mut House<'_>,
) -> (Vec<Performance>, Result<(), SceneError>) {
    let mut performances = Vec::new();
    for scene in scenes {
        let (performance, ended) = play(scene, house.interrupts, house);
        performances.push(performance);
        if ended.is_err() {
            return (performances, ended);
        }
    }
    (performances, Ok(()))
}

/// # Errors
/// When something that was claimed did not hold.
fn judge(performances: &[Performance]) -> Result<(), Failure> {
    let wrong = performances.iter().filter(|performance| !performance.held);
    let wrong: Vec<_> = wrong.map(|performance| performance.scene).collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failure::Unheld(wrong.join(", ")))
    }
}

fn is_asked_for(arguments: &Demo, scene: &Scene) -> bool {
    arguments.all || arguments.scenes.iter().any(|name| name == scene.name)
}

/// Who watches: a person who reads along.
struct House<'a> {
    /// `None`: nobody reads.
    script: Option<Script>,
    pace: Pace,
    interrupts: &'a BlockingSignals,
}

impl House<'_> {
    fn show(&mut self, text: impl FnOnce(&mut Script) -> String) -> Result<(), SceneError> {
        let Some(script) = &mut self.script else {
            return Ok(());
        };
        let text = text(script);
        let mut out = io::stdout().lock();
        let shown = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        shown.map_err(Stopped::Observer)
    }
}

impl SceneObserver for House<'_> {
    fn begin(&mut self, scene: &Scene) -> Result<(), SceneError> {
        self.show(|script| script.begin(scene))
    }

    fn sees(&mut self, step: &Step, hurry: bool) -> Result<(), SceneError> {
        self.show(|script| script.step(step))?;
        if hurry {
            return Ok(());
        }
        Ok(self.pace.wait(step, self.interrupts)?)
    }
}

/// How fast it goes.
enum Pace {
    /// As fast as it can.
    Fast,
    /// So that one can read along.
    Reading,
    /// At a key press.
    Key(Keyboard),
}

impl Pace {
    /// What a practised reader takes for a character.
    const CHARACTER: Duration = Duration::from_millis(30);
    /// And for anything that is no sentence.
    const GLANCE: Duration = Duration::from_millis(900);

    fn new(arguments: &Demo, silent: bool) -> Result<Self, Failure> {
        if arguments.pause {
            return Keyboard::find().map(Self::Key).ok_or_else(|| {
                Failure::Input(
                    "--pause waits for keys, and standard input is no terminal. Without it, the \
                     scenes play at a pace for reading; with --fast, without pauses"
                        .to_owned(),
                )
            });
        }
        Ok(if arguments.fast || silent {
            Self::Fast
        } else {
            Self::Reading
        })
    }

    fn wait(&self, step: &Step, interrupts: &BlockingSignals) -> Result<(), os::Error> {
        match self {
            Self::Fast => match signal::end_signal() {
                Some(signal) => Err(os::Error::Interrupted(signal)),
                None => Ok(()),
            },
            Self::Reading => interrupts.sleep(Self::reading(step)),
            Self::Key(keyboard) => {
                let _prompt = Progress::show("press any key (Ctrl-C ends)");
                keyboard.wait(interrupts)
            }
        }
    }

    fn reading(step: &Step) -> Duration {
        match step {
            Step::Say { text } | Step::Claim { text, .. } => {
                Self::CHARACTER * u32::try_from(text.len()).unwrap_or(u32::MAX)
            }
            _ => Self::GLANCE,
        }
    }
}
