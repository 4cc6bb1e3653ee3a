//! What is to be done about each event while a tick passes. Pure: `tick.rs` does it.

use nix::sys::signal::Signal;

use super::control::ControlRequest;
use super::sampler::Sample;
use crate::machine::Sampled;
use crate::os::signal::SignalEvent;
use crate::process::child::Received;
use crate::process::protocol::{Executed, Message};
use crate::scheduler::{ProcId, Tick};

/// What the supervisor waits for.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// From the process that executes.
    Received(Received),
    Signal(SignalEvent),
    Requested(ControlRequest),
    /// The sampler has seen a process in a state in which it should not be.
    Unexpected,
    /// The alarm rings: to end an idle tick, or to look into a long one.
    Alarm,
}

/// What is to be done about it.
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

impl Event {
    /// `is_over`: whether the clock says that the tick is.
    pub const fn response(self, is_over: bool) -> Response {
        match self {
            Self::Received(Received::Message(Message::Executed(executed))) => {
                Response::End(TickEnd::Retired(executed))
            }
            Self::Received(Received::Message(_)) => Response::End(TickEnd::Protocol),
            Self::Received(Received::Closed) => Response::End(TickEnd::Died),
            Self::Alarm if is_over => Response::End(TickEnd::Idle),
            Self::Alarm => Response::LookInto,
            Self::Unexpected => Response::ReadSamples,
            Self::Signal(SignalEvent::End(signal)) => Response::Interrupted(signal),
            Self::Signal(SignalEvent::Suspend) => Response::Suspend,
            Self::Signal(SignalEvent::Continued) => Response::NoteOutage,
            Self::Signal(SignalEvent::Foreground) => Response::Nothing,
            Self::Requested(ControlRequest::Pause) => Response::Hold,
            Self::Requested(request) => Response::Execute(request),
        }
    }
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
    /// What it should take, in nanoseconds.
    pub nominal_ns: u64,
    /// By when (`CLOCK_MONOTONIC`) the running process was let go, if it was in this tick; otherwise it
    /// has gone on since the one before.
    pub let_go_ns: Option<u64>,
    pub sample: Option<Sample>,
}

