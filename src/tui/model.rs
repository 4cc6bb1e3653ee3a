//! What happened so far, in the order in which it was told.

use std::collections::VecDeque;
use std::ops::Range;

use crate::machine::{Interference, Pause, PauseCause, Span, SpanEnd};
use crate::scheduler::{PolicySpec, ReasonKind, State};
use crate::trace::recording::{Beginning, Entry};
use crate::trace::{DecisionRecord, PolicyChange, Recording, TickRecord, Trace, record_steered};
use crate::workload::{Instruction, Workload};

/// What the kernel says of a process at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// The state letter of `/proc/PID/stat`; `None`: there is no such process.
    pub letter: Option<char>,
    /// The function of the kernel in which it sleeps.
    pub wchan: Option<String>,
    pub cpu_ns: Option<u64>,
    /// Times it gave up the CPU by itself, and times it was taken from it.
    pub switches: Option<(u64, u64)>,
}

/// A line of the log: a decision, or what others did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
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
    workload: Workload,
    ticks: Vec<TickRecord>,
    decisions: Vec<DecisionRecord>,
    log: Vec<LogEntry>,
    policy_changes: Vec<PolicyChange>,
    /// As the decisions left it.
    states: Vec<State>,
    /// The first tick in which each process was interfered with.
    disturbed: Vec<Option<u64>>,
    /// What the kernel said last while a moment was the present, for the latest such moments.
    samples: VecDeque<(u64, Vec<Sample>)>,
    /// When each process was on the CPU, where that is known.
    spans: Vec<Vec<Span>>,
    paper: Vec<TickRecord>,
    /// As many ticks of it were asked for.
    paper_most: u64,
    /// The last tick that has begun.
    begun: u64,
    over: bool,
}

/// How many samples are kept, of all processes together.
const MOST_SAMPLES: usize = 50_000;

/// How many ticks of the simulation are computed ahead at least.
const PAPER_AHEAD: u64 = 256;

impl Model {
    pub fn new(beginning: Beginning) -> Self {
        let workload = beginning.workload.clone();
        let processes = workload.processes.len();
        let mut model = Self {
            beginning,
            workload,
            ticks: Vec::new(),
            decisions: Vec::new(),
            log: Vec::new(),
            policy_changes: Vec::new(),
            states: vec![State::New; processes],
            disturbed: vec![None; processes],
            samples: VecDeque::new(),
            spans: Vec::new(),
            paper: Vec::new(),
            paper_most: 0,
            begun: 0,
            over: false,
        };
        model.simulate();
        model
    }

    pub fn of(recording: Recording) -> Self {
        let mut model = Self::new(recording.beginning);
        for entry in recording.entries {
            model.take(entry);
        }
        match recording.end {
            Some(trace) => model.take(Entry::End(trace)),
            None => model.breaks_off(),
        }
        model
    }

    /// A tick begins: everything is decided about it.
    pub const fn begins(&mut self, tick: u64) {
        self.begun = tick;
    }

