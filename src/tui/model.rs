//! What happened so far, in the order in which it was told.

use std::ops::Range;

use crate::machine::{Interference, Pause, PauseCause};
use crate::scheduler::State;
use crate::trace::{DecisionRecord, PolicyChange, PolicyRecord, TickRecord, on_paper_steered};
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};
use crate::workload::{Instruction, Workload};

/// What is known before the first tick.
#[derive(Clone, Debug)]
pub struct Beginning {
    pub workload: Workload,
    pub policy: PolicyRecord,
    /// Length of a tick in nanoseconds.
    pub tick_ns: u64,
    /// The CPU the processes share.
    pub cpu: usize,
    /// The kernel's pids, in the order of the book's ids.
    pub pids: Vec<i32>,
}

/// What the kernel says of a process at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// The state letter of `/proc/PID/stat`; `None`: there is no such process.
    pub letter: Option<char>,
    /// The function of the kernel in which it sleeps.
    pub wchan: Option<String>,
    /// CPU time in nanoseconds.
    pub cpu_ns: Option<u64>,
    /// Times it gave up the CPU by itself, and times it was taken from it.
    pub switches: Option<(u64, u64)>,
}

/// Something that is told in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The tick at whose start, or in which, it happened.
    pub tick: u64,
    pub text: String,
    /// Not the scheduler's doing.
    pub from_outside: bool,
}

/// A run, as far as it has been told. Its moments are numbered as its ticks are: moment 0 is before
/// anything was decided, moment 7 while tick 7 passes, and the one behind the last tick is when all
/// is over.
#[derive(Clone, Debug)]
pub struct Model {
    pub beginning: Beginning,
    ticks: Vec<TickRecord>,
    decisions: Vec<DecisionRecord>,
    events: Vec<Event>,
    policy_changes: Vec<PolicyChange>,
    /// As the decisions left it.
    states: Vec<State>,
    /// Who was meddled with, and in which tick first.
    meddled: Vec<Option<u64>>,
    /// The last look at each process that was taken while a moment was the present.
    glances: Vec<Vec<Glance>>,
    paper: Vec<TickRecord>,
    /// As many ticks of it were asked for.
    paper_most: u64,
    over: bool,
}

/// How many ticks of the simulation are computed ahead at least.
const PAPER_AHEAD: u64 = 256;

impl Model {
    #[must_use]
    pub fn new(beginning: Beginning) -> Self {
        let processes = beginning.workload.processes.len();
        let mut model = Self {
            beginning,
            ticks: Vec::new(),
            decisions: Vec::new(),
            events: Vec::new(),
            policy_changes: Vec::new(),
            states: vec![State::New; processes],
            meddled: vec![None; processes],
            glances: Vec::new(),
            paper: Vec::new(),
            paper_most: 0,
            over: false,
        };
        model.simulate();
        model
    }

    pub fn decided(&mut self, decision: DecisionRecord) {
        let process = decision.process.map(|id| id as usize);
        if let (Some(to), Some(process)) = (leads_to(&decision), process)
            && let Some(state) = self.states.get_mut(process)
        {
            *state = to;
        }
        if decision.is_worth_telling() {
            self.tell(Event {
                tick: decision.tick,
                text: decision.why.clone(),
                from_outside: matches!(decision.reason.as_str(), "died" | "steered"),
            });
        }
        self.decisions.push(decision);
    }

    pub fn policy_changed(&mut self, change: PolicyChange) {
        self.policy_changes.push(change);
        self.simulate();
    }

    pub fn tick_ended(&mut self, tick: TickRecord) {
        self.ticks.push(tick);
        if self.ticks.len() as u64 >= self.paper_most {
            self.simulate();
        }
    }

    pub fn interfered(&mut self, what: &Interference) {
        let tick = what.tick.0;
        if let Some(meddled) = self.meddled.get_mut(what.process.index()) {
            meddled.get_or_insert(tick);
        }
        self.tell(Event {
            tick,
            text: format!("{}: {}", what.process, what.what),
            from_outside: true,
        });
    }

    /// Whoever pauses a run by hand knows it.
    pub fn paused(&mut self, pause: &Pause) {
        if pause.cause == PauseCause::Outside {
            self.tell(Event {
                tick: pause.tick.0,
                text: "somebody stopped the supervisor; the running process went on".to_owned(),
                from_outside: true,
            });
        }
    }

    /// Nothing will be told any more.
    pub fn ended(&mut self) {
        self.over = true;
    }

    /// What the kernel says now. Where a process is gone, what was seen of it last remains.
    pub fn glanced(&mut self, now: Vec<Glance>) {
        let moment = usize::try_from(self.latest()).unwrap_or(usize::MAX);
        let before = self.glances.last().cloned().unwrap_or_default();
        while self.glances.len() <= moment {
            self.glances.push(before.clone());
        }
        let latest = &mut self.glances[moment];
        latest.resize(now.len(), Glance::default());
        for (kept, now) in latest.iter_mut().zip(now) {
            let kept_of_it = std::mem::replace(kept, now);
            if kept.letter.is_none() {
                kept.cpu_ns = kept.cpu_ns.or(kept_of_it.cpu_ns);
                kept.switches = kept.switches.or(kept_of_it.switches);
            }
        }
    }

