//! `timeshare run`: the workload on real processes.

use crate::os;
use crate::os::signal;
use std::io::{self, IsTerminal};

use super::Failure;
use super::experiment::{Ended, Experiment, Setup};
use super::files::Files;
use super::output::{columns, width};
use super::progress::Ticks;
use super::record::{Record, RecordFile};
use super::scenario::Scenario;
use super::screen::{Line, Screen};
use crate::cli::Run;
use crate::linux::Settings;
use crate::machine::{Observer, Stopped, TickSnapshot};
use crate::report::explain::run_explanation;
use crate::report::live::LiveRows;
use crate::report::summary::summary;
use crate::scheduler::Decision;
use crate::text::prose::paragraph;
use crate::text::table::length;
use crate::trace::{TickRecord, Trace};

pub fn run(arguments: &Run) -> Result<(), Failure> {
    let scenario = Scenario::new(&arguments.workload)?;
    let setup = Setup::new(&arguments.real, &scenario)?;
    let mut files = Files::create(arguments)?;
    let record = files.record.take();

    // Before there are threads.
    signal::claim_signals()?;
    let look = (!files.take_stdout()).then_some(Look {
        rows: !arguments.quiet,
        why: arguments.why,
        color: arguments.color.on_stdout(),
    });
    let played = play(&scenario, &setup, (look, record), |trace| {
        let mut text = legend(arguments).to_owned();
        text += &summary(trace, width());
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

/// What the letters and signs of the rows mean. Whoever reads them from a pipe gets the table alone.
fn legend(arguments: &Run) -> &'static str {
    if arguments.quiet || !io::stdout().is_terminal() {
        return "";
    }
    "R running  T stopped (ready)  S asleep  Z zombie  - gone  * I/O just completed\n"
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
    (look, record): (Option<Look>, Option<RecordFile>),
    conclusion: impl FnOnce(&Trace) -> String,
) -> Result<Played, Failure> {
    let mut show = Show::new(look, scenario, setup)?;
    let (trace, ended, recorded) = os::block_on(perform((scenario, setup), &mut show, record))??;
    show.text(conclusion(&trace));
    Ok(Played {
        trace,
        ended,
        shown: show.finish().and(recorded),
    })
}

/// Why it failed, if so. Whoever was asked to end has ended for that, whether or not anybody could
/// still be told.
pub fn ended_first(ended: Ended, shown: Result<(), Failure>) -> Result<(), Failure> {
    match ended {
        Err(Stopped::Machine(os::Error::Interrupted(_))) => ended.map_err(Failure::from),
        _ => shown.and(ended.map_err(Failure::from)),
    }
}

/// The trace, how it ended, and whether all of it could be recorded.
async fn perform(
    (scenario, setup): (&Scenario, &Setup),
    show: &mut Show,
    record: Option<RecordFile>,
) -> Result<(Trace, Ended, Result<(), Failure>), Failure> {
    let mut experiment = Experiment::start(scenario, setup).await?;
    show.introduce(&experiment, scenario, setup);
    let record = record.map(|file| file.begin(&experiment)).transpose()?;
    let mut teller = record.as_ref().map(Record::teller);
    let mut ended = experiment.perform(&mut (&mut *show, &mut teller)).await;
    drop(teller);
    show.ticks = None;
    let mut trace = experiment.into_trace(&mut ended);
    trace.measured.printing_cpu_ns = show.screen.as_ref().map(Screen::cpu_ns);
    let recorded = record.map_or(Ok(()), |record| record.finish(&trace));
    Ok((trace, ended, recorded))
}

/// What the person sees while it runs.
struct Show {
    screen: Option<Screen>,
    rows: Option<LiveRows>,
    why: bool,
    /// Where nothing else is seen.
    ticks: Option<Ticks>,
}

impl Show {
    fn new(look: Option<Look>, scenario: &Scenario, setup: &Setup) -> Result<Self, Failure> {
        let processes = scenario.workload.processes.len();
        let rows = LiveRows::new(processes, scenario.dialect, columns());
        let rows = rows.colored(look.is_some_and(|look| look.color));
        let cpus = setup.allowed.beside(setup.settings.cpu);
        let screen = look
            .map(|_| Screen::to(io::stdout(), rows, cpus))
            .transpose()?;
        let nothing_else = look.is_none_or(|look| !look.rows && !look.why);
        Ok(Self {
            screen,
            rows: look.filter(|look| look.rows).map(|_| rows),
            why: look.is_some_and(|look| look.why),
            ticks: nothing_else
                .then(|| Ticks::of_run(scenario, setup))
                .flatten(),
        })
    }

    /// Says who is who, so that the processes can be found in another window.
    fn introduce(&mut self, experiment: &Experiment<'_>, scenario: &Scenario, setup: &Setup) {
        let Some(rows) = self.rows else { return };
        let Settings { cpu, tick, .. } = setup.settings;
        let place = format!(
            "CPU {cpu}, {} a tick, {}, {}, supervisor on the same CPU ({}).",
            length(tick),
            scenario.switch,
            scenario.io_done,
            experiment.sched_class()
        );
        let mut text = paragraph(&place, width(), "");
        let processes = scenario.workload.processes.len();
        let pids = experiment.pids().enumerate().take(MOST_INTRODUCED);
        let mut who: Vec<_> = pids
            .map(|(id, pid)| format!("ts:P{id} is pid {pid}"))
            .collect();
        if processes > who.len() {
            who.push(format!("and {} more", processes - who.len()));
        }
        text += &paragraph(&format!("{}.", who.join(", ")), width(), "");
        self.text(format!("{text}\n{}", rows.head(0..processes)));
    }

    fn text(&mut self, text: String) {
        if let Some(screen) = &self.screen {
            // If this cannot be printed, finish() says so.
            let _ = screen.hand(Line::Text(text));
        }
    }

    fn print(&self, line: impl FnOnce() -> Line) -> io::Result<()> {
        self.screen
            .as_ref()
            .map_or(Ok(()), |screen| screen.hand(line()))
    }

    fn finish(self) -> Result<(), Failure> {
        let printed = self.screen.map_or(Ok(()), Screen::finish);
        printed.map_err(Failure::stdout)
    }
}

/// More pids than these are not a help.
const MOST_INTRODUCED: usize = 8;

impl Observer for Show {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        if self.why && decision.is_worth_telling() {
            self.print(|| Line::Why(*decision))
        } else {
            Ok(())
        }
    }

    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        match self.rows {
            Some(_) => self.print(|| Line::Row(TickRecord::from(seen))),
            None => self.ticks.tick_ended(seen),
        }
    }
}
