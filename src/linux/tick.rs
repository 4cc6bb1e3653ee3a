//! How a tick passes: from letting the running process go to hearing what it did.

use super::control::ControlRequest;
use super::machine::Machine;
use super::sampler::Assignment;
use super::watchdog::Watchdog;
use crate::machine::{MeasuredTick, Sampled, TickOutcome};
use crate::os::clock;
use crate::os::deadline;
use crate::os::error::Error;
use crate::os::signal::SignalEvent;
use crate::process::child::Heard;
use crate::process::children::Children;
use crate::process::protocol::{Executed, Message};
use crate::scheduler::{ProcId, Retired, Tick};

/// What the supervisor waits for.
enum Event {
    Heard(Heard),
    Signal(SignalEvent),
    Ordered(ControlRequest),
    /// The sampler saw somebody in a state in which nobody should be.
    Odd,
    /// It is time: to end an idle tick, or to look into a long one.
    Time,
}

/// A tick that passes.
pub struct TickInProgress {
    running: Option<ProcId>,
    /// Who executes an instruction: the running process, unless it has none left.
    pub executing: Option<ProcId>,
    /// When it began, by the clock of the run.
    began_ns: u64,
    /// `CLOCK_MONOTONIC`; after a pause, as if the tick had begun later.
    start_ns: u64,
    /// When it is to end, by `CLOCK_MONOTONIC`, where nobody executes anything.
    until_ns: Option<u64>,
    /// What it should take, in nanoseconds.
    nominal_ns: u64,
    /// CPU time of the executing process so far, when it has said so, in nanoseconds.
    cpu_ns: Option<u64>,
    pub letters: Vec<Sampled>,
}

impl TickInProgress {
    /// Whether the clock says so; where an instruction is executed, it never does.
    fn is_over(&self) -> bool {
        let now_ns = clock::now_ns();
        self.until_ns.is_some_and(|until_ns| until_ns <= now_ns)
    }
}

impl Machine {
    /// One tick, with `running` on the CPU.
    pub async fn pass(
        &mut self,
        tick: Tick,
        running: Option<ProcId>,
    ) -> Result<TickOutcome, Error> {
        self.tick = tick;
        self.obey_before_tick().await?;
        self.settle(running)?;
        let mut passing = self.begin(running);
        if let Some(process) = running {
            self.hand_over(process)?;
        }
        let heard = self.end_of_tick(&mut passing).await?;
        let end_ns = self.clock.at(clock::now_ns());
        self.own_cpu_in_ticks_ns = self.own_cpu.at(clock::own_cpu_ns());
        let retired = match passing.executing.zip(heard) {
            Some((process, heard)) => self.ended(process, heard, &mut passing)?,
            None => None,
        };
        self.look_at(&mut passing)?;
        self.look_after_some(running);
        self.spans.make_room();
        Ok(TickOutcome {
            retired,
            died: std::mem::take(&mut self.lost),
            measured: Some(self.measured(passing, end_ns)),
        })
    }

    /// Before the running process is let go: it may well preempt us right then.
    fn begin(&mut self, running: Option<ProcId>) -> TickInProgress {
        let start_ns = clock::now_ns();
        if self.clock.start(start_ns) {
            self.own_cpu.go(clock::own_cpu_ns());
            (self.sampled_ns, self.looked_after_ns) = (start_ns, start_ns);
        }
        let passing = TickInProgress {
            running,
            executing: running.filter(|&process| self.remaining[process.index()] > 0),
            began_ns: self.clock.at(start_ns),
            start_ns,
            until_ns: None,
            nominal_ns: self.tick_ns,
            cpu_ns: None,
            letters: Vec::new(),
        };
        self.let_sample(&passing);
        passing
    }

    /// What was measured of a tick that ended at `end_ns`, by the clock of the run.
    fn measured(&mut self, passing: TickInProgress, end_ns: u64) -> MeasuredTick {
        let untold = std::mem::replace(&mut self.pauses_told, self.pauses.len());
        MeasuredTick {
            start_ns: passing.began_ns,
            end_ns,
            nominal_ns: Some(passing.nominal_ns).filter(|&ns| ns != self.first_tick_ns),
            cpu_ns: passing.cpu_ns,
            letters: passing.letters,
            interference: self.detector.tell(),
            pauses: self.pauses[untold..].to_vec(),
        }
    }

    /// Between two ticks: what was ordered meanwhile, and the end of a step.
    async fn obey_before_tick(&mut self) -> Result<(), Error> {
        let mut hold = std::mem::take(&mut self.step);
        while let Some(order) = self.orders.try_next() {
            match order {
                ControlRequest::Pause => hold = true,
                ControlRequest::Resume => hold = false,
                ControlRequest::Step => {
                    hold = false;
                    self.step = true;
                }
                other => self.execute(other)?,
            }
        }
        if hold {
            self.hold().await?;
        }
        Ok(())
    }

    fn let_sample(&mut self, passing: &TickInProgress) {
        let &TickInProgress {
            running,
            executing,
            start_ns,
            nominal_ns,
            ..
        } = passing;
        self.sampler.open(Assignment {
            tick: self.tick,
            start_ns,
            tick_ns: nominal_ns,
            executing,
            running,
            whom: self.detector.whom(self.children.len(), running),
        });
    }

