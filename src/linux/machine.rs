//! The verbs of [`crate::machine::Machine`] on real processes, and the machine's beginning and end.

use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::{Pid, gettid};

use super::clocks::{Clocks, Reading};
use super::control::{ControlReceiver, ControlSender};
use super::journal::Journal;
use super::processes::Processes;
use super::sampler::Sampler;
use super::spans::SpanRecorder;
use super::tick_times::TickTimes;
use super::timing::{TickLengths, TickTimer};
use super::watchers::Watchers;
use crate::machine::{ChildReport, Exit, Pause, RunReport, TickOutcome, Usage};
use crate::os::affinity::AllowedCpus;
use crate::os::alarm::Alarm;
use crate::os::clock;
use crate::os::error::{Error, no_thread};
use crate::os::procfs;
use crate::os::sched;
use crate::os::signal::{Signals, end_signal};
use crate::os::supervisor_cpu::{SchedClass, SupervisorCpu};
use crate::process::child::Child;
use crate::process::children::Children;
use crate::process::limits;
use crate::process::spawner::{Spawner, WorkerSettings};
use crate::process::tick_length::TickLength;
use crate::scheduler::{ProcId, Tick};
use crate::workload::Workload;
use crate::workload::dialect::Dialect;

/// How a run on real processes is set up.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The CPU that all processes and the supervisor are pinned to.
    pub cpu: usize,
    /// CPU time an instruction takes, and real time an idle tick takes.
    pub tick: Duration,
    /// Length of an I/O in ticks; for how long it blocks, the dialect says.
    pub io_length: u64,
    /// What the programs of the processes are made of.
    pub dialect: Dialect,
}

impl Settings {
    pub const fn of_workers(self) -> WorkerSettings {
        WorkerSettings {
            cpu: self.cpu,
            tick: self.tick,
            dialect: self.dialect,
        }
    }
}

/// Processes that exist and are stopped.
pub struct AdoptedWorkers {
    pub children: Children,
    /// Instructions each says it has left.
    pub remaining: Vec<u64>,
    pub tick_length: TickLength,
}

/// The processes of a machine that is no more, as they were at the end of its last tick.
pub struct ReleasedWorkers {
    pub children: Children,
    /// Instructions each says it has left.
    pub remaining: Vec<u64>,
    /// Those whose I/O has not been answered, by position.
    pub waiting: Vec<ProcId>,
}

/// Real processes on one CPU.
pub struct Machine {
    /// Before the processes: the sampler reads of children that are there.
    pub(super) watchers: Watchers,
    pub(super) processes: Processes,
    pub(super) signals: Signals,
    /// Behind the processes: given back when they are gone.
    supervisor_cpu: SupervisorCpu,
    pub(super) alarm: Alarm,
    pub(super) timer: TickTimer,
    pub(super) lengths: TickLengths,
    pub(super) clocks: Clocks,
    pub(super) control: ControlReceiver,
    pub(super) pauses: Journal<Pause>,
    pub(super) times: TickTimes,
}

/// What a machine needs of the supervisor before there are processes.
struct Supervisor {
    signals: Signals,
    cpu: SupervisorCpu,
    /// The CPUs beside that of the processes, for the sampler.
    beside: Vec<usize>,
}

impl Supervisor {
    fn take_place(settings: Settings) -> Result<Self, Error> {
        Ok(Self {
            signals: Signals::listen()?,
            beside: AllowedCpus::of_this_process()?.beside(settings.cpu),
            cpu: SupervisorCpu::take(settings.cpu)?,
        })
    }
}

impl Machine {
    /// Puts the supervisor on the processes' CPU and creates them. Must be called inside a tokio
    /// runtime, on the thread that will drive the machine: the children die with that thread. Where
    /// it fails, nothing remains.
    pub async fn new(workload: &Workload, settings: Settings) -> Result<Self, Error> {
        let children = workload.processes.len();
        Children::ensure_possible(children, children)?;
        for (process, index) in workload.processes.iter().zip(0..) {
            let instructions = process.program.len() as u64;
            limits::ensure_cpu_time(ProcId(index), instructions, settings.tick)?;
        }
        let supervisor = Supervisor::take_place(settings)?;
        let spawner = Spawner::new(settings.of_workers())?;
        let (children, remaining) =
            Children::spawn(&spawner, workload, &supervisor.signals).await?;
        let workers = AdoptedWorkers {
            children,
            remaining,
            tick_length: spawner.tick_length().clone(),
        };
        Self::around(workers, supervisor, settings)
    }

    /// Takes over children that exist and are stopped; the scheduler's ids are their positions. Where
    /// it fails, they are gone.
    pub fn adopt(workers: AdoptedWorkers, settings: Settings) -> Result<Self, Error> {
        Self::around(workers, Supervisor::take_place(settings)?, settings)
    }

    /// Gives the children back as they are at the end of a tick.
    pub fn release(self) -> ReleasedWorkers {
        self.watchers.sampler.close();
        let Processes {
            children,
            remaining,
            io,
            ..
        } = self.processes;
        ReleasedWorkers {
            children,
            remaining,
            waiting: io.into_waiting(),
        }
    }

