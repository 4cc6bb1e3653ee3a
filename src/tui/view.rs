//! What is shown of a run, and what the keys ask for: the state behind the drawing.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::counters::Counters;
use super::keys::Key;
use super::model::Model;
use super::notice::Notice;
use super::theme::{Theme, name};
use super::tick_length::{faster, slower};
use crate::scheduler::{PolicySpec, ProcId, State};

/// What a key asks for that the view cannot do itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Pause,
    Resume,
    /// To go on until the next tick is about to begin.
    Step,
    /// The length of each tick from now on.
    Tick(Duration),
    Signal(ProcId, Signal),
    Wait(ProcId),
    Policy(PolicySpec),
    Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Real processes that run now.
    Live,
    Replay,
}

/// What lies over the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Overlay {
    #[default]
    None,
    Help,
    /// A tick to go to, as far as it has been typed.
    GoTo(String),
}

#[derive(Debug)]
pub struct View {
    pub model: Model,
    pub mode: Mode,
    pub theme: Theme,
    pub overlay: Overlay,
    pub notice: Option<Notice>,
    /// How long a tick takes: as ordered, or as it is shown.
    pub tick: Duration,
    pub paused: bool,
    /// From which moment a step goes.
    stepping: Option<u64>,
    /// `None`: the latest.
    moment: Option<u64>,
    counters: Counters,
    selected: usize,
    policy: PolicySpec,
    /// The summary of the run, once it is over, and its first line shown.
    pub summary: Vec<String>,
    pub summary_top: usize,
    summary_shown: bool,
    /// For how long the moment has been shown.
    shown_for: Duration,
}

/// Moments that a page has.
const PAGE: u64 = 10;

impl View {
    /// A live run is seen as it is now, a recording from its first tick on.
    pub fn new(model: Model, mode: Mode, tick: Duration, paused: bool, theme: Theme) -> Self {
        let policy = model.policy(0);
        let mut view = Self {
            mode,
            theme,
            overlay: Overlay::None,
            notice: None,
            tick,
            paused,
            stepping: None,
            moment: (mode == Mode::Replay).then(|| model.latest().min(1)),
            counters: Counters::default(),
            selected: 0,
            policy,
            summary: Vec::new(),
            summary_top: 0,
            summary_shown: false,
            shown_for: Duration::ZERO,
            model,
        };
        view.count();
        view
    }

    pub fn moment(&self) -> u64 {
        self.moment.unwrap_or_else(|| self.model.latest())
    }

    /// Whether what is shown is what is now.
    pub fn is_present(&self) -> bool {
        self.mode == Mode::Live && self.moment() == self.model.latest()
    }

    /// Whether all is over at the moment that is shown.
    pub fn is_over(&self) -> bool {
        self.model.is_over() && self.moment() == self.model.latest()
    }

    /// Whether the processes are gone that were shown live.
    const fn has_ended(&self) -> bool {
        self.model.is_over() && matches!(self.mode, Mode::Live)
    }

    /// Whether nothing moves.
    pub fn is_standing(&self) -> bool {
        self.paused && self.stepping.is_none() && !self.has_ended()
    }

    pub fn shows_summary(&self) -> bool {
        self.summary_shown && self.is_over() && !self.summary.is_empty()
    }

    pub const fn selected(&self) -> usize {
        self.selected
    }

    /// What had come together by the moment that is shown.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many requests the device worked on in a tick, or works on now.
    pub fn requests(&self, tick: u64) -> u64 {
        let blocked = |process: &usize| self.model.state(tick, *process) == State::Blocked;
        self.model.tick(tick).map_or_else(
            || (0..self.model.processes()).filter(blocked).count() as u64,
            |ended| ended.ios_in_flight,
        )
    }

    /// The policy: at the moment that is shown, or the one that is wanted from now on.
    pub fn policy(&self) -> PolicySpec {
        if self.is_present() {
            self.policy
        } else {
            self.model.policy(self.moment())
        }
    }

