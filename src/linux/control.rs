//! What whoever watches a run may ask of it while it goes on.

use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::machine::Machine;
use crate::machine::InterferenceKind;
use crate::os::clock;
use crate::os::error::Error;
use crate::process::child::Stage;
use crate::scheduler::ProcId;

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlRequest {
    /// The world stands still until [`ControlRequest::Resume`] or [`ControlRequest::Step`].
    Pause,
    Resume,
    /// Goes on until the next tick is about to begin.
    Step,
    /// From the next instruction or idle tick on, each takes so long.
    Tick(Duration),
    /// Sends a signal to a process by hand, as an outsider would: the scheduler does not know.
    Signal(ProcId, Signal),
    /// Waits for a process by hand (waitpid with WNOHANG).
    Wait(ProcId),
    /// Whoever watches has seen enough: the run is over.
    End,
}

/// The giving end; whoever has none cannot order anything.
pub type ControlSender = UnboundedSender<ControlRequest>;

/// The receiving end.
#[derive(Default)]
pub struct ControlReceiver(Option<UnboundedReceiver<ControlRequest>>);

impl ControlReceiver {
    #[must_use]
    pub fn open() -> (ControlSender, Self) {
        let (orders, inbox) = unbounded_channel();
        (orders, Self(Some(inbox)))
    }

    /// Waits for an order; for ever where nobody can give one. Cancelling the wait loses none.
    pub async fn next(&mut self) -> ControlRequest {
        let Some(inbox) = &mut self.0 else {
            return std::future::pending().await;
        };
        let order = inbox.recv().await;
        if order.is_none() {
            self.0 = None;
        }
        // Whoever watched is gone: nobody else would ever resume a paused run.
        order.unwrap_or(ControlRequest::Resume)
    }

    pub fn try_next(&mut self) -> Option<ControlRequest> {
        self.0.as_mut()?.try_recv().ok()
    }
}

impl Machine {
    fn wait_by_hand(&mut self, process: ProcId) -> Result<(), Error> {
        let child = self.children.get_mut(process);
        let gone = matches!(child.stage(), Stage::Reaped(_));
        child.look(libc::WEXITED)?;
        child.reap()?;
        if !gone && matches!(child.stage(), Stage::Reaped(_)) {
            self.detector
                .note(child, self.tick, InterferenceKind::WaitedFor);
        }
        self.note_if_lost(process);
        Ok(())
    }

    /// Carries out an order that is not about standing still.
    pub fn execute(&mut self, order: ControlRequest) -> Result<(), Error> {
        match order {
            ControlRequest::Pause => Ok(()),
            // In the middle of a step: to its end, or beyond it.
            ControlRequest::Resume | ControlRequest::Step => {
                self.step = order == ControlRequest::Step;
                Ok(())
            }
            ControlRequest::Tick(tick) => {
                self.tick_ns = clock::ns(tick);
                for longest_ns in &mut self.longest_ns {
                    *longest_ns = self.tick_ns.max(*longest_ns);
                }
                self.tick_length.set(tick)
            }
            ControlRequest::Signal(process, signal) => {
                let child = self.children.get(process);
                child.signal(signal)?;
                let number = signal as i32;
                self.detector
                    .note(child, self.tick, InterferenceKind::Signalled { number });
                Ok(())
            }
            ControlRequest::Wait(process) => self.wait_by_hand(process),
            ControlRequest::End => Err(Error::Left),
        }
    }
}
