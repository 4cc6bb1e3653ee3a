//! One child and what is confirmed of it: the ledger.
//!
//! A [`Stage`] changes only when the kernel has confirmed it, but for one: a child that was
//! continued is going from then on, and the confirmation is taken when its tick is over. Signals go
//! through the pidfd held since spawn, so they cannot hit another process.

mod confirm;
mod manual;

use std::os::fd::OwnedFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::{WEXITED, WNOHANG, WNOWAIT};
use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use tokio::net::unix::pipe;

pub use manual::Meter;

use super::affinity_guard::AffinityGuard;
use super::facts::ConfirmedEnd;
use super::kill_on_drop;
use super::kill_on_drop::Killable;
use super::pidfd::PidFd;
use super::protocol::{ANSWER, MESSAGE_LEN, Message};
use super::spawner::Spawned;
use crate::machine::{Exit, InterferenceKind, Usage};
use crate::os::clock;
use crate::os::error::{Error, io, system};
use crate::os::procfs;
use crate::os::procfs::StatFile;
use crate::os::procfs::freezer;
use crate::os::procfs::process_dir::ProcessDir;
use crate::os::syscalls;
use crate::os::syscalls::Change;
use crate::scheduler::ProcId;

/// What is confirmed of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Forked; not stopped by us yet (`R`, `S`).
    New,
    /// Stopped by us (`T`).
    Stopped,
    /// Continued by us, or answered while it was not stopped (`R`).
    Going,
    /// In `read()` on its answer pipe and not stopped (`S`).
    Asleep,
    /// Has ended and not been reaped (`Z`).
    Zombie(Exit),
    /// Has been reaped, its status taken.
    Reaped(Exit),
}

/// One child process: its descriptors, its stage, and what it has cost.
pub struct Child {
    pub id: ProcId,
    pub pid: Pid,
    pidfd: PidFd,
    /// `None` once it has been reaped, as the two below.
    requests: Option<pipe::Receiver>,
    answers: Option<OwnedFd>,
    stat: Option<StatFile>,
    clock: ClockId,
    stage: Stage,
    /// Clocks and counters at the first confirmed stop.
    at_start: Usage,
    usage: Usage,
    /// What it reported of its clock last.
    reported: Reported,
    /// Each confirmed stop and sleep, in the order of time.
    ends: Vec<ConfirmedEnd>,
    /// It was continued, and the kernel has yet to confirm it.
    continued: bool,
    /// When its turn began: when it was continued or answered last, by `CLOCK_MONOTONIC`.
    continued_at_ns: u64,
    /// Where it is, and with what weight, from its first confirmed stop.
    affinity_guard: Option<AffinityGuard>,
    /// Another program was seen to trace it or to have frozen it, and that has been noted.
    pub traced: bool,
    pub frozen: bool,
    /// A SIGSTOP was sent that takes effect when it can: it has been noted why it was sent.
    stop_pending: bool,
}

/// What a child reported of its CPU clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reported {
    /// Nanoseconds of CPU time since its first stop.
    pub cpu_ns: u64,
    /// By when, in nanoseconds of `CLOCK_MONOTONIC`.
    pub at_ns: u64,
}

/// What came through a child's request pipe.
#[derive(Clone, Copy, Debug)]
pub enum Received {
    Message(Message),
    /// The child closed its end, as ending does.
    Closed,
}

impl Child {
    /// Must be called inside a tokio runtime. When it fails, the process is gone.
    pub fn new(id: ProcId, spawned: Spawned) -> Result<Self, Error> {
        let Spawned {
            process,
            requests,
            answers,
        } = spawned;
        match Observed::of(id, process.pid, requests) {
            Ok(observed) => Ok(Self::observed(id, process, answers, observed)),
            Err(error) => {
                kill_on_drop::kill_all(&mut [process]);
                Err(error)
            }
        }
    }

    fn observed(id: ProcId, process: PidFd, answers: OwnedFd, observed: Observed) -> Self {
        Self {
            id,
            pid: process.pid,
            pidfd: process,
            requests: Some(observed.requests),
            answers: Some(answers),
            stat: Some(observed.stat),
            clock: observed.clock,
            stage: Stage::New,
            at_start: Usage::default(),
            usage: Usage::default(),
            reported: Reported::default(),
            ends: Vec::new(),
            continued: false,
            continued_at_ns: 0,
            affinity_guard: None,
            traced: false,
            frozen: false,
            stop_pending: false,
        }
    }

    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// When its turn began: when it was continued or answered last, by `CLOCK_MONOTONIC`.
    pub const fn continued_at_ns(&self) -> u64 {
        self.continued_at_ns
    }

    /// How it ended, if it has.
    pub const fn exit(&self) -> Option<Exit> {
        match self.stage {
            Stage::Zombie(exit) | Stage::Reaped(exit) => Some(exit),
            _ => None,
        }
    }

    /// Final once it has been reaped. While it runs, the CPU time is as old as the last kernel
    /// tick, and only the end brings the number of switches.
    pub fn usage(&self) -> Usage {
        if self.exit().is_some() {
            return self.usage;
        }
        let now_ns = self.clock_ns().unwrap_or(self.at_start.cpu_ns);
        Usage {
            cpu_ns: self.since_start(now_ns),
            ..self.usage
        }
    }

