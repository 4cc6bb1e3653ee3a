//! How a run stands still and goes on: every process stopped, every clock paused, and then no process
//! going but the one that was going before.

use super::clocks::Reading;
use super::control::WhileHeld;
use super::machine::Machine;
use crate::machine::{Pause, PauseCause};
use crate::os::error::Error;
use crate::os::signal::SignalEvent;
use crate::os::signal::interval_signal;
use crate::os::signal::interval_signal::Outage;
use crate::os::{clock, deadline};
use crate::process::backoff::Backoff;
use crate::process::child::Stage;
use crate::process::facts::LeftCpu;
use crate::scheduler::ProcId;

/// The processes that are to go on after a pause, as they were before it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Halted {
    going: Vec<ProcId>,
    asleep: Vec<ProcId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Stop(ProcId),
    /// Back into the sleep it was in.
    Sleep(ProcId),
    Continue(ProcId),
    PauseClocks,
    ResumeClocks,
}

impl Halted {
    fn of(stages: impl Iterator<Item = (ProcId, Stage)>) -> Self {
        let mut halted = Self::default();
        for (process, stage) in stages {
            match stage {
                Stage::Going => halted.going.push(process),
                Stage::Asleep => halted.asleep.push(process),
                _ => {}
            }
        }
        halted
    }

    /// Those that sleep need the CPU for a moment to stop: it is free once the one that was going is
    /// stopped, and then that is no time of the run.
    fn steps_to_halt(&self) -> Vec<Step> {
        let stop = |processes: &[ProcId]| processes.iter().copied().map(Step::Stop).collect();
        let (mut steps, asleep): (Vec<_>, Vec<_>) = (stop(&self.going), stop(&self.asleep));
        steps.push(Step::PauseClocks);
        steps.extend(asleep);
        steps
    }

    /// The same backwards. Whatever has ended meanwhile is left out when its step comes.
    fn steps_to_go_on(&self) -> Vec<Step> {
        let mut steps: Vec<_> = self.asleep.iter().copied().map(Step::Sleep).collect();
        steps.push(Step::ResumeClocks);
        steps.extend(self.going.iter().copied().map(Step::Continue));
        steps
    }
}

impl Machine {
    /// Stands still with the terminal (Ctrl-Z) until `fg`. How long that was, in nanoseconds; when it
    /// was taken back meanwhile, it was no pause, and what it took is time.
    pub(super) fn suspend(&mut self) -> Result<u64, Error> {
        let halted = self.halt()?;
        let stood_still = self.signals.suspend();
        if let Ok(None) = stood_still {
            self.clocks.run.take_pause_back();
        }
        let length_ns = self.go_on(&halted, PauseCause::Terminal)?;
        stood_still.map(|_| length_ns)
    }

    /// Stands still until the person who watches lets the run go on. How long that was, in
    /// nanoseconds.
    pub(super) async fn hold(&mut self) -> Result<u64, Error> {
        let halted = self.halt()?;
        let released = self.until_released().await;
        let length_ns = self.go_on(&halted, PauseCause::Person)?;
        released.map(|()| length_ns)
    }

    async fn until_released(&mut self) -> Result<(), Error> {
        loop {
            tokio::select! {
                biased;
                asked = self.signals.next() => match asked? {
                    SignalEvent::End(signal) => return Err(Error::Interrupted(signal)),
                    SignalEvent::Suspend => drop(self.signals.suspend()?),
                    SignalEvent::Continued | SignalEvent::Foreground => {}
                },
                request = self.control.next() => match self.control.while_held(request) {
                    WhileHeld::GoOn => return Ok(()),
                    WhileHeld::Stay => {}
                    WhileHeld::Execute(request) => self.execute(request)?,
                },
            }
        }
    }

    fn halt(&mut self) -> Result<Halted, Error> {
        self.watchers.sampler.close();
        let numbered = self.processes.children.numbered();
        let halted = Halted::of(numbered.map(|(process, child)| (process, child.stage())));
        for step in halted.steps_to_halt() {
            self.perform(step)?;
        }
        Ok(halted)
    }

    fn go_on(&mut self, halted: &Halted, cause: PauseCause) -> Result<u64, Error> {
        let at_ns = self.clocks.now_ns();
        let mut length_ns = 0;
        for step in halted.steps_to_go_on() {
            length_ns += self.perform(step)?;
        }
        if length_ns > 0 {
            self.pauses.note(Pause {
                tick: self.watchers.interference.now,
                cause,
                at_ns,
                length_ns,
                used_ns: None,
            });
        }
        Ok(length_ns)
    }

