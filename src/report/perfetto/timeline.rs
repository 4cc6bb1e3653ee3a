//! One run, on paper or as it was: its ticks, its decisions, the states of its processes.

use serde_json::{Value, json};

use super::event::{Track, Tracks};
use super::names::{about_run, on_cpu};
use crate::machine::{PauseCause, signal_name};
use crate::report::live::state_name;
use crate::report::summary::outcome_line;
use crate::scheduler::{State, TransitionKind};
use crate::trace::{Cell, DecisionRecord, TickRecord, Trace};

#[derive(Clone, Copy, Debug)]
pub struct TimedTick<'a> {
    tick: &'a TickRecord,
    nominal_ns: u64,
    start_ns: u64,
    end_ns: u64,
    /// Where the next tick starts: states last until then.
    until_ns: u64,
}

/// Ticks on paper, each as long as it should have taken.
pub fn nominal<'a>(ticks: &'a [TickRecord], trace: &Trace) -> Vec<TimedTick<'a>> {
    let mut now_ns = 0_u64;
    let place = |(index, tick)| {
        let start_ns = now_ns;
        let nominal_ns = trace.nominal_ns(index);
        now_ns = now_ns.saturating_add(nominal_ns);
        TimedTick {
            tick,
            nominal_ns,
            start_ns,
            end_ns: now_ns,
            until_ns: now_ns,
        }
    };
    ticks.iter().enumerate().map(place).collect()
}

pub fn measured(trace: &Trace) -> Vec<TimedTick<'_>> {
    let mut timed: Vec<TimedTick<'_>> = Vec::with_capacity(trace.ticks.len());
    for tick in &trace.ticks {
        let (Some(start_ns), Some(end_ns)) = (tick.start_ns, tick.end_ns) else {
            continue;
        };
        if let Some(before) = timed.last_mut() {
            before.until_ns = start_ns;
        }
        timed.push(TimedTick {
            tick,
            nominal_ns: tick.nominal_ns(trace.tick_ns),
            start_ns,
            end_ns,
            until_ns: end_ns,
        });
    }
    timed
}

/// When a tick starts, or the run ends, if there is no such tick.
fn start_ns(ticks: &[TimedTick<'_>], tick: u64) -> u64 {
    let index = ticks.partition_point(|timed| timed.tick.tick < tick);
    match ticks.get(index) {
        Some(timed) => timed.start_ns,
        None => ticks.last().map_or(0, |last| last.until_ns),
    }
}

pub struct RunTracks<'a> {
    pub trace: &'a Trace,
    pub group: &'static str,
    pub ticks: Vec<TimedTick<'a>>,
    pub decisions: &'a [DecisionRecord],
    /// Of the real processes, in the order of the book's ids.
    pub pids: Vec<i32>,
}

