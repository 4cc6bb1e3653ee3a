//! The verbs of [`crate::machine::Machine`] on real processes.

use std::time::Duration;

use nix::libc::{WEXITED, WSTOPPED};

use super::busy::Busy;
use super::child::{Child, Heard, Stage};
use super::deadline;
use super::error::Error;
use super::family::Family;
use super::interrupts::Interrupts;
use super::lookout::{self, Lookout};
use super::protocol::Message;
use super::seat::{Precedence, Seat};
use super::spans::SpanRecorder;
use super::sys;
use super::timer::{self, Alarm};
use crate::machine::{ChildReport, Device, Exit, MeasuredTick, Passed, RunReport, Sampled, Usage};
use crate::scheduler::{ProcId, Retired, Tick};
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

/// Real processes on one CPU.
pub struct Machine {
    family: Family,
    /// Instructions each process says it has left.
    remaining: Vec<u64>,
    device: Device,
    alarm: Alarm,
    interrupts: Interrupts,
    /// Behind the family: given back when nobody needs it any more.
    seat: Seat,
    tick_ns: u64,
    tick: Tick,
    /// `CLOCK_MONOTONIC` at the start of the first tick; `None` before.
    origin_ns: Option<u64>,
    /// When the idle tick just ended should have ended: the next idle one counts from there, so
    /// that lateness does not add up.
    idle_until_ns: Option<u64>,
    /// I/Os that are complete and not answered yet.
    unanswered: Vec<ProcId>,
    /// Children found dead that should not be, for the next tick's report.
    lost: Vec<ProcId>,
    lookout: Lookout,
    /// While the device works on at least one I/O.
    io_busy: Busy,
    spans: SpanRecorder,
    own_cpu_start_ns: u64,
    /// Spent on sampling, out of the supervisor's time.
    sampling_ns: u64,
}

impl Machine {
    /// Takes the seat on the children's CPU and creates them. Must be called inside a tokio
    /// runtime, on the thread that will drive the machine: the children die with that thread.
    ///
    /// # Errors
    /// When anything of it fails; nothing remains then.
    pub async fn new(workload: &Workload, settings: Settings) -> Result<Self, Error> {
        Family::can_have(workload.processes.len())?;
        let interrupts = Interrupts::listen()?;
        let seat = Seat::take(settings.cpu)?;
        let alarm = Alarm::new()?;
        let (family, remaining) = Family::raise(workload, settings, &interrupts).await?;
        let spans = SpanRecorder::start(settings.cpu, &family);
        Ok(Self {
            family,
            remaining,
            device: Device::new(settings.dialect.blocked_ticks(settings.io_length)),
            alarm,
            interrupts,
            seat,
            tick_ns: timer::ns(settings.tick),
            tick: Tick(0),
            origin_ns: None,
            idle_until_ns: None,
            unanswered: Vec::new(),
            lost: Vec::new(),
            lookout: Lookout::default(),
            io_busy: Busy::default(),
            spans,
            own_cpu_start_ns: timer::own_cpu_ns(),
            sampling_ns: 0,
        })
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
            .map_or("unknown", |child| sys::class_name(child.pid))
    }

