//! `timeshare run`: the workload on real processes.

use crate::os;
use crate::os::signal;
use std::io;

use super::files::Files;
use super::progress::Ticks;
use super::record::{Record, RecordFile};
use super::scenario;
use crate::cli;
use crate::linux::Settings;
use crate::machine::{Observer, Stopped, TickSnapshot};
use crate::output::failure::Failure;
use crate::output::finish;
use crate::output::screen::{Line, Screen};
use crate::output::{columns, width};
use crate::report::explain::run_explanation;
use crate::report::live::LiveRows;
use crate::report::summary::{runs_beside, summary};
use crate::run::{Ended, Run, Setup};
use crate::scheduler::Decision;
use crate::text::prose::paragraph;
use crate::text::table::length;
use crate::trace::{TickRecord, Trace};

pub fn run(arguments: &cli::Run) -> Result<(), Failure> {
    let setup = scenario::setup(&arguments.workload, &arguments.real)?;
    let mut files = Files::create(arguments)?;
    let record = files.record.take();

    // Before there are threads.
    signal::claim_signals()?;
    let look = (!files.take_stdout()).then_some(Look {
        rows: !arguments.quiet,
        why: arguments.why,
        color: arguments.color.on_stdout(),
    });
    let played = play(&setup, look, record, |trace| {
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

/// What the letters and signs of the rows mean.
const fn legend(arguments: &cli::Run) -> &'static str {
    if arguments.quiet {
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

/// A run that is over.
pub struct Played {
    pub trace: Trace,
    pub ended: Ended,
    /// Whether all of it could be printed and recorded.
    pub shown: Result<(), Failure>,
}

/// Lets real processes play a scenario, and shows it as it goes, unless there is no `look`;
/// `conclusion` is what is said of the trace behind it.
pub fn play(
    setup: &Setup,
    look: Option<Look>,
    record: Option<RecordFile>,
    conclusion: impl FnOnce(&Trace) -> String,
) -> Result<Played, Failure> {
    let mut show = Show::new(look, setup)?;
    let mut played = os::block_on(perform(setup, &mut show, record))??;
    show.text(conclusion(&played.trace));
    played.shown = show.finish().and(played.shown);
    Ok(played)
}

/// Why it failed, if so. A run that was asked to end has ended for that, whether or not its output
/// could still be written.
pub fn ended_first(ended: Ended, shown: Result<(), Failure>) -> Result<(), Failure> {
    match ended {
        Err(Stopped::Machine(os::Error::Interrupted(_))) => ended.map_err(Failure::from),
        _ => shown.and(ended.map_err(Failure::from)),
    }
}

/// What is shown of it is not finished yet.
async fn perform(
    setup: &Setup,
    show: &mut Show,
    record: Option<RecordFile>,
) -> Result<Played, Failure> {
    let mut run = Run::start(setup).await?;
    show.introduce(&run, setup);
    let record = record.map(|file| file.begin(&run, setup)).transpose()?;
    let mut recorder = record.as_ref().map(Record::observer);
    let ended = run.perform(&mut (&mut *show, &mut recorder)).await;
    drop(recorder);
    show.ticks = None;
    let (mut trace, ended) = finish(run, ended);
    trace.measured.printing_cpu_ns = show.screen.as_ref().map(Screen::cpu_ns);
    let shown = record.map_or(Ok(()), |record| record.finish(&trace));
    Ok(Played {
        trace,
        ended,
        shown,
    })
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
    fn new(look: Option<Look>, setup: &Setup) -> Result<Self, Failure> {
        let processes = setup.scenario.workload.processes.len();
        let rows = LiveRows::new(processes, setup.scenario.dialect, columns());
        let rows = rows.colored(look.is_some_and(|look| look.color));
        let screen = look
            .map(|_| Screen::to(io::stdout(), rows, setup.cpus_beside()))
            .transpose()?;
        let nothing_else = look.is_none_or(|look| !look.rows && !look.why);
        Ok(Self {
            screen,
            rows: look.filter(|look| look.rows).map(|_| rows),
            why: look.is_some_and(|look| look.why),
            ticks: nothing_else.then(|| Ticks::of_run(setup)).flatten(),
        })
    }

    /// Says which pid is which process, so that the processes can be found in another window.
    fn introduce(&mut self, run: &Run<'_>, setup: &Setup) {
        let Some(rows) = self.rows else { return };
        let Settings { cpu, tick, .. } = setup.settings;
        let place = format!(
            "CPU {cpu}, {} a tick, {}, supervisor on the same CPU ({}).",
            length(tick),
            setup.scenario.policy,
            run.sched_class()
        );
        let mut text = paragraph(&place, width(), "");
        text += &runs_beside(run.facts(), ("is", "are"));
        let processes = setup.scenario.workload.processes.len();
        let pids = run.pids().enumerate().take(MOST_INTRODUCED);
        let mut names: Vec<_> = pids
            .map(|(id, pid)| format!("ts:P{id} is pid {pid}"))
            .collect();
        if processes > names.len() {
            names.push(format!("and {} more", processes - names.len()));
        }
        text += &paragraph(&format!("{}.", names.join(", ")), width(), "");
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
