//! `timeshare demo`: scenes of chapter 4 on real processes.

use std::io::{IsTerminal, stdout};

use super::progress::Progress;
use crate::cli::Demo;
use crate::demo::record::{DemoRecord, SceneRecord};
use crate::demo::text::{SceneText, list, totals};
use crate::demo::viewer::{Pauses, Viewer};
use crate::demo::{SCENES, Scene};
use crate::os::signal::BlockingSignals;
use crate::os::terminal::keyboard::Keyboard;
use crate::os::{procfs, signal};
use crate::output::failure::Failure;
use crate::output::{JsonFile, print, width};
use crate::run::outcome;

pub fn demo(arguments: &Demo) -> Result<(), Failure> {
    let is_asked_for =
        |scene: &&Scene| arguments.all || arguments.scenes.iter().any(|name| name == scene.name);
    let scenes: Vec<_> = SCENES.iter().filter(is_asked_for).collect();
    if arguments.list || scenes.is_empty() {
        return print(&list());
    }
    let (json, silent) = JsonFile::asked(arguments.json.as_deref())?;
    let pauses = pauses(arguments, silent)?;
    procfs::must_be_ours()?;

    signal::claim_signals()?;
    let signals = BlockingSignals::listen()?;
    let mut viewer = Viewer {
        text: (!silent).then(|| SceneText::new(width().into(), arguments.color.on_stdout())),
        pauses,
        signals: &signals,
    };
    let (records, ended) = viewer.run_all(&scenes);
    if let Some(json) = json {
        json.write(&DemoRecord::new(&records, outcome(&ended)))?;
    }
    ended?;
    viewer.show(|_| totals(&records))?;
    all_held(&records)
}

fn all_held(records: &[SceneRecord]) -> Result<(), Failure> {
    let wrong = records.iter().filter(|record| !record.held);
    let wrong: Vec<_> = wrong.map(|record| record.scene).collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failure::Unheld(wrong.join(", ")))
    }
}

fn pauses(arguments: &Demo, silent: bool) -> Result<Pauses, Failure> {
    if arguments.pause {
        let keyboard = Keyboard::find().ok_or_else(|| {
            Failure::Input(
                "--pause waits for keys, and standard input is no terminal. Without it, the scenes \
                 run at a pace for reading; with --fast, without pauses"
                    .to_owned(),
            )
        })?;
        return Ok(Pauses::ForKey(Box::new(move |signals| {
            let _prompt = Progress::show("press any key (Ctrl-C ends)");
            keyboard.wait(signals)
        })));
    }
    // What goes into a file or a pipe is read at another time.
    let is_read = arguments.slow || !arguments.fast && stdout().is_terminal();
    Ok(if is_read && !silent {
        Pauses::ForReading
    } else {
        Pauses::None
    })
}