    /// The kernel's own record of the past, for each moment: whoever opens a recording has it.
    pub fn remember(&mut self, glances: Vec<Vec<Glance>>) {
        self.glances = glances;
    }

    /// The latest moment there is.
    #[must_use]
    pub fn latest(&self) -> u64 {
        if self.decisions.is_empty() {
            0
        } else {
            self.ticks.len() as u64 + 1
        }
    }

    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.over
    }

    #[must_use]
    pub const fn processes(&self) -> usize {
        self.states.len()
    }

    /// All ticks that have ended.
    #[must_use]
    pub fn ticks(&self) -> &[TickRecord] {
        &self.ticks
    }

    /// A tick that has ended, by its number.
    #[must_use]
    pub fn tick(&self, number: u64) -> Option<&TickRecord> {
        self.ticks
            .get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// A tick of the simulation, by its number.
    #[must_use]
    pub fn on_paper(&self, number: u64) -> Option<&TickRecord> {
        self.paper
            .get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// How many ticks there will be as far as the simulation knows, and there are at least.
    #[must_use]
    pub fn expected_ticks(&self) -> u64 {
        self.paper.len().max(self.ticks.len()) as u64
    }

    /// Where a process is at a moment.
    #[must_use]
    pub fn state(&self, moment: u64, process: usize) -> State {
        let of_tick = self
            .tick(moment)
            .and_then(|tick| tick.processes.get(process));
        match of_tick {
            Some(cell) => cell.state,
            None if moment == 0 => State::New,
            None => self.states.get(process).copied().unwrap_or(State::New),
        }
    }

    /// What the scheduler decided about a moment.
    #[must_use]
    pub fn decisions(&self, moment: u64) -> &[DecisionRecord] {
        &self.decisions[of_tick(&self.decisions, moment, |decision| decision.tick)]
    }

    /// What there is to tell up to a moment, and how much of that is older.
    #[must_use]
    pub fn events(&self, moment: u64) -> (&[Event], usize) {
        let Range { start, end } = of_tick(&self.events, moment, |event| event.tick);
        (&self.events[..end], start)
    }

    /// What the kernel said of a process while a moment was the present.
    #[must_use]
    pub fn glance(&self, moment: u64, process: usize) -> Option<&Glance> {
        let index = usize::try_from(moment).ok()?;
        self.glances
            .get(index)
            .or(self.glances.last())?
            .get(process)
    }

    /// The policies that hold at a moment.
    #[must_use]
    pub fn policies(&self, moment: u64) -> (SwitchPolicy, IoDonePolicy) {
        let changed = self
            .policy_changes
            .iter()
            .rfind(|change| change.tick <= moment);
        let first = &self.beginning.policy;
        changed.map_or((first.switch, first.io_done), |change| {
            (change.switch, change.io_done)
        })
    }

    /// Nominal length in nanoseconds of the tick of a moment, or of the last before it.
    #[must_use]
    pub fn tick_ns(&self, moment: u64) -> u64 {
        let first_ns = self.beginning.tick_ns;
        let tick = self.tick(moment).or(self.ticks.last());
        tick.map_or(first_ns, |tick| tick.nominal_ns(first_ns))
    }

    /// Whether somebody had meddled with a process by then.
    #[must_use]
    pub fn is_meddled(&self, moment: u64, process: usize) -> bool {
        let first = self.meddled.get(process).copied().flatten();
        first.is_some_and(|first| first <= moment)
    }

    #[must_use]
    pub fn program(&self, process: usize) -> &[Instruction] {
        let spec = self.beginning.workload.processes.get(process);
        spec.map_or(&[], |spec| spec.program.instructions())
    }

    fn simulate(&mut self) {
        let most = (2 * self.ticks.len() as u64).max(PAPER_AHEAD);
        let Beginning {
            workload, policy, ..
        } = &self.beginning;
        self.paper = on_paper_steered(workload, policy, &self.policy_changes, most);
        self.paper_most = most;
    }

    /// What is noticed late still comes behind what happened in the same tick.
    fn tell(&mut self, event: Event) {
        let place = self
            .events
            .partition_point(|other| other.tick <= event.tick);
        self.events.insert(place, event);
    }
}

fn leads_to(decision: &DecisionRecord) -> Option<State> {
    Some(match decision.transition.as_deref()? {
        "admit" | "deschedule" | "complete_io" => State::Ready,
        "dispatch" => State::Running,
        "block" => State::Blocked,
        "exit" => State::Zombie,
        "reap" => State::Gone,
        _ => return None,
    })
}

/// Those of this tick; they are in the order of their ticks.
fn of_tick<T>(all: &[T], tick: u64, of: impl Fn(&T) -> u64) -> Range<usize> {
    let start = all.partition_point(|one| of(one) < tick);
    start..all.partition_point(|one| of(one) <= tick)
}