    /// The model has been told something.
    pub fn told(&mut self) {
        if self.stepping.is_some_and(|from| self.model.latest() > from) {
            self.stepping = None;
        }
        self.count();
    }

    /// The run is over, and this is what there is to say of it.
    pub fn conclude(&mut self, summary: Vec<String>) {
        self.model.breaks_off();
        let blank = summary.iter().take_while(|line| line.is_empty()).count();
        self.summary = summary.into_iter().skip(blank).collect();
        self.stepping = None;
        self.count();
    }

    /// Time has passed: a notice has been read, and a recording plays on. Whether there is something
    /// else to see.
    pub fn pass(&mut self, time: Duration) -> bool {
        let (noticed, moment) = (self.notice.is_some(), self.moment());
        self.notice = self.notice.take().and_then(|notice| notice.after(time));
        if self.mode == Mode::Replay && !self.paused {
            self.play(time);
        }
        noticed != self.notice.is_some() || moment != self.moment()
    }

    fn play(&mut self, time: Duration) {
        self.shown_for += time;
        while let Some(left) = self.shown_for.checked_sub(self.tick)
            && self.moment() < self.model.latest()
        {
            self.go_to(self.moment() + 1);
            self.shown_for = left;
        }
        if self.moment() >= self.model.latest() {
            self.paused = true;
        }
    }

    /// What a key does here, and what it asks for.
    pub fn press(&mut self, key: Key) -> Vec<Action> {
        self.notice = None;
        match std::mem::take(&mut self.overlay) {
            Overlay::Help => Vec::new(),
            Overlay::GoTo(typed) => {
                self.type_tick(typed, key);
                Vec::new()
            }
            Overlay::None if self.shows_summary() && self.turn_summary(key) => Vec::new(),
            Overlay::None => self.act(key),
        }
    }

    fn act(&mut self, key: Key) -> Vec<Action> {
        match key {
            Key::Char('q') => return vec![Action::Leave],
            Key::Char('?' | 'h') => self.overlay = Overlay::Help,
            Key::Char('g') => self.overlay = Overlay::GoTo(String::new()),
            Key::Char(first @ '0'..='9') if self.mode == Mode::Replay => {
                self.overlay = Overlay::GoTo(first.to_string());
            }
            Key::Left => self.go_to(self.moment().saturating_sub(1)),
            Key::Right => self.go_to(self.moment() + 1),
            Key::PageUp => self.go_to(self.moment().saturating_sub(PAGE)),
            Key::PageDown => self.go_to(self.moment() + PAGE),
            Key::Home => self.go_to(1),
            Key::End => self.go_to(u64::MAX),
            Key::Up => self.selected = self.selected.saturating_sub(1),
            Key::Down => {
                let last = self.model.processes().saturating_sub(1);
                self.selected = (self.selected + 1).min(last);
            }
            Key::Tab | Key::Enter if self.is_over() => self.summary_shown = !self.summary_shown,
            Key::Char('+' | '=') => return self.change_tick(faster(self.tick)),
            Key::Char('-' | '_') => return self.change_tick(slower(self.tick)),
            Key::Char(' ') => return self.pause_or_go_on(),
            Key::Char('n') => return self.step(),
            Key::Char(c) => return self.by_hand(c),
            _ => {}
        }
        Vec::new()
    }

    fn pause_or_go_on(&mut self) -> Vec<Action> {
        if self.has_ended() {
            return Vec::new();
        }
        self.paused = !self.paused;
        self.stepping = None;
        self.shown_for = Duration::ZERO;
        match self.mode {
            // What has come to its end plays again.
            Mode::Replay => {
                if !self.paused && self.moment() >= self.model.latest() {
                    self.go_to(1);
                }
                Vec::new()
            }
            Mode::Live if self.paused => vec![Action::Pause],
            Mode::Live => vec![Action::Resume],
        }
    }

    /// In a live run, the next tick; in a recording, the next moment.
    fn step(&mut self) -> Vec<Action> {
        if self.mode == Mode::Replay {
            self.paused = true;
            self.go_to(self.moment() + 1);
            return Vec::new();
        }
        if self.model.is_over() {
            return Vec::new();
        }
        self.moment = None;
        self.stepping = Some(self.model.latest());
        self.count();
        self.paused = true;
        vec![Action::Step]
    }

