//! `timeshare run`: the workload on real processes.

use std::fmt::Write as _;
use std::io;

use super::Failure;
use super::experiment::{Ended, Experiment, Setup};
use super::output::{JsonFile, width};
use super::report::{ReportFile, twice};
use super::scenario::Scenario;
use super::screen::{Line, Screen};
use crate::cli::Run;
use crate::linux::{self, Settings};
use crate::report::explain::run_explanation;
use crate::report::format::Format;
use crate::report::live::LiveRows;
use crate::report::prose::paragraph;
use crate::report::summary::summary;
use crate::scheduler::Decision;
use crate::supervise::{Stopped, TickSeen, Witness};
use crate::trace::{TickRecord, Trace};

pub fn run(arguments: &Run) -> Result<(), Failure> {
    let scenario = Scenario::new(&arguments.workload)?;
    let setup = Setup::new(&arguments.real, &scenario)?;
    let files = Files::create(arguments)?;

    // Before there are threads.
    linux::claim_signals()?;
    let look = (!files.take_stdout()).then_some(Look {
        rows: !arguments.quiet,
        why: arguments.why,
        color: arguments.color.on_stdout(),
    });
    let played = play(&scenario, &setup, look, |trace| {
        let mut text = summary(trace, width());
        if arguments.explain {
            text.push('\n');
            text += &run_explanation(trace, width());
        }
        text
    })?;
    if let Some(json) = &files.json {
        json.write(&played.trace)?;
    }
    files.report(&played.trace)?;
    ended_first(played.ended, played.shown)
}

/// What a run leaves behind, beside what is seen of it.
pub struct Files {
    pub json: Option<JsonFile>,
    html: Option<ReportFile>,
}

impl Files {
    /// Before any process is born: what cannot be written is known at once.
    ///
    /// # Errors
    /// When one cannot be created, or both are to go to one place.
    pub fn create(arguments: &Run) -> Result<Self, Failure> {
        let (json, html) = (arguments.json.as_deref(), arguments.html.as_deref());
        if let Some(path) = json.filter(|_| json == html) {
            return Err(twice(path));
        }
        Ok(Self {
            json: json.map(JsonFile::create).transpose()?,
            html: html
                .map(|path| ReportFile::create(Format::Html, path))
                .transpose()?,
        })
    }

    /// Whether standard output is one of them, and nothing else goes there.
    #[must_use]
    pub fn take_stdout(&self) -> bool {
        self.json.as_ref().is_some_and(JsonFile::is_stdout)
            || self.html.as_ref().is_some_and(ReportFile::is_stdout)
    }

    /// Writes the report, if there is to be one.
    pub fn report(&self, trace: &Trace) -> Result<(), Failure> {
        self.html.as_ref().map_or(Ok(()), |file| file.write(trace))
    }
}

/// What the person wants to see of a run.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// A row for each tick.
    pub rows: bool,
    /// The reason of every decision.
    pub why: bool,
    pub color: bool,
}

/// A scenario that real processes have played.
pub struct Played {
    pub trace: Trace,
    pub ended: Ended,
    /// Whether all of it could be printed.
    pub shown: Result<(), Failure>,
}

/// Lets real processes play a scenario, and shows it as it goes, unless there is no `look`;
/// `conclusion` is what is said of the trace behind it.
///
/// # Errors
/// When the processes cannot be created.
pub fn play(
    scenario: &Scenario,
    setup: &Setup,
    look: Option<Look>,
    conclusion: impl FnOnce(&Trace) -> String,
) -> Result<Played, Failure> {
    let mut show = Show::new(look, scenario, setup)?;
    let (trace, ended) = linux::block_on(perform(scenario, setup, &mut show))??;
    show.text(conclusion(&trace));
    Ok(Played {
        trace,
        ended,
        shown: show.finish(),
    })
}

/// Why it failed, if so. Whoever was asked to end has ended for that, whether or not anybody could
/// still be told.
pub fn ended_first(ended: Ended, shown: Result<(), Failure>) -> Result<(), Failure> {
    match ended {
        Err(Stopped::Machine(linux::Error::Interrupted(_))) => ended.map_err(Failure::from),
        _ => shown.and(ended.map_err(Failure::from)),
    }
}

async fn perform(
    scenario: &Scenario,
    setup: &Setup,
    show: &mut Show,
) -> Result<(Trace, Ended), linux::Error> {
    let mut experiment = Experiment::start(scenario, setup).await?;
    show.introduce(&experiment, scenario, setup);
    let ended = experiment.perform(show).await;
    let mut trace = experiment.into_trace(&ended);
    trace.measured.printing_cpu_ns = show.screen.as_ref().map(Screen::cpu_ns);
    Ok((trace, ended))
}

/// What the person sees while it runs.
struct Show {
    screen: Option<Screen>,
    rows: Option<LiveRows>,
    why: bool,
}

impl Show {
    fn new(look: Option<Look>, scenario: &Scenario, setup: &Setup) -> Result<Self, Failure> {
        let processes = scenario.workload.processes.len();
        let rows = LiveRows {
            processes,
            dialect: scenario.dialect,
            color: look.is_some_and(|look| look.color),
        };
        let cpus = setup.allowed.beside(setup.settings.cpu);
        let screen = look
            .map(|_| Screen::start(rows, cpus, io::stdout()))
            .transpose()?;
        Ok(Self {
            screen,
            rows: look.filter(|look| look.rows).map(|_| rows),
            why: look.is_some_and(|look| look.why),
        })
    }

    /// Says who is who, so that the processes can be found in another window.
    fn introduce(&mut self, experiment: &Experiment<'_>, scenario: &Scenario, setup: &Setup) {
        let Some(rows) = self.rows else { return };
        let Settings { cpu, tick, .. } = setup.settings;
        let place = format!(
            "CPU {cpu}, {tick:?} a tick, {}, {}, supervisor on the same CPU ({}).",
            scenario.switch,
            scenario.io_done,
            experiment.precedence()
        );
        let mut text = paragraph(&place, width(), "");
        for (id, pid) in experiment.pids().enumerate().take(MOST_INTRODUCED) {
            let _ = write!(
                text,
                "{}ts:P{id} is pid {pid}",
                if id == 0 { "" } else { ", " }
            );
        }
        let more = rows.processes.saturating_sub(MOST_INTRODUCED);
        let _ = writeln!(
            text,
            "{}.\n",
            if more > 0 {
                format!(", and {more} more")
            } else {
                String::new()
            }
        );
        self.text(text + &rows.head());
    }

    fn text(&mut self, text: String) {
        if let Some(screen) = &self.screen {
            // If this cannot be printed, finish() says so.
            let _ = screen.print(Line::Text(text));
        }
    }

    fn print(&self, line: impl FnOnce() -> Line) -> io::Result<()> {
        self.screen
            .as_ref()
            .map_or(Ok(()), |screen| screen.print(line()))
    }

    fn finish(self) -> Result<(), Failure> {
        self.screen.map_or(Ok(()), Screen::finish)
    }
}

/// More pids than these are not a help.
const MOST_INTRODUCED: usize = 8;

impl Witness for Show {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        if self.why && decision.is_worth_telling() {
            self.print(|| Line::Why(*decision))
        } else {
            Ok(())
        }
    }

    fn tick_ended(&mut self, seen: &TickSeen<'_>) -> io::Result<()> {
        match self.rows {
            Some(_) => self.print(|| Line::Row(TickRecord::from(seen))),
            None => Ok(()),
        }
    }
}
