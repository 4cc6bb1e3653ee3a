//! How a tick passes: from letting the running process go to hearing what it did.

use super::clocks::Reading;
use super::control::ControlRequest;
use super::machine::Machine;
use super::tick_in_progress::{Event, Response, TickEnd, TickInProgress};
use crate::machine::{InterferenceKind, MeasuredTick, TickOutcome};
use crate::os::clock;
use crate::os::error::Error;
use crate::process::child::{Child, Received, Stage};
use crate::process::children::Children;
use crate::process::protocol::Executed;
use crate::process::watchdog::Watchdog;
use crate::scheduler::{ProcId, Tick};

impl Machine {
    /// One tick, with `running` on the CPU.
    pub(super) async fn run_tick(
        &mut self,
        tick: Tick,
        running: Option<ProcId>,
    ) -> Result<TickOutcome, Error> {
        self.watchers.interference.now = tick;
        self.before_tick().await?;
        self.processes.answer_all_but(running)?;
        let mut current = self.begin_tick(tick, running);
        if let Some(process) = running {
            let goes_on = self.processes.stage(process) == Stage::Going;
            self.processes.hand_over(process)?;
            current.let_go_ns = (!goes_on).then(clock::now_ns);
        }
        let end = self.until_end(&mut current).await?;
        self.look_for_outage();
        let end_ns = self.clocks.end_tick(Reading::now());
        self.times.ended(tick, end_ns);
        let executed = self.conclude(current.executing, end)?;
        self.watchers
            .read_samples(&mut current, &mut self.processes)?;
        self.watchers
            .check_some_placements(&mut self.processes.children, running);
        self.watchers.make_room();
        let nominal_ns = executed.map_or(current.nominal_ns, |executed| executed.tick_ns);
        Ok(TickOutcome {
            retired: executed.map(Into::into),
            died: self.processes.take_died(),
            measured: Some(MeasuredTick {
                start_ns: current.began_ns,
                end_ns,
                nominal_ns: Some(nominal_ns).filter(|&ns| ns != self.lengths.first_ns),
                cpu_ns: executed.map(|executed| executed.cpu_ns),
                letters: current.letters(executed.map(|executed| executed.ended_ns)),
                interference: self.watchers.interference.report(),
                pauses: self.pauses.report(),
            }),
        })
    }

    /// What was requested since the last tick, and the end of a step.
    async fn before_tick(&mut self) -> Result<(), Error> {
        let between = self.control.between_ticks();
        for request in between.execute {
            self.execute(request)?;
        }
        if between.hold {
            self.hold().await?;
        }
        Ok(())
    }

    /// Before the running process is let go: it may well preempt us right then.
    fn begin_tick(&mut self, tick: Tick, running: Option<ProcId>) -> TickInProgress {
        let start_ns = clock::now_ns();
        if self.clocks.start(start_ns) {
            self.watchers.start(start_ns);
        }
        let executing = running.filter(|&process| self.processes.remaining[process.index()] > 0);
        let current = TickInProgress {
            tick,
            running,
            executing,
            began_ns: self.clocks.run.at(start_ns),
            start_ns,
            nominal_ns: self.lengths.now_ns,
            let_go_ns: None,
            sample: None,
        };
        self.times.began(tick, current.began_ns);
        self.watchers.open(&current, &mut self.processes);
        current
    }

    /// Waits until the tick is over: until the child on the CPU says what it did or is found dead,
    /// or, when nothing is to be executed, until the clock says so.
    async fn until_end(&mut self, current: &mut TickInProgress) -> Result<TickEnd, Error> {
        self.set_alarm(current)?;
        let mut watchdog = Watchdog::default();
        loop {
            let event = self.event(current.executing).await?;
            match event.response(self.timer.is_over(clock::now_ns())) {
                Response::End(end) => {
                    // Before anything is done to any child.
                    self.watchers.sampler.close();
                    return Ok(end);
                }
                Response::Interrupted(signal) => return Err(Error::Interrupted(signal)),
                Response::ReadSamples => {
                    self.watchers.read_samples(current, &mut self.processes)?;
                }
                Response::LookInto => self.look_into(current, &mut watchdog)?,
                Response::Suspend => {
                    let paused_ns = self.suspend()?;
                    self.continue_tick(current, paused_ns)?;
                }
                Response::Hold => {
                    let paused_ns = self.hold().await?;
                    self.continue_tick(current, paused_ns)?;
                }
                Response::NoteOutage => self.note_outage(),
                Response::Execute(request) => self.execute(request)?,
                Response::Nothing => {}
            }
        }
    }

    /// Whether the supervisor was kept from going on. That a SIGCONT has come is told by a signal
    /// event, after which the outage is its.
    pub(super) fn look_for_outage(&mut self) {
        if !self.signals.is_continued() {
            self.note_if_frozen();
        }
    }