impl RunTracks<'_> {
    /// Draws it. `more` is drawn below the decisions.
    pub fn draw(&self, tracks: &mut Tracks, more: impl FnOnce(&mut Tracks)) {
        let processes = 0..self.trace.workload.processes.len();
        tracks.group(&about_run(self.group, self.trace));
        tracks.track("ticks", |track| self.ticks(track));
        tracks.track("decisions", |track| self.decisions(track));
        more(tracks);
        tracks.track("CPU", |track| self.cpu(track));
        for index in processes.clone() {
            let (name, pid) = (self.trace.workload.title(index), self.pids.get(index));
            tracks.thread(&name, pid.copied(), |track| {
                self.creation(index, track);
                self.states(index, track);
            });
        }
        for index in processes {
            let name = format!("device, I/O of P{index}");
            tracks.track(&name, |track| self.device(index, track));
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "there are fewer processes than that"
        )]
        let in_flight = |timed: &TimedTick<'_>| (timed.start_ns, timed.tick.ios_in_flight as f64);
        let mut ios: Vec<_> = self.ticks.iter().map(in_flight).collect();
        ios.extend(self.ticks.last().map(|last| (last.until_ns, 0.0)));
        tracks.counter("I/Os", "in flight", &ios);
    }

    fn ticks(&self, track: &mut Track) {
        for timed in &self.ticks {
            let name = format!("tick {}", timed.tick.tick);
            let args = json!({
                "nominal_ns": timed.nominal_ns,
                "io_completed": timed.tick.io_completed,
            });
            track.slice(name, timed.start_ns, timed.end_ns, args);
        }
        // The simulation beside a run that was broken off ends there, too.
        let broken_off = outcome_line(self.trace);
        if !broken_off.is_empty() {
            let at_ns = self.ticks.last().map_or(0, |last| last.until_ns);
            track.instant(broken_off.trim_end().to_owned(), at_ns, json!({}));
        }
    }

    fn decisions(&self, track: &mut Track) {
        for decision in self.decisions.iter().filter(|d| !is_creation(d)) {
            self.decision(decision, track);
        }
    }

    /// On the track of the process itself: all are created at one time.
    fn creation(&self, process: usize, track: &mut Track) {
        let mut creations = self.decisions.iter().filter(|d| is_creation(d));
        let of_this = |d: &&DecisionRecord| d.process.is_some_and(|id| id.index() == process);
        if let Some(creation) = creations.find(of_this) {
            self.decision(creation, track);
        }
    }

    fn decision(&self, decision: &DecisionRecord, track: &mut Track) {
        let at_ns = start_ns(&self.ticks, decision.tick);
        let args = json!({
            "tick": decision.tick,
            "transition": decision.transition,
            "process": decision.process,
            "reason": decision.reason,
        });
        track.instant(decision.why.clone(), at_ns, args);
    }

    /// The process that had it, as the book sees it.
    fn cpu(&self, track: &mut Track) {
        let running = |timed: &TimedTick<'_>| {
            let cells = &timed.tick.processes;
            cells.iter().position(|cell| cell.state == State::Running)
        };
        for stretch in self.ticks.chunk_by(|a, b| running(a) == running(b)) {
            if let Some(process) = running(&stretch[0]) {
                let (from_ns, until_ns) = (stretch[0].start_ns, stretch[stretch.len() - 1].end_ns);
                let name = on_cpu(process);
                track.slice(name, from_ns, until_ns, ticks_of(stretch));
            }
        }
    }

    /// A slice for each state, and in it one for each instruction.
    fn states(&self, process: usize, track: &mut Track) {
        let cell = |timed: &TimedTick<'_>| timed.tick.processes.get(process).copied();
        let state = |timed: &TimedTick<'_>| cell(timed).map(|cell| cell.state);
        for stretch in self.ticks.chunk_by(|a, b| state(a) == state(b)) {
            let Some(state) = state(&stretch[0]).filter(|state| *state != State::Gone) else {
                continue;
            };
            let mut args = ticks_of(stretch);
            if let Some(letters) = letters(stretch.iter().filter_map(cell)) {
                args["kernel"] = Value::String(letters);
            }
            track.begin(
                state_name(state, self.trace.policy.dialect),
                stretch[0].start_ns,
                args,
            );
            for timed in stretch {
                if let Some(instruction) = cell(timed).and_then(|cell| cell.instruction) {
                    let args = json!({"tick": timed.tick.tick});
                    track.slice(instruction.name(), timed.start_ns, timed.end_ns, args);
                }
            }
            track.end(stretch[stretch.len() - 1].until_ns);
        }
    }

    /// A slice for each request, while the device worked on it.
    fn device(&self, process: usize, track: &mut Track) {
        let waits = |timed: &TimedTick<'_>| {
            let cell = timed.tick.processes.get(process);
            cell.is_some_and(|cell| cell.state == State::Blocked)
        };
        for stretch in self.ticks.chunk_by(|a, b| waits(a) == waits(b)) {
            if waits(&stretch[0]) {
                let until_ns = stretch[stretch.len() - 1].until_ns;
                let name = format!("I/O of P{process}");
                track.slice(name, stretch[0].start_ns, until_ns, ticks_of(stretch));
            }
        }
    }
}

fn is_creation(decision: &DecisionRecord) -> bool {
    decision.transition == Some(TransitionKind::Admit) && decision.process.is_some()
}

fn ticks_of(stretch: &[TimedTick<'_>]) -> Value {
    let (first, last) = (&stretch[0], &stretch[stretch.len() - 1]);
    json!({"first_tick": first.tick.tick, "last_tick": last.tick.tick})
}

/// The kernel's letters, one for each tick, and a dot where it was not asked; `None` where it never
/// was.
fn letters(cells: impl Iterator<Item = Cell> + Clone) -> Option<String> {
    let asked = cells.clone().any(|cell| cell.kernel.is_some());
    asked.then(|| cells.map(|cell| cell.kernel.unwrap_or('.')).collect())
}

/// When the supervisor stood still, and what outsiders did.
pub fn disturbances(trace: &Trace, tracks: &mut Tracks) {
    tracks.track("pauses", |track| {
        let mut pauses = trace.pauses.clone();
        pauses.sort_by_key(|pause| pause.at_ns);
        for pause in pauses {
            let args = json!({"tick": pause.tick, "length_ns": pause.length_ns});
            let until_ns = pause.at_ns.saturating_add(pause.length_ns);
            match pause.cause {
                PauseCause::Terminal => track.instant("suspended", pause.at_ns, args),
                PauseCause::Person => track.instant("paused", pause.at_ns, args),
                // The others stop the clock of the run, too, and take no time in it.
                PauseCause::Outside => {
                    track.slice("the supervisor was stopped", pause.at_ns, until_ns, args);
                }
                PauseCause::Frozen => {
                    track.slice("stood still from outside", pause.at_ns, until_ns, args);
                }
            }
        }
    });
    tracks.track("interference", |track| {
        let ticks = measured(trace);
        let events = trace.interference.iter().map(|event| {
            let name = format!("{} ({})", event.what, event.process);
            (event.tick.0, name)
        });
        let kills = trace.kills().into_iter().map(|kill| {
            let signal = signal_name(kill.number);
            (
                kill.tick,
                format!("was killed by {signal} ({})", kill.process),
            )
        });
        let mut events: Vec<_> = events.chain(kills).collect();
        events.sort_by_key(|(tick, _)| *tick);
        for (tick, name) in events {
            track.instant(name, start_ns(&ticks, tick), json!({"tick": tick}));
        }
    });
}