    /// Stops and answers those whose I/O is complete but who do not run now. A blocked child is
    /// stopped *before* the device answers, or the answer would make it run.
    ///
    /// To stop, a sleeping child must get the CPU for a moment. The one that keeps it is stopped
    /// meanwhile: it would not give way before its slice is over, and would run ahead; and there
    /// would be two that can run.
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
            self.children.get_mut(process).answer()?;
        }
        Ok(())
    }

    /// Waits until the tick is over: until the child on the CPU says what it did or is found dead,
    /// or, when nothing is to be executed, until the clock says so.
    async fn end_of_tick(&mut self, passing: &mut TickInProgress) -> Result<Option<Heard>, Error> {
        self.set_alarm(passing)?;
        let mut watch = Watchdog::default();
        loop {
            match self.event(passing.executing).await? {
                Event::Heard(heard) => {
                    self.sampler.close();
                    return Ok(Some(heard));
                }
                Event::Time if passing.is_over() => {
                    self.sampler.close();
                    return Ok(None);
                }
                Event::Time => self.keep_watch(passing, &mut watch)?,
                Event::Odd => self.look_at(passing)?,
                Event::Signal(SignalEvent::End(signal)) => return Err(Error::Interrupted(signal)),
                Event::Signal(SignalEvent::Suspend) => {
                    let paused_ns = self.suspend()?;
                    self.go_on(passing, paused_ns)?;
                }
                Event::Signal(SignalEvent::Continued) => self.note_outage(),
                Event::Signal(SignalEvent::Foreground) => {}
                Event::Ordered(ControlRequest::Pause) => {
                    let paused_ns = self.hold().await?;
                    self.go_on(passing, paused_ns)?;
                }
                Event::Ordered(order) => self.execute(order)?,
            }
        }
    }

    async fn event(&mut self, executing: Option<ProcId>) -> Result<Event, Error> {
        tokio::select! {
            biased;
            heard = hear(&self.children, executing) => heard.map(Event::Heard),
            asked = self.interrupts.next() => asked.map(Event::Signal),
            rang = self.alarm.rings() => rang.map(|()| Event::Time),
            () = self.sampler.odd() => Ok(Event::Odd),
            order = self.orders.next() => Ok(Event::Ordered(order)),
        }
    }

    /// For the end of an idle tick, and to look into any that lasts long.
    fn set_alarm(&mut self, passing: &mut TickInProgress) -> Result<(), Error> {
        if passing.executing.is_none() {
            passing.until_ns = Some(self.idle_end(passing));
        } else {
            self.idle_until_ns = None;
            // It is not set anew in each tick.
            if self.watch_ns.is_some() {
                return Ok(());
            }
        }
        self.watch_again(passing)
    }

    /// Sets the alarm for the next look into this tick, or for its end if that comes before.
    fn watch_again(&mut self, passing: &TickInProgress) -> Result<(), Error> {
        let watch_ns = clock::now_ns().saturating_add(clock::ns(deadline::LOOK_INTO));
        let end_ns = passing.until_ns.filter(|&until_ns| until_ns <= watch_ns);
        self.watch_ns = end_ns.is_none().then_some(watch_ns);
        self.alarm.set(end_ns.unwrap_or(watch_ns))
    }

    /// Looks into a tick that lasts long.
    fn keep_watch(&mut self, passing: &TickInProgress, watch: &mut Watchdog) -> Result<(), Error> {
        self.look_around(passing)?;
        if let Some(process) = passing.executing {
            self.look_into(process, passing.executing)?;
            let longest_ns = self.longest_ns[process.index()];
            watch.look(self.children.get(process), longest_ns)?;
        }
        self.look_after_some(passing.running);
        self.spans.make_room();
        self.watch_again(passing)
    }

    /// After a pause in the middle of a tick.
    fn go_on(&mut self, passing: &mut TickInProgress, paused_ns: u64) -> Result<(), Error> {
        passing.start_ns += paused_ns;
        self.idle_until_ns = None;
        self.watch_ns = None;
        self.set_alarm(passing)?;
        if passing.letters.is_empty() {
            self.let_sample(passing);
        }
        Ok(())
    }

    /// When this idle tick is to end: one that goes on after a pause has the length it began with.
    fn idle_end(&mut self, passing: &TickInProgress) -> u64 {
        let &TickInProgress {
            start_ns,
            nominal_ns,
            ..
        } = passing;
        let from_ns = match self.idle_until_ns {
            // Anything later than a tick is not lateness of the timer.
            Some(until_ns) if start_ns.saturating_sub(until_ns) < nominal_ns => until_ns,
            _ => start_ns,
        };
        let until_ns = from_ns.saturating_add(nominal_ns);
        self.idle_until_ns = Some(until_ns);
        until_ns
    }

    fn ended(
        &mut self,
        process: ProcId,
        heard: Heard,
        passing: &mut TickInProgress,
    ) -> Result<Option<Retired>, Error> {
        let child = self.children.get_mut(process);
        match heard {
            Heard::Message(Message::Retired(Executed {
                retired,
                tick_ns,
                cpu_ns,
            })) => {
                passing.nominal_ns = tick_ns;
                passing.cpu_ns = Some(child.tells(cpu_ns));
                self.remaining[process.index()] = retired.remaining;
                // The next one has begun, before or after the order that changed it last.
                self.longest_ns[process.index()] = tick_ns.max(self.tick_ns);
                child.confirm_continued()?;
                Ok(Some(retired))
            }
            Heard::Message(_) => Err(child.protocol_error()),
            Heard::Closed => {
                child.confirm_exit()?;
                // Whatever its status: it had something to execute.
                self.lose(process);
                Ok(None)
            }
        }
    }
}

/// Hears the child that executes; for ever silent when nobody does.
async fn hear(children: &Children, executing: Option<ProcId>) -> Result<Heard, Error> {
    match executing {
        Some(process) => children.get(process).hear().await,
        None => std::future::pending().await,
    }
}
