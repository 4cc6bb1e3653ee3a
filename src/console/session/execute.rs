//! What each command does.

use crate::os;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::lines::{Console, Output};
use crate::console::language;
use crate::console::language::{Command, Entry, Names, Rule, SignalNumber, Target, Who};
use crate::console::manual::{Answer, Asked, Call, Creation, ManualControl};
use crate::console::text as words;
use crate::inspect::page::{Layout, page};
use crate::inspect::pcb::Pcb;
use crate::linux::Settings;
use crate::os::affinity::AllowedCpus;
use crate::os::cpu_claim::CpuClaim;
use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::procfs;
use crate::os::procfs::condition;
use crate::os::procfs::process_dir::ProcessDir;
use crate::os::procfs::stat::Stat;
use crate::output::failure::Failure;
use crate::output::width;
use crate::process::executable::Executable;
use crate::scheduler::{PolicySpec, ProcId};
use crate::text::style::Color;
use crate::text::table::length;
use crate::text::tree;
use crate::workload::dialect::Dialect;
use crate::workload::quote::{one_line, quoted};

const IO_LENGTH: u64 = 5;

/// For how long a wait lets a process be stopped. While a script waits, its next line cannot continue
/// it; another process may. A person ends the wait (Ctrl-C).
fn limit(console: &Console) -> Option<Duration> {
    (!console.is_interactive()).then_some(deadline::CONTINUED)
}

/// How a session is set up.
pub struct Options {
    /// CPU time of one instruction.
    pub tick: Duration,
    /// The CPU to share; `None`: the last one allowed that no other run uses.
    pub cpu: Option<usize>,
    pub color: Color,
}

/// The processes of a console, their names, and the rules.
pub struct Session {
    pub hand: ManualControl,
    pub names: Names,
    pub policy: PolicySpec,
    pub allowed: AllowedCpus,
    /// Of the CPU of its processes.
    _claim: CpuClaim,
    pub color: Color,
    pub output: Output,
}

/// Whether the console goes on.
pub enum Next {
    Line,
    Quit,
}

/// Why a command was not done.
pub enum CommandError {
    /// The line is wrong; nothing was done.
    Line(String),
    /// A call failed.
    Call(String),
    /// The console cannot go on.
    Fatal(Failure),
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        Self::Fatal(failure)
    }
}

impl From<os::Error> for CommandError {
    fn from(error: os::Error) -> Self {
        match error {
            os::Error::Refused(why) => Self::Line(why),
            os::Error::Interrupted(_) => Self::Fatal(error.into()),
            _ => Self::Call(error.to_string()),
        }
    }
}

type Done = Result<(), CommandError>;

impl Session {
    /// # Errors
    /// When the CPU asked for is not allowed, or what all processes need cannot be had.
    pub fn new(options: &Options, console: &Console) -> Result<Self, Failure> {
        let allowed = AllowedCpus::of_this_process()?;
        let claim = CpuClaim::take(&allowed, options.cpu)?;
        let hand = ManualControl::new(Settings {
            cpu: claim.cpu(),
            tick: options.tick,
            io_length: IO_LENGTH,
            dialect: Dialect::Current,
        })?;
        Ok(Self {
            hand,
            names: Names::default(),
            policy: PolicySpec::default(),
            allowed,
            _claim: claim,
            color: options.color,
            output: console.output(),
        })
    }

    /// # Errors
    /// When it cannot be printed.
    pub fn say(&self, text: &str) -> Result<(), Failure> {
        self.output.print(text).map_err(Failure::stdout)
    }

    /// Does one command.
    ///
    /// # Errors
    /// When it cannot be done.
    pub async fn execute(
        &mut self,
        command: Command,
        console: &mut Console,
    ) -> Result<Next, CommandError> {
        match command {
            Command::Create { name, what } => self.create(name, &what, console).await?,
            Command::Cont(target) => {
                self.each(&target, ManualControl::cont)?;
                self.warn_of_sharing()?;
            }
            Command::Stop(target) => self.each(&target, ManualControl::stop)?,
            Command::Kill(signal, target) => self.kill(signal, &target)?,
            Command::Wait { target, nohang } => self.wait(&target, nohang, console).await?,
            Command::Status(target) => self.status(&target)?,
            Command::Inspect(who) => self.inspect(&who)?,
            Command::Tree => self.tree()?,
            Command::Policy(rule) => self.policy(rule)?,
            Command::Start => self.start(console).await?,
            Command::Pause => {
                let why = "the scheduler does not drive: there is nothing to pause";
                return Err(CommandError::Line(why.to_owned()));
            }
            Command::Sleep(time) => self.sleep(time, console).await?,
            Command::Help(of) => self.say(&words::help(of))?,
            Command::Quit => return Ok(Next::Quit),
        }
        Ok(Next::Line)
    }