    pub fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Decision(decision) => self.decided(decision),
            Entry::Policy(change) => self.policy_changed(change),
            Entry::Tick(tick) => self.tick_ended(tick),
            Entry::Interference(what) => self.disturbed(&what),
            Entry::Pause(pause) => self.paused(&pause),
            Entry::End(trace) => self.ended(*trace),
        }
    }

    fn decided(&mut self, decision: DecisionRecord) {
        if let (Some(transition), Some(process)) = (decision.transition, decision.process)
            && let Some(state) = self.states.get_mut(process.index())
        {
            *state = transition.leads_to();
        }
        if decision.is_worth_telling() {
            self.add_to_log(LogEntry {
                tick: decision.tick,
                text: decision.why.clone(),
                from_outside: matches!(
                    decision.reason,
                    ReasonKind::Died | ReasonKind::PolicyChanged
                ),
            });
        }
        self.decisions.push(decision);
    }

    fn policy_changed(&mut self, change: PolicyChange) {
        self.policy_changes.push(change);
        self.simulate();
    }

    fn tick_ended(&mut self, tick: TickRecord) {
        self.ticks.push(tick);
        if self.ticks.len() as u64 >= self.paper_most {
            self.simulate();
        }
    }

    fn disturbed(&mut self, what: &Interference) {
        let tick = what.tick.0;
        if let Some(disturbed) = self.disturbed.get_mut(what.process.index()) {
            disturbed.get_or_insert(tick);
        }
        self.add_to_log(LogEntry {
            tick,
            text: format!("{}: {}", what.process, what.what),
            from_outside: true,
        });
    }

    /// A pause by hand needs no telling.
    fn paused(&mut self, pause: &Pause) {
        let text = match pause.cause {
            PauseCause::Terminal | PauseCause::Person => return,
            PauseCause::Outside => {
                "the supervisor was stopped from outside; the running process went on"
            }
            PauseCause::Frozen => "everything stood still from outside",
        };
        self.add_to_log(LogEntry {
            tick: pause.tick.0,
            text: text.to_owned(),
            from_outside: true,
        });
    }

    fn ended(&mut self, trace: Trace) {
        let spans = trace.processes.into_iter().map(|process| process.spans);
        self.spans = spans.collect::<Option<_>>().unwrap_or_default();
        self.over = true;
    }

    /// Nothing will be told any more.
    pub fn breaks_off(&mut self) {
        self.over = true;
    }

    /// What the kernel says now. Where a process is gone, what was seen of it last remains.
    pub fn sampled(&mut self, mut now: Vec<Sample>) {
        if let Some((_, before)) = self.samples.back() {
            for (now, before) in now.iter_mut().zip(before) {
                now.cpu_ns = now.cpu_ns.or(before.cpu_ns);
                now.switches = now.switches.or(before.switches);
            }
        }
        let latest = self.latest();
        if self.samples.back().is_some_and(|(of, _)| *of == latest) {
            self.samples.pop_back();
        }
        if (self.samples.len() + 1) * now.len() > MOST_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back((latest, now));
    }

    /// The latest moment there is.
    pub const fn latest(&self) -> u64 {
        if self.over {
            self.ticks.len() as u64 + 1
        } else {
            self.begun
        }
    }

    pub const fn is_over(&self) -> bool {
        self.over
    }

    pub const fn processes(&self) -> usize {
        self.states.len()
    }

    pub fn ticks(&self) -> &[TickRecord] {
        &self.ticks
    }

    pub fn tick(&self, number: u64) -> Option<&TickRecord> {
        self.ticks
            .get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// A tick of the simulation, by its number.
    pub fn on_paper(&self, number: u64) -> Option<&TickRecord> {
        self.paper
            .get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// How many ticks there will be as far as the simulation knows, and there are at least.
    pub fn expected_ticks(&self) -> u64 {
        self.paper.len().max(self.ticks.len()) as u64
    }

    /// Where a process is at a moment.
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
    pub fn decisions(&self, moment: u64) -> &[DecisionRecord] {
        &self.decisions[of_tick(&self.decisions, moment, |decision| decision.tick)]
    }

    /// What there is to tell up to a moment, and how much of that is older.
    pub fn log(&self, moment: u64) -> (&[LogEntry], usize) {
        let Range { start, end } = of_tick(&self.log, moment, |entry| entry.tick);
        (&self.log[..end], start)
    }

    /// What the kernel said of a process while a moment was the present.
    pub fn sample(&self, moment: u64, process: usize) -> Option<&Sample> {
        let (of, samples) = self.sampled_by(moment)?;
        samples.get(process).filter(|_| *of == moment)
    }

    /// CPU time of a process in nanoseconds, as it was seen last by a moment.
    pub fn cpu_ns(&self, moment: u64, process: usize) -> Option<u64> {
        self.sampled_by(moment)?.1.get(process)?.cpu_ns
    }

    /// How often a process had given up the CPU by a moment, and how often it was taken from it, where
    /// it is known.
    pub fn switches(&self, moment: u64, process: usize) -> Option<(u64, u64)> {
        let Some(spans) = self.spans.get(process) else {
            return self.sampled_by(moment)?.1.get(process)?.switches;
        };
        let until_ns = self.tick(moment).and_then(|tick| tick.start_ns);
        let until_ns = until_ns.unwrap_or(u64::MAX);
        let left = spans.iter().take_while(|span| span.end_ns <= until_ns);
        let (mut own, mut forced) = (0, 0);
        for span in left {
            match span.ended {
                SpanEnd::Preempted => forced += 1,
                SpanEnd::Unfinished => {}
                _ => own += 1,
            }
        }
        Some((own, forced))
    }

    /// The last look at the processes by a moment.
    fn sampled_by(&self, moment: u64) -> Option<&(u64, Vec<Sample>)> {
        let after = self.samples.partition_point(|(of, _)| *of <= moment);
        self.samples.get(after.checked_sub(1)?)
    }

    /// The policy at a moment.
    pub fn policy(&self, moment: u64) -> PolicySpec {
        let changed = self
            .policy_changes
            .iter()
            .rfind(|change| change.tick <= moment);
        changed.map_or(self.beginning.policy.spec, |change| change.spec)
    }

    /// Nominal length in nanoseconds of the tick of a moment, or of the last before it.
    pub fn tick_ns(&self, moment: u64) -> u64 {
        let first_ns = self.beginning.tick_ns;
        let tick = self.tick(moment).or(self.ticks.last());
        tick.map_or(first_ns, |tick| tick.nominal_ns(first_ns))
    }

    /// Whether a process had been interfered with by then.
    pub fn is_disturbed(&self, moment: u64, process: usize) -> bool {
        let first = self.disturbed.get(process).copied().flatten();
        first.is_some_and(|first| first <= moment)
    }

    pub fn name(&self, process: usize) -> Option<&str> {
        self.workload.processes.get(process)?.name.as_deref()
    }

    /// The book's id of a process, and its name: `P0 editor`.
    pub fn title(&self, process: usize) -> String {
        self.beginning.workload.title(process)
    }

    pub fn program(&self, process: usize) -> &[Instruction] {
        let spec = self.workload.processes.get(process);
        spec.map_or(&[], |spec| spec.program.instructions())
    }

    fn simulate(&mut self) {
        let most = (2 * self.ticks.len() as u64).max(PAPER_AHEAD);
        let policy = &self.beginning.policy;
        let paper = record_steered(&self.workload, policy, &self.policy_changes, most);
        self.paper = paper.ticks;
        self.paper_most = most;
    }

    /// What is noticed late still comes behind what happened in the same tick.
    fn add_to_log(&mut self, entry: LogEntry) {
        let place = self.log.partition_point(|other| other.tick <= entry.tick);
        self.log.insert(place, entry);
    }
}

/// Those of this tick; they are in the order of their ticks.
fn of_tick<T>(all: &[T], tick: u64, of: impl Fn(&T) -> u64) -> Range<usize> {
    let start = all.partition_point(|one| of(one) < tick);
    start..all.partition_point(|one| of(one) <= tick)
}
