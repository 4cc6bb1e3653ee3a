//! `timeshare watch`: a run on real processes, on the whole screen, with keys.

use crate::os;
use crate::os::signal;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::files::Files;
use super::record::{Record, RecordFile};
use super::run::ended_first;
use super::scenario;
use super::view_controller::{Display, ViewController, require_terminal};
use crate::cli::Watch;
use crate::linux::control::{ControlRequest, ControlSender};
use crate::machine::Stopped;
use crate::os::procfs::sample::ProcessSampler;
use crate::os::signal::Signals;
use crate::os::terminal::full_screen::FullScreen;
use crate::output::failure::Failure;
use crate::output::finish;
use crate::output::{print, width};
use crate::report::explain::run_explanation;
use crate::report::summary::summary;
use crate::run::{Ended, Run, Setup};
use crate::scheduler::PolicySpec;
use crate::trace::Trace;
use crate::tui::{Action, Mode, Model, Sample, Theme, View};
use crate::workload::duration::{MAX_TICK, MIN_TICK};

/// Where no other is asked for: slow enough to be followed.
const DEFAULT_TICK: Duration = Duration::from_millis(500);

pub fn watch(arguments: &Watch) -> Result<(), Failure> {
    require_terminal("timeshare run")?;
    let run = &arguments.run;
    let mut setup = scenario::setup(&run.workload, &run.real)?;
    let tick = run
        .real
        .tick
        .or(setup.scenario.tick)
        .unwrap_or(DEFAULT_TICK);
    setup.settings.tick = at_speed(tick, arguments.speed);
    let mut files = Files::create(run)?;
    if files.take_stdout() {
        return Err(Failure::Input(
            "the screen is on standard output: give --json and --html a file".to_owned(),
        ));
    }
    let record = files.record.take();

    // Before there are threads.
    signal::claim_signals()?;
    let seen = os::block_on(perform(&setup, arguments, record))??;

    let mut text = summary(&seen.trace, width());
    if run.explain {
        text.push('\n');
        text += &run_explanation(&seen.trace, width());
    }
    let printed = print(&text);
    if let Some(json) = &files.json {
        json.write(&seen.trace)?;
    }
    files.report(&seen.trace)?;
    ended_first(seen.ended, seen.shown.and(printed))
}

/// A tick, `speed` times as fast, as far as that goes.
pub fn at_speed(tick: Duration, speed: f64) -> Duration {
    let wanted = Duration::try_from_secs_f64(tick.as_secs_f64() / speed).unwrap_or(MAX_TICK);
    wanted.clamp(MIN_TICK, MAX_TICK)
}

/// A run that has been watched.
struct Seen {
    trace: Trace,
    ended: Ended,
    /// Whether all of it could be shown and recorded.
    shown: Result<(), Failure>,
}

async fn perform(
    setup: &Setup,
    arguments: &Watch,
    record: Option<RecordFile>,
) -> Result<Seen, Failure> {
    // As long as the terminal is ours, a signal must not end us without giving it back.
    let signals = Signals::listen()?;
    let mut run = Run::start(setup).await?;
    let record = record.map(|file| file.begin(&run, setup)).transpose()?;
    let control = run.take_control();
    if arguments.paused {
        // The machine is there and listens.
        let _ = control.send(ControlRequest::Pause);
    }
    let controller = RunController {
        control,
        policies: run.take_policies(),
        processes: run.pids().map(ProcessSampler::of).collect(),
    };
    let theme = Theme {
        color: arguments.run.color.on_stdout(),
    };
    let model = Model::new(run.beginning());
    let view = View::new(
        model,
        Mode::Live,
        setup.settings.tick,
        arguments.paused,
        theme,
    );
    let screen = FullScreen::take()?;
    let mut display = Display::start(view, setup.cpus_beside(), controller)?;

    let recorder = record.as_ref().map(Record::observer);
    let ended = run.perform(&mut (display.observer(), recorder)).await;
    let (mut trace, ended) = finish(run, ended);
    trace.measured.printing_cpu_ns = Some(display.cpu_ns());
    let saved = record.map_or(Ok(()), |record| record.finish(&trace));
    let ended = match ended {
        Ok(()) => {
            display.conclude(&summary(&trace, width()));
            let left = display.until_left(&signals).await;
            left.map_err(Stopped::Machine)
        }
        Err(Stopped::Machine(os::Error::Left)) => Ok(()),
        ended @ Err(_) => ended,
    };
    let shown = display.finish();
    drop(screen);
    Ok(Seen {
        trace,
        ended,
        shown: shown.and(saved),
    })
}

/// What the person can do to a run, and what the kernel says of it.
struct RunController {
    control: ControlSender,
    policies: Sender<PolicySpec>,
    processes: Vec<ProcessSampler>,
}

impl ViewController for RunController {
    /// If nothing listens, the run is over.
    fn action(&mut self, action: Action) {
        let request = match action {
            Action::Pause => ControlRequest::Pause,
            Action::Resume => ControlRequest::Resume,
            Action::Step => ControlRequest::Step,
            Action::Tick(tick) => ControlRequest::Tick(tick),
            Action::Signal(process, signal) => ControlRequest::Signal(process, signal),
            Action::Wait(process) => ControlRequest::Wait(process),
            Action::Leave => ControlRequest::End,
            Action::Policy(policy) => {
                let _ = self.policies.send(policy);
                return;
            }
        };
        let _ = self.control.send(request);
    }

    fn look(&mut self) -> Option<Vec<Sample>> {
        let look = |process: &ProcessSampler| {
            let now = process.sample();
            Sample {
                letter: now.letter,
                wchan: now.wchan,
                cpu_ns: now.cpu_ns,
                switches: now.switches,
            }
        };
        Some(self.processes.iter().map(look).collect())
    }
}