    async fn create(
        &mut self,
        name: Option<String>,
        what: &language::Creation,
        console: &Console,
    ) -> Done {
        if let Some(name) = name.as_ref().filter(|name| self.names.has(name)) {
            return Err(CommandError::Line(format!(
                "a process is called {} already",
                quoted(name)
            )));
        }
        let id = self.names.next_id();
        let (calls, given) = match what {
            language::Creation::Worker { program, given } => (
                self.hand.create(id, &Creation::Worker(program)).await?,
                given.clone(),
            ),
            language::Creation::Command(command) => {
                let executable = Executable::find(command)?;
                let creation = Creation::Command(&executable);
                (self.hand.create(id, &creation).await?, command.join(" "))
            }
        };
        self.names.add(Entry { id, name, given });
        let names = self.names.entries().iter().flat_map(|entry| {
            let name = entry.name.clone();
            name.into_iter().chain([entry.id.to_string()])
        });
        console.set_words(names.collect());
        self.tell_calls(&calls)?;
        Ok(self.say(&format!("{id} is ready.\n"))?)
    }

    /// Does something to each, and tells the calls. The first that fails ends it.
    fn each(
        &mut self,
        target: &Target,
        verb: impl Fn(&mut ManualControl, ProcId) -> Result<Vec<Call>, os::Error>,
    ) -> Done {
        for id in self.meant(target)? {
            let was_zombie = self.hand.is_zombie(id)?;
            let calls = verb(&mut self.hand, id)?;
            self.tell_calls(&calls)?;
            if was_zombie {
                self.say(&format!(
                    "{id} is a zombie: no signal does anything to it.\n"
                ))?;
            }
        }
        Ok(())
    }

    /// Of `all`, those that have not been reaped.
    pub fn meant(&self, target: &Target) -> Result<Vec<ProcId>, CommandError> {
        let counts = |id| !self.hand.is_gone(id);
        self.names
            .resolve(target, counts)
            .map_err(CommandError::Line)
    }

    fn tell_calls(&self, calls: &[Call]) -> Done {
        let text: String = calls.iter().map(words::call).collect();
        self.say(&text)?;
        match calls
            .iter()
            .find(|call| matches!(call.answer, Answer::Failed(_)))
        {
            Some(call) => {
                let id = call.process;
                let why = if self.hand.is_gone(id) {
                    "has been reaped: it is no more"
                } else {
                    "has ended"
                };
                Err(CommandError::Call(format!("{id} {why}")))
            }
            None => Ok(()),
        }
    }

    fn warn_of_sharing(&self) -> Done {
        let runnable = self.hand.runnable();
        if runnable.len() < 2 {
            return Ok(());
        }
        let names: Vec<_> = runnable.iter().map(ProcId::to_string).collect();
        Ok(self.say(&format!(
            "{} can run: the kernel's scheduler, not ours, now shares the CPU between them.\n",
            names.join(" and ")
        ))?)
    }

    fn kill(&mut self, signal: SignalNumber, target: &Target) -> Done {
        self.each(target, |hand, id| hand.signal(id, signal))?;
        for id in self.meant(target)? {
            let at_once = [Signal::SIGKILL, Signal::SIGSTOP, Signal::SIGCONT];
            let waits = signal
                .named()
                .is_none_or(|signal| !at_once.contains(&signal));
            if waits && self.hand.is_stopped(id) {
                self.say(&format!(
                    "{id} is stopped: {signal} takes effect when it is continued; only SIGKILL \
                     would at once.\n"
                ))?;
            }
        }
        Ok(())
    }

    async fn wait(&mut self, target: &Target, nohang: bool, console: &mut Console) -> Done {
        let ids = self.meant(target)?;
        for id in ids {
            let mut call = self.hand.wait_nohang(id)?;
            if !nohang && call.answer == Answer::Nothing {
                if self.hand.is_stopped(id) {
                    self.say(&words::waits_for_stopped(id, limit(console)))?;
                }
                match self.until_ended(id, console).await? {
                    Some(ended) => call = ended,
                    None => return Ok(self.say(&format!("Not waiting for {id} any more.\n"))?),
                }
                let (asked, answer) = (Asked::Readable, Answer::Readable);
                self.tell_calls(&[Call {
                    asked,
                    answer,
                    ..call
                }])?;
            }
            self.tell_calls(&[call])?;
        }
        Ok(())
    }

