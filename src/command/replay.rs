//! `timeshare replay`: a recorded run in the view of `watch`.

use std::fs::File;
use std::time::Duration;

use super::Failure;
use super::display::{Backstage, Display, require_terminal};
use super::output::width;
use super::watch::at_speed;
use crate::cli::Replay;
use crate::linux::full_screen::FullScreen;
use crate::linux::seat::AllowedCpus;
use crate::linux::{self, Interrupts};
use crate::report::summary::summary;
use crate::trace::Recording;
use crate::trace::recording::Entry;
use crate::tui::{Glance, Mode, Model, Theme, View, Wish};

/// How long a tick is shown: slow enough to be followed, however fast it was.
const SHOWN: Duration = Duration::from_millis(500);

pub fn replay(arguments: &Replay) -> Result<(), Failure> {
    let recording = open(arguments)?;
    require_terminal("timeshare run")?;
    let theme = Theme {
        color: arguments.color.on_stdout(),
    };
    let tick = at_speed(SHOWN, arguments.speed);
    let text = summary(&recording.clone().into_trace(), width());
    let mut view = View::new(
        model(recording),
        Mode::Replay,
        tick,
        arguments.paused,
        theme,
    );
    view.conclude(text.lines().map(str::to_owned).collect());

    linux::claim_signals()?;
    linux::block_on(show(view))?
}

fn open(arguments: &Replay) -> Result<Recording, Failure> {
    let path = &arguments.file;
    let wrong =
        |what: String| Failure::Input(format!("cannot replay '{}': {what}", path.display()));
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    Recording::read(file).map_err(|error| wrong(error.to_string()))
}

/// All that the recording tells.
fn model(recording: Recording) -> Model {
    let mut model = Model::new(recording.beginning);
    for entry in recording.entries {
        model.take(entry);
    }
    match recording.end {
        Some(trace) => model.take(Entry::End(trace)),
        None => model.breaks_off(),
    }
    model
}

async fn show(view: View) -> Result<(), Failure> {
    let interrupts = Interrupts::listen()?;
    let cpus = AllowedCpus::of_this_process()?.as_slice().to_vec();
    let screen = FullScreen::take()?;
    let mut display = Display::start(view, cpus, Nobody)?;
    let left = display.until_left(&interrupts).await;
    let shown = display.finish();
    drop(screen);
    left.map_err(Failure::from).and(shown)
}

/// There are no processes behind a recording.
struct Nobody;

impl Backstage for Nobody {
    fn wish(&mut self, _: Wish) {}

    fn look(&mut self) -> Option<Vec<Glance>> {
        None
    }
}
