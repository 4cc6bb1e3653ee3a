//! The verbs of [`crate::machine::Machine`] on real processes.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::busy_time::Busy;
use super::control::{Inbox, Orders};
use super::interference::Lookout;
use super::run_clock::{CpuClock, RunClock};
use super::sampler::Sampler;
use super::spans::SpanRecorder;
use crate::machine::{ChildReport, Device, Exit, Passed, Pause, RunReport, Usage};
use crate::os::affinity::{AllowedCpus, Precedence, Seat};
use crate::os::clock;
use crate::os::clock::Alarm;
use crate::os::error::{Error, io};
use crate::os::signal::Interrupts;
use crate::os::syscalls;
use crate::process::backoff::Glance;
use crate::process::child::{Child, Stage};
use crate::process::children::Family;
use crate::process::spawner::Nursery;
use crate::process::tick_length::Pace;
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
pub struct Crew {
    pub family: Family,
    /// Instructions each says it has left.
    pub remaining: Vec<u64>,
    /// How long these take.
    pub pace: Pace,
}

/// Real processes on one CPU.
pub struct Machine {
    /// Before the family: it reads of children that are there.
    pub(super) sampler: Sampler,
    pub(super) family: Family,
    /// Instructions each process says it has left.
    pub(super) remaining: Vec<u64>,
    device: Device,
    glance: Glance,
    pub(super) alarm: Alarm,
    pub(super) interrupts: Interrupts,
    /// Behind the family: given back when nobody needs it any more.
    seat: Seat,
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
    pub(super) orders: Inbox,
    pub(super) pace: Pace,
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
    pub(super) lookout: Lookout,
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
    /// Takes the seat on the children's CPU and creates them. Must be called inside a tokio
    /// runtime, on the thread that will drive the machine: the children die with that thread.
    ///
    /// # Errors
    /// When anything of it fails; nothing remains then.
    pub async fn new(workload: &Workload, settings: Settings) -> Result<Self, Error> {
        let children = workload.processes.len();
        Family::can_have(children, children)?;
        let interrupts = Interrupts::listen()?;
        let beside = AllowedCpus::of_this_process()?.beside(settings.cpu);
        let seat = Seat::take(settings.cpu)?;
        let nursery = Nursery::new(settings)?;
        let (family, remaining) = Family::raise(&nursery, workload, &interrupts).await?;
        let crew = Crew {
            family,
            remaining,
            pace: nursery.pace().clone(),
        };
        Self::around(crew, (seat, beside), interrupts, settings)
    }

    /// Takes over children that exist and are stopped, whose ids the scheduler gives by their
    /// positions in the family.
    ///
    /// # Errors
    /// As [`Machine::new`]; the children are gone then.
    pub fn adopt(crew: Crew, settings: Settings) -> Result<Self, Error> {
        let interrupts = Interrupts::listen()?;
        let beside = AllowedCpus::of_this_process()?.beside(settings.cpu);
        let seat = Seat::take(settings.cpu)?;
        Self::around(crew, (seat, beside), interrupts, settings)
    }

    /// Gives the children back as they are at the end of a tick: with them, how many instructions
    /// each has left, and those whose I/O the device has not answered, by position.
    #[must_use]
    pub fn release(self) -> (Family, Vec<u64>, Vec<ProcId>) {
        self.sampler.close();
        let Self {
            family,
            remaining,
            mut device,
            mut unanswered,
            ..
        } = self;
        unanswered.append(&mut device.completed(Tick(u64::MAX)));
        (family, remaining, unanswered)
    }

