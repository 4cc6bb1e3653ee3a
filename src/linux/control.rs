//! The control channel: what a person may ask of a run while it goes on.

use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::scheduler::ProcId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlRequest {
    /// The run stands still until [`ControlRequest::Resume`] or [`ControlRequest::Step`].
    Pause,
    Resume,
    /// Goes on until the next tick is about to begin.
    Step,
    /// From the next instruction or idle tick on, each takes this long.
    Tick(Duration),
    /// Sends a signal to a process by hand, as an outsider would: the scheduler does not know.
    Signal(ProcId, Signal),
    /// Waits for a process by hand (waitpid with WNOHANG).
    Wait(ProcId),
    /// The run is over at once.
    End,
}

/// The sending end; without one, nothing is ever requested.
pub type ControlSender = UnboundedSender<ControlRequest>;

/// The receiving end, and whether it has been asked for a single step.
#[derive(Default)]
pub struct ControlReceiver {
    requests: Option<UnboundedReceiver<ControlRequest>>,
    step: bool,
}

/// What requests mean that came between two ticks.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BetweenTicks {
    /// To be executed in this order.
    pub execute: Vec<ControlRequest>,
    /// Then the run stands still.
    pub hold: bool,
}

/// What a request means while the run stands still.
#[derive(Debug, PartialEq, Eq)]
pub enum WhileHeld {
    GoOn,
    Stay,
    Execute(ControlRequest),
}

impl ControlReceiver {
    pub fn open() -> (ControlSender, Self) {
        let (sender, requests) = unbounded_channel();
        let receiver = Self {
            requests: Some(requests),
            step: false,
        };
        (sender, receiver)
    }

    /// Waits for a request; for ever where none can come. Cancelling the wait loses none.
    pub async fn next(&mut self) -> ControlRequest {
        let Some(requests) = &mut self.requests else {
            return std::future::pending().await;
        };
        let request = requests.recv().await;
        if request.is_none() {
            self.requests = None;
        }
        // The sender is gone: nothing else would ever resume a paused run.
        request.unwrap_or(ControlRequest::Resume)
    }

    /// Takes what was requested since the last tick, and ends a step.
    pub fn between_ticks(&mut self) -> BetweenTicks {
        let mut between = BetweenTicks {
            hold: std::mem::take(&mut self.step),
            ..BetweenTicks::default()
        };
        while let Some(request) = self.requests.as_mut().and_then(|it| it.try_recv().ok()) {
            match request {
                ControlRequest::Pause => between.hold = true,
                ControlRequest::Resume => between.hold = false,
                ControlRequest::Step => (between.hold, self.step) = (false, true),
                other => between.execute.push(other),
            }
        }
        between
    }

    pub const fn while_held(&mut self, request: ControlRequest) -> WhileHeld {
        match request {
            ControlRequest::Resume => {
                self.step = false;
                WhileHeld::GoOn
            }
            ControlRequest::Step => {
                self.step = true;
                WhileHeld::GoOn
            }
            ControlRequest::Pause => WhileHeld::Stay,
            other => WhileHeld::Execute(other),
        }
    }

    /// In the middle of a tick: whether the run stands still after it.
    pub const fn set_step(&mut self, step: bool) {
        self.step = step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(requests: &[ControlRequest]) -> ControlReceiver {
        let (sender, receiver) = ControlReceiver::open();
        for &request in requests {
            sender.send(request).unwrap();
        }
        receiver
    }

    #[test]
    fn a_step_lets_one_tick_pass() {
        let mut control = asked(&[ControlRequest::Pause]);
        assert!(control.between_ticks().hold);
        assert_eq!(control.while_held(ControlRequest::Pause), WhileHeld::Stay);
        assert_eq!(control.while_held(ControlRequest::Step), WhileHeld::GoOn);
        assert!(control.between_ticks().hold);
        assert_eq!(control.while_held(ControlRequest::Resume), WhileHeld::GoOn);
        assert!(!control.between_ticks().hold);
    }

    #[test]
    fn of_pause_and_resume_between_two_ticks_the_last_one_counts() {
        let (pause, resume) = (ControlRequest::Pause, ControlRequest::Resume);
        assert!(!asked(&[pause, resume]).between_ticks().hold);
        assert!(asked(&[resume, pause]).between_ticks().hold);
        let mut control = asked(&[pause, ControlRequest::Step]);
        assert!(!control.between_ticks().hold);
        assert!(control.between_ticks().hold);
    }

    #[test]
    fn everything_else_is_executed_in_its_order_also_while_the_run_stands_still() {
        let wait = ControlRequest::Wait(ProcId(0));
        let tick = ControlRequest::Tick(Duration::from_millis(1));
        let mut control = asked(&[wait, ControlRequest::Pause, tick]);
        let between = control.between_ticks();
        assert_eq!((between.execute, between.hold), (vec![wait, tick], true));
        assert_eq!(control.while_held(wait), WhileHeld::Execute(wait));
    }
}
