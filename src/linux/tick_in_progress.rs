//! What is to be done about each event while a tick passes. Pure: `tick.rs` does it.

use nix::sys::signal::Signal;

use super::control::ControlRequest;
use super::timing::TickTimer;
use crate::machine::Sampled;
use crate::os::signal::Asked;
use crate::process::child::Heard;
use crate::process::protocol::{Executed, Message};
use crate::scheduler::{ProcId, Tick};

/// What the supervisor waits for.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// From the process that executes.
    Heard(Heard),
    Asked(Asked),
    Requested(ControlRequest),
    /// The sampler has seen a process in a state in which it should not be.
    Unexpected,
    /// The alarm rings: to end an idle tick, or to look into a long one.
    Alarm,
}

/// What is to be done about it.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    End(TickEnd),
    /// Fail: this signal asks us to end.
    Interrupted(Signal),
    /// Take what the sampler has seen, and look into it.
    ReadSamples,
    /// Look whether the tick can still end, and set the alarm again.
    LookInto,
    /// Stand still with the terminal.
    Suspend,
    /// Stand still until the person who watches lets the run go on.
    Hold,
    /// Note for how long the supervisor alone was stopped.
    NoteOutage,
    Execute(ControlRequest),
    Nothing,
}

/// How a tick ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TickEnd {
    /// It was an idle one, and its time is over.
    Idle,
    Retired(Executed),
    /// The process has closed its pipe, as dying does.
    Died,
    /// The process sent what no worker sends in a tick.
    Protocol,
}

/// A tick that passes.
#[derive(Debug)]
pub struct TickInProgress {
    pub tick: Tick,
    pub running: Option<ProcId>,
    /// The running process, unless it has nothing left to execute.
    pub executing: Option<ProcId>,
    /// When it began, by the clock of the run.
    pub began_ns: u64,
    /// `CLOCK_MONOTONIC`; after a pause, as if the tick had begun later.
    pub start_ns: u64,
    /// When it is to end, by `CLOCK_MONOTONIC`, where nothing is executed.
    pub until_ns: Option<u64>,
    /// What it should take, in nanoseconds.
    pub nominal_ns: u64,
    pub letters: Vec<Sampled>,
}

impl TickInProgress {
    pub fn respond(&self, event: Event, now_ns: u64) -> Response {
        match event {
            Event::Heard(Heard::Message(Message::Retired(executed))) => {
                Response::End(TickEnd::Retired(executed))
            }
            Event::Heard(Heard::Message(_)) => Response::End(TickEnd::Protocol),
            Event::Heard(Heard::Closed) => Response::End(TickEnd::Died),
            Event::Alarm if self.until_ns.is_some_and(|until_ns| until_ns <= now_ns) => {
                Response::End(TickEnd::Idle)
            }
            Event::Alarm => Response::LookInto,
            Event::Unexpected => Response::ReadSamples,
            Event::Asked(Asked::End(signal)) => Response::Interrupted(signal),
            Event::Asked(Asked::Suspend) => Response::Suspend,
            Event::Asked(Asked::Continued) => Response::NoteOutage,
            Event::Asked(Asked::Foreground) => Response::Nothing,
            Event::Requested(ControlRequest::Pause) => Response::Hold,
            Event::Requested(request) => Response::Execute(request),
        }
    }

    /// For when to set the alarm at its beginning, or after a pause; `None`: it is set already.
    #[must_use]
    pub fn first_ring(&mut self, timer: &mut TickTimer, now_ns: u64) -> Option<u64> {
        self.until_ns = match self.executing {
            Some(_) => None,
            None => Some(timer.idle_end(self.start_ns, self.nominal_ns)),
        };
        timer.first_ring(self.until_ns, now_ns)
    }

