//! The verbs of [`crate::machine::Machine`] on real processes.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::busy_time::Busy;
use super::control::{ControlReceiver, ControlSender};
use super::interference::InterferenceDetector;
use super::run_clock::{CpuClock, RunClock};
use super::sampler::Sampler;
use super::spans::SpanRecorder;
use crate::machine::{ChildReport, Device, Exit, Pause, RunReport, TickOutcome, Usage};
use crate::os::affinity::AllowedCpus;
use crate::os::alarm::Alarm;
use crate::os::clock;
use crate::os::error::{Error, io};
use crate::os::sched;
use crate::os::signal::{Signals, end_signal};
use crate::os::supervisor_cpu::{SchedClass, SupervisorCpu};
use crate::process::backoff::Backoff;
use crate::process::child::{Child, Stage};
use crate::process::children::Children;
use crate::process::spawner::Spawner;
use crate::process::tick_length::TickLength;
use crate::scheduler::{ProcId, Tick};
use crate::workload::Workload;
use crate::workload::dialect::Dialect;

/// How a run on real processes is set up.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The CPU everybody is pinned to.
    pub cpu: usize,
    /// CPU time an instruction takes, and real time an idle tick takes.
    pub tick: Duration,
    /// Length of an I/O in ticks; for how long it blocks, the dialect says.
    pub io_length: u64,
    /// What the programs of the processes are made of.
    pub dialect: Dialect,
}

/// Processes that exist and are stopped.
pub struct AdoptedWorkers {
    pub children: Children,
    /// Instructions each says it has left.
    pub remaining: Vec<u64>,
    /// How long these take.
    pub tick_length: TickLength,
}

/// Real processes on one CPU.
pub struct Machine {
    /// Before the children: it reads of children that are there.
    pub(super) sampler: Sampler,
    pub(super) children: Children,
    /// Instructions each process says it has left.
    pub(super) remaining: Vec<u64>,
    device: Device,
    backoff: Backoff,
    pub(super) alarm: Alarm,
    pub(super) interrupts: Signals,
    /// Behind the children: given back when nobody needs it any more.
    supervisor_cpu: SupervisorCpu,
    /// Nominal length of an idle tick that begins now, and of an instruction.
    pub(super) tick_ns: u64,
    /// Of each process: the longest that may be that of its next instruction, or of the one under
    /// way. Which it is, it tells when that is over.
    pub(super) longest_ns: Vec<u64>,
    /// That of the first.
    pub(super) first_tick_ns: u64,
    pub(super) tick: Tick,
    pub(super) clock: RunClock,
    pub(super) pauses: Vec<Pause>,
    /// How many of them have been told.
    pub(super) pauses_told: usize,
    pub(super) orders: ControlReceiver,
    pub(super) tick_length: TickLength,
    /// To stand still before the next tick.
    pub(super) step: bool,
    /// When the idle tick just ended should have ended: the next idle one counts from there, so
    /// that lateness does not add up.
    pub(super) idle_until_ns: Option<u64>,
    /// For when the alarm is set, if that is not the end of an idle tick.
    pub(super) watch_ns: Option<u64>,
    /// I/Os that are complete and not answered yet.
    pub(super) unanswered: Vec<ProcId>,
    /// Children found dead that should not be, for the next tick's report.
    pub(super) lost: Vec<ProcId>,
    pub(super) detector: InterferenceDetector,
    /// `CLOCK_MONOTONIC` when somebody looked at the children last.
    pub(super) sampled_ns: u64,
    /// The same, when it was looked whether they are where they should be.
    pub(super) looked_after_ns: u64,
    /// While the device works on at least one I/O.
    io_busy: Busy,
    pub(super) spans: SpanRecorder,
    pub(super) own_cpu: CpuClock,
    /// What it showed at the end of the last tick.
    pub(super) own_cpu_in_ticks_ns: u64,
}

impl Machine {
    /// Takes the supervisor's place on the children's CPU and creates them. Must be called inside a tokio
    /// runtime, on the thread that will drive the machine: the children die with that thread.
    ///
    /// # Errors
    /// When anything of it fails; nothing remains then.
    pub async fn new(workload: &Workload, settings: Settings) -> Result<Self, Error> {
        let children = workload.processes.len();
        Children::can_have(children, children)?;
        let interrupts = Signals::listen()?;
        let beside = AllowedCpus::of_this_process()?.beside(settings.cpu);
        let supervisor_cpu = SupervisorCpu::take(settings.cpu)?;
        let spawner = Spawner::new(settings)?;
        let (children, remaining) = Children::spawn(&spawner, workload, &interrupts).await?;
        let workers = AdoptedWorkers {
            children,
            remaining,
            tick_length: spawner.tick_length().clone(),
        };
        Self::around(workers, (supervisor_cpu, beside), interrupts, settings)
    }