    /// The kernel's pids, in the order of the book's ids.
    pub fn pids(&self) -> impl Iterator<Item = i32> + '_ {
        self.family.iter().map(|child| child.pid.as_raw())
    }

    /// Ends whoever is left and says what there is to say.
    #[must_use]
    pub fn close(mut self) -> RunReport {
        let supervisor_cpu_ns = timer::own_cpu_ns().saturating_sub(self.own_cpu_start_ns);
        self.family.pause();
        let now_ns = timer::now_ns();
        let origin_ns = self.origin_ns.unwrap_or(now_ns);
        self.io_busy.update(false, now_ns);
        // As of now: to be killed costs CPU time, too.
        let as_of_now: Vec<_> = self
            .family
            .iter()
            .map(|c| (c.exit(), c.usage().cpu_ns))
            .collect();
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
            io_busy_ns: self.io_busy.total_ns(),
            supervisor_cpu_ns,
            sampling_ns: self.sampling_ns,
            origin_ns,
            closed_ns: now_ns - origin_ns,
            kernel: self.spans.finish(&self.family, origin_ns, now_ns),
        }
    }

    /// Stops and answers those whose I/O is complete but who do not run now. A blocked child is
    /// stopped *before* the device answers, or the answer would make it run.
    ///
    /// To stop, a sleeping child must get the CPU for a moment. The one that keeps it is stopped
    /// meanwhile: it would not give way before its slice is over, and would run ahead.
    fn settle(&mut self, running: Option<ProcId>) -> Result<(), Error> {
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.unanswered)
            .into_iter()
            .partition(|&process| Some(process) == running);
        self.unanswered = now;
        if later.is_empty() {
            return Ok(());
        }
        if let Some(running) = running {
            self.pause(running)?;
        }
        for process in later {
            self.stop(process)?;
            self.family.get_mut(process).answer()?;
        }
        Ok(())
    }

    /// Stops a child that is going.
    fn pause(&mut self, process: ProcId) -> Result<(), Error> {
        match self.family.get(process).stage() {
            Stage::Going => self.stop(process),
            _ => Ok(()),
        }
    }

    fn stop(&mut self, process: ProcId) -> Result<(), Error> {
        let child = self.family.get_mut(process);
        child.stop()?;
        self.lookout.changed(process);
        if let Some(exit) = child.exit()
            && exit != Exit::Code(0)
        {
            self.lost.push(process);
        }
        Ok(())
    }

    /// Gives the CPU to a child, in whatever way it is waiting for it.
    fn hand_over(&mut self, process: ProcId) -> Result<(), Error> {
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

    /// When the tick that begins now is to end, if it is idle.
    fn idle_end(&mut self, start_ns: u64, idle: bool) -> u64 {
        let from = match self.idle_until_ns {
            // Anything later than a tick is not lateness of the timer.
            Some(until) if idle && start_ns.saturating_sub(until) < self.tick_ns => until,
            _ => start_ns,
        };
        let until = from.saturating_add(self.tick_ns);
        self.idle_until_ns = idle.then_some(until);
        until
    }

    /// Waits until the tick is over: until the child on the CPU says what it did or is found dead,
    /// or, when nothing is to be executed, until the clock says so. Samples in the middle.
    async fn pass(
        &mut self,
        executing: Option<ProcId>,
        start_ns: u64,
        letters: &mut Option<Vec<Sampled>>,
    ) -> Result<Option<Retired>, Error> {
        let idle_end_ns = self.idle_end(start_ns, executing.is_none());
        let mut first_watch_ns = None;
        self.alarm.set(start_ns + self.tick_ns / 2)?;
        loop {
            let rang = tokio::select! {
                biased;
                heard = hear(&self.family, executing) => return self.ended(executing, heard?),
                signal = self.interrupts.next() => return Err(Error::Interrupted(signal?)),
                rang = self.alarm.rings() => rang,
            };
            rang?;
            let began_ns = timer::now_ns();
            self.spans.make_room();
            // Later on in a long tick, only the one that runs is looked at again.
            let suspects = if letters.is_none() {
                let sampled = self.lookout.sample(&self.family, executing);
                let suspects = lookout::suspects(&self.family, &sampled);
                *letters = Some(sampled);
                suspects
            } else if executing.is_none() {
                return Ok(None);
            } else {
                executing.into_iter().collect()
            };
            for process in suspects {
                self.look_into(process, executing)?;
            }
            self.alarm.set(match executing {
                None => idle_end_ns,
                Some(process) => self.next_watch(process, &mut first_watch_ns)?,
            })?;
            self.sampling_ns += timer::now_ns() - began_ns;
        }
    }

    fn ended(&mut self, process: Option<ProcId>, heard: Heard) -> Result<Option<Retired>, Error> {
        let Some(process) = process else {
            return Ok(None);
        };
        let child = self.family.get_mut(process);
        match heard {
            Heard::Message(Message::Retired(retired)) => Ok(Some(retired)),
            Heard::Message(_) => Err(Error::Protocol {
                process,
                pid: child.pid.as_raw(),
            }),
            Heard::Closed => {
                child.confirm_exit()?;
                self.lost.push(process);
                Ok(None)
            }
        }
    }

    /// When to look again at an instruction that does not end; an error if it never will.
    /// `first_ns`: the child's CPU clock at the first look.
    fn next_watch(&self, process: ProcId, first_ns: &mut Option<u64>) -> Result<u64, Error> {
        let child = self.family.get(process);
        let clock_ns = child.clock_ns().unwrap_or(0);
        let spent_ns = clock_ns.saturating_sub(*first_ns.get_or_insert(clock_ns));
        if spent_ns > self.longest_instruction_ns() {
            return Err(Error::Late {
                process,
                pid: child.pid.as_raw(),
                what: "finish its instruction",
                seconds: Duration::from_nanos(spent_ns).as_secs(),
                letter: child.letter().unwrap_or('-'),
            });
        }
        Ok(timer::now_ns().saturating_add(timer::ns(deadline::WATCH)))
    }

    fn longest_instruction_ns(&self) -> u64 {
        self.tick_ns
            .saturating_mul(deadline::INSTRUCTION_TICKS)
            .saturating_add(timer::ns(deadline::INSTRUCTION_MORE))
    }

    /// Finds out what became of a child that is not in the state it should be in.
    fn look_into(&mut self, process: ProcId, running: Option<ProcId>) -> Result<(), Error> {
        let child = self.family.get_mut(process);
        child.look(WEXITED | WSTOPPED)?;
        if child.exit().is_none() {
            self.lookout.put_right(child, self.tick)?;
        }
        match child.exit() {
            // Of the one that runs, the pipe will tell.
            Some(_) if running == Some(process) => {}
            // It ran ahead, or it had nothing to execute.
            Some(Exit::Code(0)) | None => {}
            Some(_) => self.lost.push(process),
        }
        Ok(())
    }
}