    /// For when to set the alarm after it has rung too early to end the tick.
    #[must_use]
    pub fn next_ring(&self, timer: &mut TickTimer, now_ns: u64) -> u64 {
        timer.next_ring(self.until_ns, now_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::clocks::{Clocks, Reading};
    use crate::process::protocol::SpawnStep;
    use crate::scheduler::Retired;
    use crate::workload::Instruction;

    const P0: Option<ProcId> = Some(ProcId(0));

    fn idle(start_ns: u64) -> TickInProgress {
        TickInProgress {
            tick: Tick(1),
            running: None,
            executing: None,
            began_ns: 0,
            start_ns,
            until_ns: None,
            nominal_ns: 500,
            letters: Vec::new(),
        }
    }

    fn executing() -> TickInProgress {
        TickInProgress {
            running: P0,
            executing: P0,
            ..idle(1_000)
        }
    }

    #[test]
    fn an_idle_tick_ends_when_its_time_is_over_and_the_next_one_without_drift() {
        let mut timer = TickTimer::default();
        let mut first = idle(1_000);
        assert_eq!(first.first_ring(&mut timer, 1_000), Some(1_500));
        assert_eq!(first.respond(Event::Alarm, 1_499), Response::LookInto);
        let end = Response::End(TickEnd::Idle);
        assert_eq!(first.respond(Event::Alarm, 1_530), end);

        let mut next = idle(1_540);
        assert_eq!(next.first_ring(&mut timer, 1_540), Some(2_000));
        assert_eq!(next.respond(Event::Alarm, 2_000), end);
    }

    #[test]
    fn where_an_instruction_is_executed_no_clock_ends_the_tick() {
        let mut timer = TickTimer::default();
        let mut tick = executing();
        let _ = tick.first_ring(&mut timer, 1_000);
        assert_eq!(tick.respond(Event::Alarm, u64::MAX), Response::LookInto);
    }

    #[test]
    fn what_the_process_says_it_executed_ends_the_tick() {
        let executed = Executed {
            retired: Retired {
                instruction: Instruction::Io,
                remaining: 3,
            },
            tick_ns: 500,
            cpu_ns: 77,
        };
        let heard = Event::Heard(Heard::Message(Message::Retired(executed)));
        let end = Response::End(TickEnd::Retired(executed));
        assert_eq!(executing().respond(heard, 1_501), end);
    }

    #[test]
    fn a_death_in_the_middle_of_a_tick_ends_it() {
        let end = Response::End(TickEnd::Died);
        assert_eq!(executing().respond(Event::Heard(Heard::Closed), 1_200), end);
    }

    #[test]
    fn what_no_worker_says_in_a_tick_is_an_error() {
        let step = SpawnStep::Exec;
        for message in [
            Message::Ready { instructions: 1 },
            Message::Failed { step, errno: 1 },
        ] {
            let heard = Event::Heard(Heard::Message(message));
            let end = Response::End(TickEnd::Protocol);
            assert_eq!(executing().respond(heard, 1_200), end);
        }
    }

    #[test]
    fn a_pause_moves_the_end_of_an_idle_tick_and_takes_no_time_of_the_run() {
        let reading = |now_ns| Reading {
            now_ns,
            own_cpu_ns: 0,
        };
        let (mut clocks, mut timer) = (Clocks::default(), TickTimer::default());
        let mut tick = idle(1_000);
        clocks.start(reading(1_000));
        let _ = tick.first_ring(&mut timer, 1_000);

        clocks.pause(reading(1_200));
        assert_eq!(clocks.run.at(9_000), 200);
        let paused_ns = clocks.resume(reading(9_200));
        tick.start_ns += paused_ns;
        timer.reset();
        assert_eq!(tick.first_ring(&mut timer, 9_200), Some(9_500));
        assert_eq!(tick.respond(Event::Alarm, 9_499), Response::LookInto);
        let end = Response::End(TickEnd::Idle);
        assert_eq!(tick.respond(Event::Alarm, 9_500), end);
        assert_eq!(clocks.end_tick(reading(9_500)), 500);
    }

    #[test]
    fn signals_and_requests_have_one_response_each_whatever_is_executed() {
        let signal = Signal::SIGTERM;
        let expected = [
            (
                Event::Asked(Asked::End(signal)),
                Response::Interrupted(signal),
            ),
            (Event::Asked(Asked::Suspend), Response::Suspend),
            (Event::Asked(Asked::Continued), Response::NoteOutage),
            (Event::Asked(Asked::Foreground), Response::Nothing),
            (Event::Requested(ControlRequest::Pause), Response::Hold),
            (
                Event::Requested(ControlRequest::End),
                Response::Execute(ControlRequest::End),
            ),
            (Event::Unexpected, Response::ReadSamples),
        ];
        for tick in [idle(1_000), executing()] {
            for (event, response) in expected {
                assert_eq!(tick.respond(event, u64::MAX), response);
            }
        }
    }
}