    /// For how long the clocks stood still before this step, in nanoseconds.
    fn perform(&mut self, step: Step) -> Result<u64, Error> {
        let is_stopped = |process| self.processes.stage(process) == Stage::Stopped;
        match step {
            Step::Stop(process) => self.processes.stop(process)?,
            Step::Sleep(process) if is_stopped(process) => {
                let child = self.processes.child(process);
                child.cont()?;
                // What was recorded last may still be that it left the CPU to stop: /proc is asked.
                child.confirm_asleep(&mut Backoff::default(), || LeftCpu::Unknown)?;
                child.confirm_continued()?;
                self.processes.note_if_dead(process);
            }
            Step::Continue(process) if is_stopped(process) => {
                self.processes.child(process).cont()?;
            }
            Step::Sleep(_) | Step::Continue(_) => {}
            Step::PauseClocks => {
                self.clocks.pause(Reading::now());
                self.watchers.rivals.pause();
            }
            Step::ResumeClocks => {
                self.watchers.rivals.resume();
                self.watchers.withholding.go_on();
                return Ok(self.clocks.resume(Reading::now()));
            }
        }
        Ok(0)
    }

    /// Notes for how long the supervisor alone was stopped, and not its processes. They have gone on,
    /// and what they did meanwhile is heard first: ticks may have passed since.
    pub(super) fn note_outage(&mut self) {
        if let Some(outage) = interval_signal::take_outage() {
            let used_ns = self.used_in(outage);
            self.note_outside(PauseCause::Outside, outage, used_ns);
        }
    }

    /// CPU time that the process with the CPU has used in an outage that has just ended, at least:
    /// what it has used since its last report beyond the time that was left beside the outage.
    fn used_in(&self, outage: Outage) -> Option<u64> {
        let mut children = self.processes.children.iter();
        let child = children.find(|child| child.stage() == Stage::Going)?;
        let (reported, now_ns) = (child.reported(), clock::now_ns());
        let used_ns = child.since_start(child.clock_ns()?);
        Some(used_within(
            used_ns.checked_sub(reported.cpu_ns)?,
            now_ns.checked_sub(reported.at_ns)?,
            outage.length_ns,
        ))
    }

    /// Notes for how long the supervisor stood still, and nothing has stopped it. To be called where
    /// no stop of it is still to be told.
    pub(super) fn note_if_frozen(&mut self) {
        if let Some(outage) = interval_signal::take_outage()
            && let Some(still) = self.watchers.withholding.stood_still(outage)
        {
            self.note_outside(PauseCause::Frozen, still, None);
        }
    }

    fn note_outside(&mut self, cause: PauseCause, outage: Outage, used_ns: Option<u64>) {
        let until_ns = outage.from_ns.saturating_add(outage.length_ns);
        let run = &self.clocks.run;
        let stop = self.times.place(run.at(outage.from_ns), run.at(until_ns));
        self.pauses.note(Pause {
            tick: stop.tick,
            cause,
            at_ns: stop.from_ns,
            length_ns: stop.until_ns.saturating_sub(stop.from_ns),
            used_ns: used_ns.filter(|&ns| ns > 0),
        });
    }
}

/// Of this much CPU time in this much time, how much lies at least within an outage, which may have
/// begun an interval of the interval signal later than it seems. In nanoseconds.
fn used_within(used_ns: u64, elapsed_ns: u64, outage_ns: u64) -> u64 {
    let beside_ns = elapsed_ns.saturating_sub(outage_ns) + clock::ns(deadline::RECHECK);
    used_ns.saturating_sub(beside_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Exit;

    const STAGES: [Stage; 6] = [
        Stage::Asleep,
        Stage::Going,
        Stage::Stopped,
        Stage::Zombie(Exit::Code(0)),
        Stage::Reaped(Exit::Code(0)),
        Stage::Asleep,
    ];

    fn halted() -> Halted {
        Halted::of((0..).map(ProcId).zip(STAGES))
    }

    #[test]
    fn time_stands_still_once_the_running_process_is_stopped_and_before_a_sleeping_one_gets_the_cpu()
     {
        let steps = halted().steps_to_halt();
        let stop = |id| Step::Stop(ProcId(id));
        assert_eq!(steps, [stop(1), Step::PauseClocks, stop(0), stop(5)]);
    }

    #[test]
    fn only_cpu_time_that_fits_nowhere_else_was_used_in_an_outage() {
        let ms = |ms: u64| ms * 1_000_000;
        // It was stopped, too, or others had the CPU: what it has used may lie before and after.
        assert_eq!(used_within(ms(60), ms(2_010), ms(2_000)), 0);
        assert_eq!(used_within(0, ms(2_010), ms(2_000)), 0);
        let most = used_within(ms(1_900), ms(2_010), ms(2_000));
        assert_eq!(most, ms(1_900 - 10) - clock::ns(deadline::RECHECK));
    }

    #[test]
    fn time_goes_on_once_all_sleep_again_and_before_the_running_process_does() {
        let sleep = |id| Step::Sleep(ProcId(id));
        let expected = [
            sleep(0),
            sleep(5),
            Step::ResumeClocks,
            Step::Continue(ProcId(1)),
        ];
        assert_eq!(halted().steps_to_go_on(), expected);
    }

    #[test]
    fn what_was_stopped_before_a_pause_stays_so_and_an_idle_run_pauses_its_clocks_all_the_same() {
        let halted = Halted::of([(ProcId(0), Stage::Stopped)].into_iter());
        assert_eq!(halted.steps_to_halt(), [Step::PauseClocks]);
        assert_eq!(halted.steps_to_go_on(), [Step::ResumeClocks]);
    }
}