/// Hears the child that executes; for ever silent when nobody does.
async fn hear(family: &Family, executing: Option<ProcId>) -> Result<Heard, Error> {
    match executing {
        Some(process) => family.get(process).hear().await,
        None => std::future::pending().await,
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
                .update(self.device.in_flight() > 0, timer::now_ns());
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
        self.family.get_mut(process).confirm_asleep()?;
        self.lookout.changed(process);
        self.device.request(process, tick);
        self.io_busy.update(true, timer::now_ns());
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
            .update(self.device.in_flight() > 0, timer::now_ns());
        if self.family.get(process).exit().is_none() {
            self.hand_over(process)?;
            self.family.get_mut(process).confirm_exit()?;
        }
        self.unanswered.retain(|&waiting| waiting != process);
        self.lookout.changed(process);
        Ok(())
    }

    fn reap(&mut self, process: ProcId) -> Result<(), Error> {
        self.family.get_mut(process).reap()
    }

    async fn tick(&mut self, tick: Tick, running: Option<ProcId>) -> Result<Passed, Error> {
        self.tick = tick;
        self.settle(running)?;
        // Before it is let go: the process may well preempt us right then.
        let now_ns = timer::now_ns();
        let origin_ns = *self.origin_ns.get_or_insert_with(|| {
            self.own_cpu_start_ns = timer::own_cpu_ns();
            now_ns
        });
        if let Some(process) = running {
            self.hand_over(process)?;
        }

        let executing = running.filter(|&process| self.remaining[process.index()] > 0);
        let mut letters = None;
        let retired = self.pass(executing, now_ns, &mut letters).await?;

        let end_ns = timer::now_ns() - origin_ns;
        if let (Some(process), Some(retired)) = (running, retired) {
            self.remaining[process.index()] = retired.remaining;
            self.family.get_mut(process).confirm_continued()?;
        }
        self.spans.make_room();
        let measured = MeasuredTick {
            start_ns: now_ns - origin_ns,
            end_ns,
            letters: letters.unwrap_or_default(),
        };
        let died = std::mem::take(&mut self.lost);
        Ok(Passed {
            retired,
            died,
            measured: Some(measured),
        })
    }
}