    async fn event(&mut self, executing: Option<ProcId>) -> Result<Event, Error> {
        tokio::select! {
            biased;
            received = receive(&self.processes.children, executing) => received.map(Event::Received),
            asked = self.signals.next() => asked.map(Event::Signal),
            rang = self.alarm.rings() => rang.map(|()| Event::Alarm),
            () = self.watchers.sampler.unexpected() => Ok(Event::Unexpected),
            request = self.control.next() => Ok(Event::Requested(request)),
        }
    }

    fn set_alarm(&mut self, current: &TickInProgress) -> Result<(), Error> {
        let now_ns = clock::now_ns();
        let ring_ns = match current.executing {
            Some(_) => self.timer.executing(now_ns),
            None => Some(
                self.timer
                    .idle(current.start_ns, current.nominal_ns, now_ns),
            ),
        };
        ring_ns.map_or(Ok(()), |at_ns| self.alarm.set(at_ns))
    }

    /// Looks into a tick that lasts long.
    fn look_into(
        &mut self,
        current: &TickInProgress,
        watchdog: &mut Watchdog,
    ) -> Result<(), Error> {
        let processes = &mut self.processes;
        self.watchers.sample_if_overdue(current, processes)?;
        if let Some(process) = current.executing {
            self.watchers.look_into(process, current, processes)?;
            let longest_ns = self.lengths.longest_ns(process);
            watchdog.look(processes.children.get(process), longest_ns)?;
        }
        self.watchers
            .check_some_placements(&mut processes.children, current.running);
        self.watchers.make_room();
        self.look_for_outage();
        let ring_ns = self.timer.ring_again(clock::now_ns());
        self.alarm.set(ring_ns)
    }

    /// After a pause in the middle of it.
    fn continue_tick(&mut self, current: &mut TickInProgress, paused_ns: u64) -> Result<(), Error> {
        current.start_ns += paused_ns;
        self.timer.reset();
        self.set_alarm(current)?;
        if current.sample.is_none() {
            self.watchers.open(current, &mut self.processes);
        }
        Ok(())
    }

    /// What was executed. Its CPU time is from the first stop of the process on.
    fn conclude(
        &mut self,
        executing: Option<ProcId>,
        end: TickEnd,
    ) -> Result<Option<Executed>, Error> {
        let Some(process) = executing else {
            return Ok(None);
        };
        let child = self.processes.child(process);
        match end {
            TickEnd::Idle => Ok(None),
            TickEnd::Retired(executed) => {
                let cpu_ns = child.note_clock(executed.cpu_ns);
                child.confirm_continued()?;
                self.processes.remaining[process.index()] = executed.remaining;
                self.lengths.retired(process, executed.tick_ns);
                Ok(Some(Executed { cpu_ns, ..executed }))
            }
            TickEnd::Protocol => Err(child.protocol_error()),
            TickEnd::Died => {
                child.confirm_exit()?;
                // Whatever its status: it had something to execute.
                self.processes.note_death(process);
                Ok(None)
            }
        }
    }

    /// Carries out a request that is not about standing still.
    pub(super) fn execute(&mut self, request: ControlRequest) -> Result<(), Error> {
        match request {
            // In the middle of a tick: to its end, or beyond it.
            ControlRequest::Resume => self.control.set_step(false),
            ControlRequest::Step => self.control.set_step(true),
            ControlRequest::Pause => {}
            ControlRequest::Tick(tick) => self.lengths.set(tick)?,
            ControlRequest::Signal(process, signal) => {
                self.processes.child(process).signal(signal)?;
                let number = signal as i32;
                let what = InterferenceKind::Signalled { number };
                self.watchers.interference.note(process, what);
            }
            ControlRequest::Wait(process) => self.wait_by_hand(process)?,
            ControlRequest::End => return Err(Error::Left),
        }
        Ok(())
    }

    fn wait_by_hand(&mut self, process: ProcId) -> Result<(), Error> {
        let is_zombie = |child: &Child| matches!(child.stage(), Stage::Zombie(_));
        let child = self.processes.child(process);
        child.look(libc::WEXITED)?;
        let was_zombie = is_zombie(child);
        child.reap()?;
        if was_zombie && !is_zombie(child) {
            let what = InterferenceKind::WaitedFor;
            self.watchers.interference.note(process, what);
        }
        self.processes.note_if_dead(process);
        Ok(())
    }
}

/// Hears the child that executes; for ever silent when none does.
async fn receive(children: &Children, executing: Option<ProcId>) -> Result<Received, Error> {
    match executing {
        Some(process) => children.get(process).receive().await,
        None => std::future::pending().await,
    }
}