    /// CPU time since its first stop, when its clock says this; both in nanoseconds.
    pub const fn since_start(&self, clock_ns: u64) -> u64 {
        clock_ns.saturating_sub(self.at_start.cpu_ns)
    }

    /// Notes what it has just reported of its clock, in nanoseconds. CPU time since its first stop.
    pub fn note_clock(&mut self, clock_ns: u64) -> u64 {
        self.reported = Reported {
            cpu_ns: self.since_start(clock_ns),
            at_ns: clock::now_ns(),
        };
        self.reported.cpu_ns
    }

    /// What it reported of its clock last.
    pub const fn reported(&self) -> Reported {
        self.reported
    }

    /// Each confirmed stop and sleep so far, in the order of time.
    pub fn confirmed_ends(&self) -> &[ConfirmedEnd] {
        &self.ends
    }

    /// The letter `/proc` shows right now; `None` once it has been reaped.
    pub fn letter(&self) -> Option<char> {
        self.stat.as_ref()?.letter()
    }

    /// Its stat file, opened once more for another thread: of one open file, each reader would wait
    /// for the other.
    pub fn another_stat_file(&self) -> Result<StatFile, Error> {
        let open = || format!("open /proc/{}/stat of {}", self.pid, self.id);
        StatFile::open(self.pid).map_err(|error| io(open())(error))
    }