    /// Waits until it can be reaped, and does; `None`: Ctrl-C.
    async fn until_ended(
        &mut self,
        id: ProcId,
        console: &mut Console,
    ) -> Result<Option<Call>, CommandError> {
        let limit = limit(console);
        let mut until = limit.map(Deadline::after);
        loop {
            tokio::select! {
                () = console.interrupted() => return Ok(None),
                news = self.hand.news() => self.say(&words::news(&news?))?,
                () = tokio::time::sleep(deadline::LOOK_INTO), if until.is_some() => {}
            }
            if !self.hand.is_stopped(id) {
                until = limit.map(Deadline::after);
            }
            if let Some(limit) = limit.filter(|_| until.is_some_and(|by| by.left().is_none())) {
                return Err(CommandError::Call(format!(
                    "{id} is stopped, and nothing has continued it within {}: run {id} first",
                    length(limit)
                )));
            }
            let call = self.hand.wait_nohang(id)?;
            if call.answer != Answer::Nothing {
                return Ok(Some(call));
            }
        }
    }

    async fn sleep(&mut self, time: Duration, console: &mut Console) -> Done {
        // Not one timer for all of it: that would go on while we stand still.
        let until = Deadline::after(time);
        while let Some(left) = until.left() {
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                () = console.interrupted() => return Ok(()),
                news = self.hand.news() => self.say(&words::news(&news?))?,
            }
        }
        Ok(())
    }

    fn status(&mut self, target: &Target) -> Done {
        let ids = self
            .names
            .resolve(target, |_| true)
            .map_err(CommandError::Line)?;
        let mut rows = Vec::new();
        for id in ids {
            rows.push((self.hand.row(id)?, self.name(id)));
        }
        Ok(self.say(&words::status(&rows, width()))?)
    }

    /// What a person called it, or else what it executes.
    pub fn name(&self, id: ProcId) -> String {
        let entry = self.names.entries().iter().find(|entry| entry.id == id);
        let name = entry.map(|entry| entry.name.as_ref().unwrap_or(&entry.given).clone());
        name.unwrap_or_default()
    }

    fn inspect(&mut self, who: &Who) -> Done {
        let id = self.names.find(who).map_err(CommandError::Line)?;
        let row = self.hand.row(id)?;
        if row.view.is_none() {
            return Ok(self.say(&format!("{id} has been reaped: it is gone.\n"))?);
        }
        let mut pcb = Pcb::of(row.pid)
            .map_err(|missing| CommandError::Call(format!("cannot inspect {id}: {missing}")))?;
        // Where it is not stopped, the page says why there are none.
        pcb.add_registers();
        let layout = Layout {
            width: width(),
            color: self.color.on_stdout(),
            brief: false,
        };
        Ok(self.say(&page(&pcb).text(layout, None))?)
    }

    fn tree(&mut self) -> Done {
        let mut ours = Vec::new();
        for entry in self.names.entries() {
            let row = self.hand.row(entry.id)?;
            ours.push((row.pid, row.view.is_some(), entry));
        }
        let note = |pid: i32| {
            let (.., entry) = ours.iter().find(|(of, there, _)| *of == pid && *there)?;
            let name = entry
                .name
                .as_ref()
                .map_or_else(String::new, |name| format!(", {name}"));
            Some(format!("({}{name})", entry.id))
        };
        let process = |stat: Stat| tree::Node {
            id: stat.pid,
            parent: stat.ppid,
            label: format!(
                "{} {} {}{}",
                one_line(&stat.comm),
                stat.pid,
                letter(&stat),
                note(stat.pid).map_or_else(String::new, |note| format!("  {note}"))
            ),
        };
        let all: Vec<_> = procfs::tree::all().into_iter().map(process).collect();
        Ok(self.say(&tree::tree(&all, Pid::this().as_raw()))?)
    }

    fn policy(&mut self, rule: Option<Rule>) -> Done {
        match rule {
            None => {}
            Some(Rule::Policy(word)) => {
                self.policy = self.policy.with_word(word).unwrap_or(self.policy);
            }
            Some(Rule::IoLength(ticks)) => self.hand.set_io_length(ticks),
            Some(Rule::Tick(tick)) => {
                self.hand.set_tick(tick)?;
            }
        }
        let Settings {
            cpu,
            tick,
            io_length,
            ..
        } = self.hand.settings();
        Ok(self.say(&format!(
            "{}, iolength {io_length}, tick {}, CPU {cpu}.\n",
            self.policy,
            length(tick)
        ))?)
    }
}

/// The letter of a process, though its main thread may have exited before the others.
fn letter(stat: &Stat) -> char {
    ProcessDir::open(stat.pid).map_or(stat.state, |process| condition::letter(&process, stat))
}
