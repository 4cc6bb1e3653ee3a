//! `timeshare replay`: a recorded run in the view of `watch`.

use crate::os;
use crate::os::signal;
use std::time::Duration;

use super::recorded;
use super::view_controller::{Display, ViewController, require_terminal};
use super::watch::at_speed;
use crate::cli::Replay;
use crate::os::affinity::AllowedCpus;
use crate::os::signal::Signals;
use crate::os::terminal::full_screen::FullScreen;
use crate::output::failure::Failure;
use crate::output::width;
use crate::report::summary::summary;
use crate::tui::{Action, Mode, Model, Sample, Theme, View};

/// How long a tick is shown: slow enough to be followed, however fast it was.
const SHOWN: Duration = Duration::from_millis(500);

pub fn replay(arguments: &Replay) -> Result<(), Failure> {
    let recording = recorded::read(&arguments.file)?;
    require_terminal("timeshare run")?;
    let theme = Theme {
        color: arguments.color.on_stdout(),
    };
    let tick = at_speed(SHOWN, arguments.speed);
    let text = summary(&recording.clone().into_trace(), width());
    let mut view = View::new(
        Model::of(recording),
        Mode::Replay,
        tick,
        arguments.paused,
        theme,
    );
    view.conclude(text.lines().map(str::to_owned).collect());

    signal::claim_signals()?;
    os::block_on(show(view))?
}

async fn show(view: View) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    let cpus = AllowedCpus::of_this_process()?.as_slice().to_vec();
    let screen = FullScreen::take()?;
    let mut display = Display::start(view, cpus, NoProcesses)?;
    let left = display.until_left(&signals).await;
    let shown = display.finish();
    drop(screen);
    left.map_err(Failure::from).and(shown)
}

/// There are no processes behind a recording.
struct NoProcesses;

impl ViewController for NoProcesses {
    fn action(&mut self, _: Action) {}

    fn look(&mut self) -> Option<Vec<Sample>> {
        None
    }
}