    fn around(
        workers: AdoptedWorkers,
        supervisor: Supervisor,
        settings: Settings,
    ) -> Result<Self, Error> {
        let AdoptedWorkers {
            children,
            remaining,
            tick_length,
        } = workers;
        let lengths = TickLengths::new(tick_length, settings.tick, children.len());
        let alarm = Alarm::new()?;
        let files = children.iter().map(Child::another_stat_file);
        let files = files.collect::<Result<_, _>>()?;
        let sampler = Sampler::start(files, supervisor.beside)
            .map_err(no_thread("the thread that samples"))?;
        let spans = SpanRecorder::start(settings.cpu, &children);
        Ok(Self {
            watchers: Watchers::new(sampler, spans, settings.cpu),
            processes: Processes::new(children, remaining),
            signals: supervisor.signals,
            supervisor_cpu: supervisor.cpu,
            alarm,
            timer: TickTimer::default(),
            lengths,
            clocks: Clocks::default(),
            control: ControlReceiver::default(),
            pauses: Journal::default(),
            times: TickTimes::default(),
        })
    }

    /// The signal that has asked us to end, if one has.
    pub fn end_asked(&self) -> Option<Signal> {
        end_signal()
    }

    /// From now on it can be controlled through what this returns.
    pub fn open_control(&mut self) -> ControlSender {
        let (sender, receiver) = ControlReceiver::open();
        self.control = receiver;
        sender
    }

    pub const fn sched_class(&self) -> SchedClass {
        self.supervisor_cpu.sched_class()
    }

    /// The scheduling class of the processes, as the kernel says.
    pub fn children_class(&self) -> &'static str {
        let first = self.processes.children.iter().next();
        first.map_or("unknown", |child| sched::class_name(child.pid))
    }

    /// The kernel's pids, in the order of the book's ids.
    pub fn pids(&self) -> impl Iterator<Item = i32> + '_ {
        let children = self.processes.children.iter();
        children.map(|child| child.pid.as_raw())
    }

    /// Ends the processes that are left and says what there is to say of the run.
    pub fn close(mut self) -> RunReport {
        let supervisor_cpu_ns = self.clocks.own_cpu_ns(Reading::now());
        self.look_for_outage();
        let children = &mut self.processes.children;
        children.pause();
        let now_ns = clock::now_ns();
        let closed_ns = self.clocks.run.at(now_ns);
        // As of now: to be killed costs CPU time, too.
        let as_of_now: Vec<_> = children
            .iter()
            .map(|child| (child.exit(), child.usage().cpu_ns))
            .collect();
        for (process, child) in (0..).map(ProcId).zip(children.iter_mut()) {
            self.watchers.check_placement(process, child);
        }
        children.kill_all();
        let report = |(child, (exit, cpu_ns)): (&Child, (Option<Exit>, u64))| ChildReport {
            pid: child.pid.as_raw(),
            exit,
            usage: Usage {
                cpu_ns,
                ..child.usage()
            },
        };
        let ours = children.iter().map(|child| child.pid);
        let ours = ours.chain(procfs::other_threads()).chain([gettid()]);
        let ours = ours.map(Pid::as_raw).collect();
        let Watchers {
            sampler,
            interference,
            spans,
            withholding,
            rivals,
            ..
        } = self.watchers;
        RunReport {
            children: children.iter().zip(as_of_now).map(report).collect(),
            interference: interference.into_noticed(),
            pauses: self.pauses.into_entries(),
            io_busy_ns: self.processes.io.busy_ns(closed_ns),
            supervisor_cpu_ns,
            supervisor_in_ticks_ns: self.clocks.own_cpu_in_ticks_ns,
            sampling_cpu_ns: sampler.finish(),
            origin_ns: self.clocks.run.origin_ns().unwrap_or(now_ns),
            closed_ns,
            withheld: withholding.finish(rivals.finish(&ours)),
            kernel: spans.finish(children, &self.clocks.run, now_ns),
            left: children.left(),
        }
    }
}

impl crate::machine::Machine for Machine {
    type Error = Error;

    fn instructions(&self) -> Vec<u64> {
        self.processes.remaining.clone()
    }

    // To dispatch is to do nothing yet: if the process is descheduled again before the tick begins, it
    // never ran.

    fn deschedule(&mut self, process: ProcId) -> Result<(), Error> {
        self.processes.stop_if_going(process)
    }

    fn block(&mut self, process: ProcId) -> Result<(), Error> {
        self.processes
            .confirm_asleep(process, &mut self.watchers.spans)?;
        let now_ns = self.clocks.now_ns();
        self.processes.io.requested(process, now_ns);
        Ok(())
    }

    /// Not answered yet: how the answer is given depends on which process runs in the tick.
    fn complete_io(&mut self, process: ProcId) -> Result<(), Error> {
        let now_ns = self.clocks.now_ns();
        self.processes.io.completed(process, now_ns);
        Ok(())
    }

    fn exit(&mut self, process: ProcId) -> Result<(), Error> {
        let now_ns = self.clocks.now_ns();
        self.processes.io.device_forgets(process, now_ns);
        if !self.processes.has_ended(process) {
            self.processes.hand_over(process)?;
            let child = self.processes.child(process);
            child.confirm_exit()?;
            self.watchers.check_placement(process, child);
        }
        self.processes.io.take_answer(process);
        self.processes.note_change(process);
        Ok(())
    }

    fn reap(&mut self, process: ProcId) -> Result<(), Error> {
        self.processes.child(process).reap()
    }

    async fn tick(&mut self, tick: Tick, running: Option<ProcId>) -> Result<TickOutcome, Error> {
        self.run_tick(tick, running).await
    }
}