    /// Takes over children that exist and are stopped, whose ids the scheduler gives by their
    /// positions in the children.
    ///
    /// # Errors
    /// As [`Machine::new`]; the children are gone then.
    pub fn adopt(workers: AdoptedWorkers, settings: Settings) -> Result<Self, Error> {
        let interrupts = Signals::listen()?;
        let beside = AllowedCpus::of_this_process()?.beside(settings.cpu);
        let supervisor_cpu = SupervisorCpu::take(settings.cpu)?;
        Self::around(workers, (supervisor_cpu, beside), interrupts, settings)
    }

    /// Gives the children back as they are at the end of a tick: with them, how many instructions
    /// each has left, and those whose I/O the device has not answered, by position.
    #[must_use]
    pub fn release(self) -> (Children, Vec<u64>, Vec<ProcId>) {
        self.sampler.close();
        let Self {
            children,
            remaining,
            mut device,
            mut unanswered,
            ..
        } = self;
        unanswered.append(&mut device.completed(Tick(u64::MAX)));
        (children, remaining, unanswered)
    }

    fn around(
        workers: AdoptedWorkers,
        (supervisor_cpu, beside): (SupervisorCpu, Vec<usize>),
        interrupts: Signals,
        settings: Settings,
    ) -> Result<Self, Error> {
        let AdoptedWorkers {
            children,
            remaining,
            tick_length,
        } = workers;
        let tick_ns = clock::ns(settings.tick);
        let longest_ns = vec![tick_ns; children.len()];
        let alarm = Alarm::new()?;
        let files = children.iter().map(Child::another_stat_file);
        let sampler = Sampler::start(files.collect::<Result<_, _>>()?, beside).map_err(io(
            "start the thread that samples. It counts as a process (ulimit -u, or pids.max of the \
             control group)",
        ))?;
        let spans = SpanRecorder::start(settings.cpu, &children);
        Ok(Self {
            sampler,
            children,
            remaining,
            device: Device::new(settings.dialect.blocked_ticks(settings.io_length)),
            backoff: Backoff::default(),
            alarm,
            interrupts,
            supervisor_cpu,
            tick_ns,
            longest_ns,
            first_tick_ns: tick_ns,
            tick: Tick(0),
            clock: RunClock::default(),
            pauses: Vec::new(),
            pauses_told: 0,
            orders: ControlReceiver::default(),
            tick_length,
            step: false,
            idle_until_ns: None,
            watch_ns: None,
            unanswered: Vec::new(),
            lost: Vec::new(),
            detector: InterferenceDetector::default(),
            sampled_ns: clock::now_ns(),
            looked_after_ns: clock::now_ns(),
            io_busy: Busy::default(),
            spans,
            own_cpu: CpuClock::default(),
            own_cpu_in_ticks_ns: 0,
        })
    }

    /// The signal that has asked us to end, if one has.
    #[must_use]
    pub fn end_asked(&self) -> Option<Signal> {
        end_signal()
    }

    /// From now on it takes orders.
    pub fn take_orders(&mut self) -> ControlSender {
        let (orders, inbox) = ControlReceiver::open();
        self.orders = inbox;
        orders
    }

    #[must_use]
    pub const fn sched_class(&self) -> SchedClass {
        self.supervisor_cpu.sched_class()
    }