    fn around(
        crew: Crew,
        (seat, beside): (Seat, Vec<usize>),
        interrupts: Interrupts,
        settings: Settings,
    ) -> Result<Self, Error> {
        let Crew {
            family,
            remaining,
            pace,
        } = crew;
        let tick_ns = clock::ns(settings.tick);
        let longest_ns = vec![tick_ns; family.len()];
        let alarm = Alarm::new()?;
        let files = family.iter().map(Child::another_stat_file);
        let sampler = Sampler::start(files.collect::<Result<_, _>>()?, beside).map_err(io(
            "start the thread that samples. It counts as a process (ulimit -u, or pids.max of the \
             control group)",
        ))?;
        let spans = SpanRecorder::start(settings.cpu, &family);
        Ok(Self {
            sampler,
            family,
            remaining,
            device: Device::new(settings.dialect.blocked_ticks(settings.io_length)),
            glance: Glance::default(),
            alarm,
            interrupts,
            seat,
            tick_ns,
            longest_ns,
            first_tick_ns: tick_ns,
            tick: Tick(0),
            clock: RunClock::default(),
            pauses: Vec::new(),
            pauses_told: 0,
            orders: Inbox::default(),
            pace,
            step: false,
            idle_until_ns: None,
            watch_ns: None,
            unanswered: Vec::new(),
            lost: Vec::new(),
            lookout: Lookout::default(),
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
        self.interrupts.end_asked().signal()
    }

    /// From now on it takes orders.
    pub fn take_orders(&mut self) -> Orders {
        let (orders, inbox) = Inbox::open();
        self.orders = inbox;
        orders
    }

    #[must_use]
    pub const fn precedence(&self) -> Precedence {
        self.seat.precedence()
    }

    /// The scheduling class of the processes, as the kernel says.
    #[must_use]
    pub fn children_class(&self) -> &'static str {
        self.family
            .iter()
            .next()
            .map_or("unknown", |child| syscalls::class_name(child.pid))
    }

    /// The kernel's pids, in the order of the book's ids.
    pub fn pids(&self) -> impl Iterator<Item = i32> + '_ {
        self.family.iter().map(|child| child.pid.as_raw())
    }

    /// Ends whoever is left and says what there is to say.
    #[must_use]
    pub fn close(mut self) -> RunReport {
        let supervisor_cpu_ns = self.own_cpu.at(clock::own_cpu_ns());
        self.family.pause();
        let now_ns = clock::now_ns();
        let origin_ns = self.clock.origin_ns().unwrap_or(now_ns);
        let closed_ns = self.clock.at(now_ns);
        self.io_busy.update(false, closed_ns);
        // As of now: to be killed costs CPU time, too.
        let as_of_now: Vec<_> = self
            .family
            .iter()
            .map(|c| (c.exit(), c.usage().cpu_ns))
            .collect();
        for child in self.family.iter_mut() {
            self.lookout.look_after(child, self.tick);
        }
        self.family.disband();
        let of = |(child, (exit, cpu_ns)): (&Child, _)| ChildReport {
            pid: child.pid.as_raw(),
            exit,
            usage: Usage {
                cpu_ns,
                ..child.usage()
            },
        };
        RunReport {
            children: self.family.iter().zip(as_of_now).map(of).collect(),
            interference: self.lookout.into_noticed(),
            pauses: self.pauses,
            io_busy_ns: self.io_busy.total_ns(),
            supervisor_cpu_ns,
            supervisor_in_ticks_ns: self.own_cpu_in_ticks_ns,
            sampling_cpu_ns: self.sampler.finish(),
            origin_ns,
            closed_ns,
            kernel: self.spans.finish(&self.family, &self.clock, now_ns),
            left: self.family.left(),
        }
    }

    /// Stops a child that is going.
    pub(super) fn pause(&mut self, process: ProcId) -> Result<(), Error> {
        match self.family.get(process).stage() {
            Stage::Going => self.stop(process),
            _ => Ok(()),
        }
    }

    pub(super) fn stop(&mut self, process: ProcId) -> Result<(), Error> {
        self.family.get_mut(process).stop()?;
        self.lookout.changed(process);
        self.note_if_lost(process);
        Ok(())
    }

    /// Notes the end of a child that should not have ended. To be called wherever a verb may have
    /// found it out: into a zombie nobody looks any more.
    pub(super) fn note_if_lost(&mut self, process: ProcId) {
        match self.family.get(process).exit() {
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
        let child = self.family.get_mut(process);
        match child.stage() {
            Stage::Asleep if answered => child.answer()?,
            Stage::Stopped => child.cont()?,
            // It goes on, or it is dead and its pipe will tell.
            _ => return Ok(()),
        }
        self.lookout.changed(process);
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
        let child = self.family.get_mut(process);
        let (pid, since_ns) = (child.pid, child.let_go_ns());
        let left_cpu = || self.spans.left_cpu(pid, since_ns);
        child.confirm_asleep(&mut self.glance, left_cpu)?;
        self.lookout.changed(process);
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
        if self.family.get(process).exit().is_none() {
            self.hand_over(process)?;
            self.family.get_mut(process).confirm_exit()?;
            let child = self.family.get_mut(process);
            self.lookout.look_after(child, self.tick);
        }
        self.unanswered.retain(|&waiting| waiting != process);
        self.lookout.changed(process);
        Ok(())
    }

    fn reap(&mut self, process: ProcId) -> Result<(), Error> {
        self.family.get_mut(process).reap()
    }

    async fn tick(&mut self, tick: Tick, running: Option<ProcId>) -> Result<Passed, Error> {
        self.pass(tick, running).await
    }
}