    /// The next message, when there is one. Cancelling the wait loses nothing.
    pub async fn receive(&self) -> Result<Received, Error> {
        let failed = |error| io(self.doing("listen to"))(error);
        let Some(requests) = &self.requests else {
            return Ok(Received::Closed);
        };
        loop {
            requests.readable().await.map_err(failed)?;
            let mut bytes = [0; MESSAGE_LEN];
            match requests.try_read(&mut bytes) {
                Ok(length) => return self.received(length, bytes),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// What the first `length` bytes say.
    fn received(&self, length: usize, bytes: [u8; MESSAGE_LEN]) -> Result<Received, Error> {
        let message = match length {
            0 => return Ok(Received::Closed),
            MESSAGE_LEN => Message::from_bytes(bytes),
            _ => None,
        };
        message
            .map(Received::Message)
            .ok_or_else(|| self.protocol_error())
    }

    /// Lets a stopped child go on (SIGCONT).
    pub fn cont(&mut self) -> Result<(), Error> {
        self.continued_at_ns = clock::now_ns();
        self.signal(Signal::SIGCONT)?;
        self.stop_pending = false;
        self.stage = Stage::Going;
        self.continued = true;
        Ok(())
    }

    /// Ends its `read()`. Whether that makes it run depends on whether it is stopped. A child that
    /// has closed its end is left to be found dead.
    pub fn answer(&mut self) -> Result<(), Error> {
        if self.stage == Stage::Asleep {
            self.continued_at_ns = clock::now_ns();
            self.stage = Stage::Going;
        }
        let Some(answers) = &self.answers else {
            return Ok(());
        };
        match nix::unistd::write(answers, &ANSWER) {
            Ok(_) | Err(Errno::EPIPE) => Ok(()),
            Err(errno) => Err(self.failed("answer")(errno)),
        }
    }

    /// Asks the kernel, without waiting and without taking the answer, what became of it. Notes
    /// its end. Of one that has been reaped, there is nothing to ask any more.
    pub fn look(&mut self, states: i32) -> Result<Option<Change>, Error> {
        if matches!(self.stage, Stage::Reaped(_)) {
            return Ok(None);
        }
        self.ask(states | WNOHANG | WNOWAIT)
            .map_err(|errno| self.failed("wait for")(errno))
    }

    fn ask(&mut self, flags: i32) -> Result<Option<Change>, Errno> {
        let change = syscalls::waitid(&self.pidfd, flags)?;
        let exit = match change {
            Some(Change::Exited { code }) => Exit::Code(code),
            Some(Change::Killed { signal, core }) => Exit::Signal {
                number: signal,
                core_dumped: core,
            },
            _ => return Ok(change),
        };
        // Exact now, and gone once it is reaped.
        self.usage = Usage {
            waited_ns: self.waited_since(self.at_start.waited_ns),
            ..self.usage()
        };
        self.stage = Stage::Zombie(exit);
        Ok(change)
    }

    /// Reaps a zombie (waitpid): its entry is gone afterwards, and so is what it cost.
    pub fn reap(&mut self) -> Result<(), Error> {
        let Stage::Zombie(exit) = self.stage else {
            return Ok(());
        };
        if let Some(reaped) = syscalls::wait4_nohang(self.pid).map_err(self.failed("reap"))? {
            self.stage = Stage::Reaped(exit);
            (self.requests, self.answers, self.stat) = (None, None, None);
            let since = |all: u64, start: Option<u64>| Some(all.saturating_sub(start?));
            let start = self.at_start;
            self.usage.voluntary_switches =
                since(reaped.voluntary_switches, start.voluntary_switches);
            self.usage.involuntary_switches =
                since(reaped.involuntary_switches, start.involuntary_switches);
        }
        Ok(())
    }

    /// Its CPU time and switches so far are start-up, not work. To be called at the first
    /// confirmed stop.
    pub fn start_accounting(&mut self) {
        self.at_start = Usage {
            cpu_ns: self.clock_ns().unwrap_or(0),
            waited_ns: self.waited_since(Some(0)),
            ..Usage::default()
        };
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid));
        let switches = status.ok().as_deref().and_then(procfs::status::switches);
        (
            self.at_start.voluntary_switches,
            self.at_start.involuntary_switches,
        ) = switches.unzip();
        self.usage = Usage::default();
        self.affinity_guard = Some(AffinityGuard::of(self.pid));
    }

    /// What other programs have changed of where it may run and with what weight, since this was
    /// asked last. It is put right where that is possible.
    pub fn displacements(&mut self) -> Vec<InterferenceKind> {
        // Once it is reaped, its pid may be another process's.
        match (&mut self.affinity_guard, self.stage) {
            (Some(affinity_guard), stage) if !matches!(stage, Stage::Reaped(_)) => {
                affinity_guard.changes(self.pid)
            }
            _ => Vec::new(),
        }
    }

    /// CPU time as the kernel has it now. While the child runs, that is as old as the last kernel
    /// tick.
    pub fn clock_ns(&self) -> Option<u64> {
        clock_gettime(self.clock)
            .ok()
            .map(|time| clock::ns(time.into()))
    }

    /// Nanoseconds in the run queue (`/proc/PID/schedstat`) beyond what there were before.
    fn waited_since(&self, before_ns: Option<u64>) -> Option<u64> {
        let schedstat = std::fs::read_to_string(format!("/proc/{}/schedstat", self.pid)).ok()?;
        // A kernel that keeps no such statistics says 0 and 0.
        let (_, waited_ns) =
            procfs::sched::ran_and_waited_ns(&schedstat).filter(|&(ran_ns, _)| ran_ns > 0)?;
        Some(waited_ns.saturating_sub(before_ns?))
    }

    /// Sends a signal. The ledger learns nothing of it.
    pub fn signal(&self, signal: Signal) -> Result<(), Error> {
        match self.pidfd.send(signal) {
            // It has ended: the next look will see that.
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(errno) => Err(system(self.doing(&format!("send {signal} to")))(errno)),
        }
    }

    fn doing(&self, what: &str) -> String {
        format!("{what} {} (pid {})", self.id, self.pid)
    }

    /// For `map_err`; says what only when something failed.
    fn failed<'a>(&'a self, what: &'a str) -> impl FnOnce(Errno) -> Error + 'a {
        move |errno| system(self.doing(what))(errno)
    }

    pub fn protocol_error(&self) -> Error {
        Error::Process(format!(
            "{} (pid {}) sent a message that no worker of this version sends",
            self.id, self.pid
        ))
    }

    /// It did not do in time what it should.
    pub fn late(&self, what: &'static str, whole: Duration) -> Error {
        Error::Process(format!(
            "{} (pid {}) did not {what} within {} s; its state in /proc is {}",
            self.id,
            self.pid,
            whole.as_secs(),
            self.seen()
        ))
    }

    /// Its letter, and what holds it: its tracer or its control group.
    fn seen(&self) -> String {
        let letter = self.letter().unwrap_or('-');
        match procfs::tracer(self.pid) {
            Some(tracer) => format!("{letter}: {tracer} traces it"),
            None if self.is_frozen() => format!("{letter}: its control group is frozen"),
            None => letter.to_string(),
        }
    }

    /// Whether its control group is frozen.
    pub fn is_frozen(&self) -> bool {
        // Once it is reaped, its pid may be another process's.
        self.stat.is_some()
            && ProcessDir::open(self.pid.as_raw())
                .is_ok_and(|directory| freezer::is_frozen(&directory))
    }
}

impl Killable for Child {
    fn kill(&self) {
        if self.exit().is_none() {
            let _ = self.signal(Signal::SIGKILL);
        }
    }

    fn try_reap(&mut self) -> bool {
        let looked = self.look(WEXITED);
        let _ = self.reap();
        looked.is_err() || self.exit().is_some()
    }
}

/// How a child is observed from outside.
struct Observed {
    requests: pipe::Receiver,
    stat: StatFile,
    clock: ClockId,
}

impl Observed {
    fn of(id: ProcId, pid: Pid, requests: OwnedFd) -> Result<Self, Error> {
        Ok(Self {
            requests: pipe::Receiver::from_owned_fd(requests)
                .map_err(io(format!("listen to {id} (pid {pid})")))?,
            stat: StatFile::open(pid).map_err(io(format!(
                "open /proc/{pid}/stat of {id} (is /proc mounted?)"
            )))?,
            clock: ClockId::pid_cpu_clock_id(pid)
                .map_err(system(format!("find the CPU clock of {id} (pid {pid})")))?,
        })
    }
}