    /// The scheduling class of the processes, as the kernel says.
    #[must_use]
    pub fn children_class(&self) -> &'static str {
        self.children
            .iter()
            .next()
            .map_or("unknown", |child| sched::class_name(child.pid))
    }

    /// The kernel's pids, in the order of the book's ids.
    pub fn pids(&self) -> impl Iterator<Item = i32> + '_ {
        self.children.iter().map(|child| child.pid.as_raw())
    }

    /// Ends whoever is left and says what there is to say.
    #[must_use]
    pub fn close(mut self) -> RunReport {
        let supervisor_cpu_ns = self.own_cpu.at(clock::own_cpu_ns());
        self.children.pause();
        let now_ns = clock::now_ns();
        let origin_ns = self.clock.origin_ns().unwrap_or(now_ns);
        let closed_ns = self.clock.at(now_ns);
        self.io_busy.update(false, closed_ns);
        // As of now: to be killed costs CPU time, too.
        let as_of_now: Vec<_> = self
            .children
            .iter()
            .map(|c| (c.exit(), c.usage().cpu_ns))
            .collect();
        for child in self.children.iter_mut() {
            self.detector.look_after(child, self.tick);
        }
        self.children.kill_all();
        let of = |(child, (exit, cpu_ns)): (&Child, _)| ChildReport {
            pid: child.pid.as_raw(),
            exit,
            usage: Usage {
                cpu_ns,
                ..child.usage()
            },
        };
        RunReport {
            children: self.children.iter().zip(as_of_now).map(of).collect(),
            interference: self.detector.into_noticed(),
            pauses: self.pauses,
            io_busy_ns: self.io_busy.total_ns(),
            supervisor_cpu_ns,
            supervisor_in_ticks_ns: self.own_cpu_in_ticks_ns,
            sampling_cpu_ns: self.sampler.finish(),
            origin_ns,
            closed_ns,
            kernel: self.spans.finish(&self.children, &self.clock, now_ns),
            left: self.children.left(),
        }
    }

    /// Stops a child that is going.
    pub(super) fn pause(&mut self, process: ProcId) -> Result<(), Error> {
        match self.children.get(process).stage() {
            Stage::Going => self.stop(process),
            _ => Ok(()),
        }
    }

    pub(super) fn stop(&mut self, process: ProcId) -> Result<(), Error> {
        self.children.get_mut(process).stop()?;
        self.detector.changed(process);
        self.note_if_lost(process);
        Ok(())
    }

    /// Notes the end of a child that should not have ended. To be called wherever a verb may have
    /// found it out: into a zombie nobody looks any more.
    pub(super) fn note_if_lost(&mut self, process: ProcId) {
        match self.children.get(process).exit() {
            // It ran ahead, or it had nothing to execute.
            None | Some(Exit::Code(0)) => {}
            Some(_) => self.lose(process),
        }
    }

    /// For the next tick's report; nobody answers it any more.
    pub(super) fn lose(&mut self, process: ProcId) {
        self.unanswered.retain(|&waiting| waiting != process);
        if !self.lost.contains(&process) {
            self.lost.push(process);
        }
    }

    /// Gives the CPU to a child, in whatever way it is waiting for it.
    pub(super) fn hand_over(&mut self, process: ProcId) -> Result<(), Error> {
        let answered = self.take_unanswered(process);
        let child = self.children.get_mut(process);
        match child.stage() {
            Stage::Asleep if answered => child.answer()?,
            Stage::Stopped => child.cont()?,
            // It goes on, or it is dead and its pipe will tell.
            _ => return Ok(()),
        }
        self.detector.changed(process);
        Ok(())
    }

    fn take_unanswered(&mut self, process: ProcId) -> bool {
        let position = self
            .unanswered
            .iter()
            .position(|&waiting| waiting == process);
        position
            .map(|index| self.unanswered.swap_remove(index))
            .is_some()
    }
}

impl crate::machine::Machine for Machine {
    type Error = Error;

    fn processes(&self) -> Vec<u64> {
        self.remaining.clone()
    }

    fn completed_ios(&mut self, tick: Tick) -> Vec<ProcId> {
        let done = self.device.completed(tick);
        if !done.is_empty() {
            self.io_busy
                .update(self.device.in_flight() > 0, self.clock.at(clock::now_ns()));
        }
        done
    }

    fn ios_in_flight(&self) -> usize {
        self.device.in_flight()
    }

    /// Nothing yet: if the process is descheduled again before the tick begins, it never ran.
    fn dispatch(&mut self, _: ProcId) -> Result<(), Error> {
        Ok(())
    }

    fn deschedule(&mut self, process: ProcId) -> Result<(), Error> {
        self.pause(process)
    }

    fn block(&mut self, process: ProcId, tick: Tick) -> Result<(), Error> {
        let child = self.children.get_mut(process);
        let (pid, since_ns) = (child.pid, child.let_go_ns());
        let left_cpu = || self.spans.left_cpu(pid, since_ns);
        child.confirm_asleep(&mut self.backoff, left_cpu)?;
        self.detector.changed(process);
        self.note_if_lost(process);
        self.device.request(process, tick);
        self.io_busy.update(true, self.clock.at(clock::now_ns()));
        Ok(())
    }

    /// Nothing yet: how the answer is given depends on who runs in the tick.
    fn complete_io(&mut self, process: ProcId) -> Result<(), Error> {
        self.unanswered.push(process);
        Ok(())
    }

    fn exit(&mut self, process: ProcId) -> Result<(), Error> {
        self.device.forget(process);
        self.io_busy
            .update(self.device.in_flight() > 0, self.clock.at(clock::now_ns()));
        if self.children.get(process).exit().is_none() {
            self.hand_over(process)?;
            self.children.get_mut(process).confirm_exit()?;
            let child = self.children.get_mut(process);
            self.detector.look_after(child, self.tick);
        }
        self.unanswered.retain(|&waiting| waiting != process);
        self.detector.changed(process);
        Ok(())
    }

    fn reap(&mut self, process: ProcId) -> Result<(), Error> {
        self.children.get_mut(process).reap()
    }

    async fn tick(&mut self, tick: Tick, running: Option<ProcId>) -> Result<TickOutcome, Error> {
        self.pass(tick, running).await
    }
}