    fn change_tick(&mut self, tick: Duration) -> Vec<Action> {
        self.tick = tick;
        match self.mode {
            Mode::Live if !self.model.is_over() => vec![Action::Tick(tick)],
            _ => Vec::new(),
        }
    }

    fn by_hand(&mut self, key: char) -> Vec<Action> {
        let policy = self.policy.turned_by(key);
        if policy.is_none() && !matches!(key, 's' | 'c' | 'k' | 'w') {
            return Vec::new();
        }
        if self.mode == Mode::Replay {
            return self.say("This is a recording: its processes are long gone.");
        }
        if self.model.is_over() {
            return self.say("The run is over: its processes are gone.");
        }
        if let Some(policy) = policy {
            self.policy = policy;
            return vec![Action::Policy(policy)];
        }
        let process = ProcId(u32::try_from(self.selected).unwrap_or(u32::MAX));
        let state = self.model.state(self.model.latest(), self.selected);
        if state == State::Gone {
            return self.say(&format!("{process} has been waited for: it is gone."));
        }
        let signal = match key {
            's' => Signal::SIGSTOP,
            // It would run while everything else stands still.
            'c' if self.is_standing() => {
                return self.say("Paused: no process goes on before you press space or n.");
            }
            'c' => Signal::SIGCONT,
            'k' => Signal::SIGKILL,
            _ => {
                self.say(&self.waits(process, state));
                return vec![Action::Wait(process)];
            }
        };
        // What came of it is told among the decisions, when the tick is over.
        self.say(&format!("{process} has been sent {signal}."));
        vec![Action::Signal(process, signal)]
    }

    /// What `w` comes to, as far as it is known before the machine has done it.
    fn waits(&self, process: ProcId, state: State) -> String {
        let sample = self.model.sample(self.model.latest(), self.selected);
        let has_ended = sample.is_some_and(|sample| sample.letter == Some('Z'));
        if state == State::Zombie || has_ended {
            return format!(
                "wait4({process}, WNOHANG) takes its exit status: {process} is gone then."
            );
        }
        let state = name(state).to_lowercase();
        format!("wait4({process}, WNOHANG) = 0, unless it has just ended: {process} is {state}.")
    }

    /// Shows a notice, and asks for nothing.
    fn say(&mut self, text: &str) -> Vec<Action> {
        self.notice = Some(Notice::new(text.to_owned()));
        Vec::new()
    }

    fn type_tick(&mut self, mut typed: String, key: Key) {
        match key {
            Key::Char(digit @ '0'..='9') if typed.len() < 9 => typed.push(digit),
            Key::Backspace => {
                typed.pop();
            }
            Key::Enter => {
                if let Ok(tick) = typed.parse() {
                    self.go_to(tick);
                }
                return;
            }
            Key::Escape | Key::Char('q') => return,
            _ => {}
        }
        self.overlay = Overlay::GoTo(typed);
    }

    /// Whether the key was for the summary.
    fn turn_summary(&mut self, key: Key) -> bool {
        let top = self.summary_top;
        self.summary_top = match key {
            Key::Up => top.saturating_sub(1),
            Key::Down => top + 1,
            Key::PageUp => top.saturating_sub(8),
            Key::PageDown => top + 8,
            _ => return false,
        };
        self.summary_top = self.summary_top.min(self.summary.len());
        true
    }

    fn go_to(&mut self, moment: u64) {
        let latest = self.model.latest();
        let moment = moment.min(latest);
        let follow = moment == latest && self.mode == Mode::Live;
        if self.moment() != moment {
            self.summary_shown = false;
        }
        self.moment = (!follow).then_some(moment);
        self.shown_for = Duration::ZERO;
        self.count();
    }

    fn count(&mut self) {
        let moment = self.moment();
        self.counters.move_to(&self.model, moment);
    }
}