impl TickInProgress {
    /// The letters that belong to the tick, of which the running process has told the end
    /// (`CLOCK_MONOTONIC`), if it executed an instruction.
    ///
    /// The supervisor may be kept from the CPU at any time: before it lets the process go, while a
    /// sample is taken all the same; and at the borders of a tick, while the process has gone on, and
    /// may have issued its I/O or exited. A letter that was not read for certain while the process
    /// executed what the tick is about says nothing, whatever it is: to leave it out only where it
    /// contradicts would not be honest.
    pub fn letters(self, ended_ns: Option<u64>) -> Vec<Sampled> {
        let Some(sample) = self.sample else {
            return Vec::new();
        };
        let of_this_tick = self.let_go_ns.is_none_or(|ns| ns <= sample.from_ns)
            && ended_ns.is_none_or(|ns| sample.until_ns <= ns);
        let mut letters = sample.letters;
        letters.retain(|&(process, _)| of_this_tick || Some(process) != self.running);
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::clocks::{Clocks, Reading};
    use crate::linux::timing::TickTimer;
    use crate::process::spawn_failed::{SpawnFailed, SpawnStep};
    use crate::workload::Instruction;
    use nix::errno::Errno;

    fn tick(let_go_ns: Option<u64>) -> TickInProgress {
        TickInProgress {
            tick: Tick(1),
            running: Some(ProcId(0)),
            executing: Some(ProcId(0)),
            began_ns: 0,
            start_ns: 1_000,
            nominal_ns: 400,
            let_go_ns,
            sample: Some(Sample {
                from_ns: 1_200,
                until_ns: 1_203,
                letters: [(ProcId(0), 'R'), (ProcId(1), 'T')].to_vec(),
            }),
        }
    }

    #[test]
    fn a_letter_that_may_have_been_read_before_the_process_was_let_go_counts_in_no_way() {
        let counting = |let_go_ns| tick(let_go_ns).letters(Some(1_500)).len();
        assert_eq!([None, Some(1_200)].map(counting), [2, 2]);
        assert_eq!(counting(Some(1_201)), 1);
        assert_eq!(tick(Some(1_201)).letters(None), [(ProcId(1), 'T')]);
    }

    #[test]
    fn a_letter_that_may_have_been_read_after_the_instruction_counts_in_no_way() {
        // It had gone on before the start of the tick was noted, and ended early in it.
        assert_eq!(tick(None).letters(Some(1_202)), [(ProcId(1), 'T')]);
        assert_eq!(tick(None).letters(Some(1_203)).len(), 2);
        assert_eq!(tick(None).letters(None).len(), 2);
    }

    #[test]
    fn where_nothing_was_read_there_is_no_letter() {
        let nothing = TickInProgress {
            sample: None,
            ..tick(None)
        };
        assert_eq!(nothing.letters(None), []);
    }

    #[test]
    fn an_idle_tick_ends_when_its_time_is_over_and_is_looked_into_before() {
        let end = Response::End(TickEnd::Idle);
        assert_eq!(Event::Alarm.response(true), end);
        assert_eq!(Event::Alarm.response(false), Response::LookInto);
    }

    #[test]
    fn what_the_process_says_it_executed_ends_the_tick() {
        let executed = Executed {
            instruction: Instruction::Io,
            remaining: 3,
            tick_ns: 500,
            cpu_ns: 77,
            ended_ns: 78,
        };
        let received = Event::Received(Received::Message(Message::Executed(executed)));
        let end = Response::End(TickEnd::Retired(executed));
        assert_eq!(received.response(false), end);
    }

    #[test]
    fn a_death_in_the_middle_of_a_tick_ends_it() {
        let end = Response::End(TickEnd::Died);
        assert_eq!(Event::Received(Received::Closed).response(false), end);
    }

    #[test]
    fn what_no_worker_says_in_a_tick_is_an_error() {
        let failed = SpawnFailed {
            step: SpawnStep::Exec,
            errno: Errno::EPERM,
        };
        for message in [Message::Ready { instructions: 1 }, Message::Failed(failed)] {
            let received = Event::Received(Received::Message(message));
            assert_eq!(received.response(false), Response::End(TickEnd::Protocol));
        }
    }

    #[test]
    fn a_pause_moves_the_end_of_an_idle_tick_and_takes_no_time_of_the_run() {
        let reading = |now_ns| Reading {
            now_ns,
            own_cpu_ns: 0,
        };
        let (mut clocks, mut timer) = (Clocks::default(), TickTimer::default());
        let (start_ns, nominal_ns) = (1_000, 500);
        clocks.start(start_ns);
        let _ = timer.idle(start_ns, nominal_ns, start_ns);

        clocks.pause(reading(1_200));
        assert_eq!(clocks.run.at(9_000), 200);
        let paused_ns = clocks.resume(reading(9_200));
        timer.reset();
        let end_ns = timer.idle(start_ns + paused_ns, nominal_ns, 9_200);
        assert_eq!(end_ns, 9_500);
        assert!(!timer.is_over(9_499));
        assert_eq!(clocks.end_tick(reading(end_ns)), nominal_ns);
    }

    #[test]
    fn a_signal_and_a_request_have_one_response_each_whatever_the_clock_says() {
        let signal = Signal::SIGTERM;
        let end = ControlRequest::End;
        for (event, response) in [
            (
                Event::Signal(SignalEvent::End(signal)),
                Response::Interrupted(signal),
            ),
            (Event::Signal(SignalEvent::Suspend), Response::Suspend),
            (Event::Signal(SignalEvent::Continued), Response::NoteOutage),
            (Event::Signal(SignalEvent::Foreground), Response::Nothing),
            (Event::Requested(ControlRequest::Pause), Response::Hold),
            (Event::Requested(end), Response::Execute(end)),
            (Event::Unexpected, Response::ReadSamples),
        ] {
            assert_eq!(event.response(true), response);
            assert_eq!(event.response(false), response);
        }
    }
}
