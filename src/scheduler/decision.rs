//! What the scheduler decided, and why.

use std::fmt;

use super::{ProcId, ProcessRun, State, Tick};

/// A process moves from one state to the next: an arrow of the book's figure 4.2, spawn and
/// death included. Each is one verb of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// New → Ready.
    Admit(ProcId),
    /// Ready → Running ("scheduled").
    Dispatch(ProcId),
    /// Running → Ready ("descheduled").
    Deschedule(ProcId),
    /// Running → Blocked ("I/O: initiate").
    Block(ProcId),
    /// Blocked → Ready ("I/O: done").
    CompleteIo(ProcId),
    /// Any living state → Zombie.
    Exit(ProcId),
    /// Zombie → Gone: the parent has waited for it.
    Reap(ProcId),
}

impl Transition {
    #[must_use]
    pub const fn process(self) -> ProcId {
        match self {
            Self::Admit(p)
            | Self::Dispatch(p)
            | Self::Deschedule(p)
            | Self::Block(p)
            | Self::CompleteIo(p)
            | Self::Exit(p)
            | Self::Reap(p) => p,
        }
    }

    /// Its name in the trace file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admit(_) => "admit",
            Self::Dispatch(_) => "dispatch",
            Self::Deschedule(_) => "deschedule",
            Self::Block(_) => "block",
            Self::CompleteIo(_) => "complete_io",
            Self::Exit(_) => "exit",
            Self::Reap(_) => "reap",
        }
    }

    #[must_use]
    pub const fn leads_to(self) -> State {
        match self {
            Self::Admit(_) | Self::Deschedule(_) | Self::CompleteIo(_) => State::Ready,
            Self::Dispatch(_) => State::Running,
            Self::Block(_) => State::Blocked,
            Self::Exit(_) => State::Zombie,
            Self::Reap(_) => State::Gone,
        }
    }

    #[must_use]
    pub const fn leads_from(self, state: State) -> bool {
        match self {
            Self::Admit(_) => matches!(state, State::New),
            Self::Dispatch(_) => matches!(state, State::Ready),
            Self::Deschedule(_) | Self::Block(_) => matches!(state, State::Running),
            Self::CompleteIo(_) => matches!(state, State::Blocked),
            Self::Exit(_) => matches!(state, State::Ready | State::Running | State::Blocked),
            Self::Reap(_) => matches!(state, State::Zombie),
        }
    }
}

/// Why a decision was taken. Its `Display` is the sentence `--why` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Created {
        process: ProcId,
        instructions: u64,
    },
    First {
        process: ProcId,
    },
    IssuedIo {
        process: ProcId,
    },
    /// `SWITCH_ON_IO`, and somebody is ready.
    SwitchOnIo {
        process: ProcId,
        next: ProcId,
    },
    /// `SWITCH_ON_IO`, and nobody is ready.
    NobodyReady {
        process: ProcId,
    },
    /// `SWITCH_ON_END`: the CPU waits with the process that issued the I/O.
    WaitForOwnIo {
        process: ProcId,
    },
    DeviceAnswered {
        process: ProcId,
    },
    /// `IO_RUN_IMMEDIATE`.
    IoRunImmediate {
        process: ProcId,
        preempted: Option<ProcId>,
    },
    /// `IO_RUN_LATER`, and somebody is running.
    IoRunLater {
        process: ProcId,
        running: ProcId,
    },
    /// `SWITCH_ON_END`: the process that waited for its I/O goes on, though others are ready.
    SwitchOnEnd {
        process: ProcId,
    },
    OnlyRunnable {
        process: ProcId,
    },
    Finished {
        process: ProcId,
    },
    Died {
        process: ProcId,
    },
    NextAfterExit {
        process: ProcId,
        next: ProcId,
    },
    NobodyAfterExit {
        process: ProcId,
    },
    LastExit {
        process: ProcId,
    },
    SeenAsZombie {
        process: ProcId,
    },
    RunOver {
        process: ProcId,
    },
    /// Whoever steers has chosen other policies.
    PolicyChanged {
        to: ProcessRun,
    },
}

impl Reason {
    /// Its name in the trace file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::First { .. } => "first",
            Self::IssuedIo { .. } => "issued_io",
            Self::SwitchOnIo { .. } => "switch_on_io",
            Self::NobodyReady { .. } => "nobody_ready",
            Self::WaitForOwnIo { .. } => "wait_for_own_io",
            Self::DeviceAnswered { .. } => "device_answered",
            Self::IoRunImmediate { .. } => "io_run_immediate",
            Self::IoRunLater { .. } => "io_run_later",
            Self::SwitchOnEnd { .. } => "switch_on_end",
            Self::OnlyRunnable { .. } => "only_runnable",
            Self::Finished { .. } => "finished",
            Self::Died { .. } => "died",
            Self::NextAfterExit { .. } => "next_after_exit",
            Self::NobodyAfterExit { .. } => "nobody_after_exit",
            Self::LastExit { .. } => "last_exit",
            Self::SeenAsZombie { .. } => "seen_as_zombie",
            Self::RunOver { .. } => "run_over",
            Self::PolicyChanged { .. } => "steered",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Created {
                process,
                instructions,
            } => {
                let plural = if instructions == 1 { "" } else { "s" };
                write!(
                    f,
                    "{process} was created with {instructions} instruction{plural}: it is ready"
                )
            }
            Self::First { process } => {
                write!(f, "{process} comes first in the process list: it runs")
            }
            Self::IssuedIo { process } => {
                write!(
                    f,
                    "{process} issued an I/O: it is blocked until the device answers"
                )
            }
            Self::SwitchOnIo { process, next } => write!(
                f,
                "{process} issued an I/O and blocked: switch on I/O, next ready after {process} is {next}"
            ),
            Self::NobodyReady { process } => write!(
                f,
                "{process} issued an I/O and blocked: nobody else is ready, the CPU is idle"
            ),
            Self::WaitForOwnIo { process } => write!(
                f,
                "{process} issued an I/O and blocked: no switch before it ends, the CPU is idle"
            ),
            Self::DeviceAnswered { process } => {
                write!(f, "the device answered {process}: it is ready")
            }
            Self::IoRunImmediate {
                process,
                preempted: Some(preempted),
            } => write!(
                f,
                "{process}'s I/O is done: it runs immediately, {preempted} gives up the CPU"
            ),
            Self::IoRunImmediate {
                process,
                preempted: None,
            } => {
                write!(
                    f,
                    "{process}'s I/O is done: it runs immediately, the CPU was idle"
                )
            }
            Self::IoRunLater { process, running } => write!(
                f,
                "{process}'s I/O is done: it runs later, when it is its turn; {running} keeps the CPU"
            ),
            Self::SwitchOnEnd { process } => write!(
                f,
                "{process}'s I/O is done: no switch before it ends, so it runs on"
            ),
            Self::OnlyRunnable { process } => {
                write!(
                    f,
                    "{process}'s I/O is done and nobody else can run: it runs"
                )
            }
            Self::Finished { process } => {
                write!(
                    f,
                    "{process} has nothing left to execute: it exits and is a zombie"
                )
            }
            Self::Died { process } => {
                write!(f, "{process} ended before its program did: it is a zombie")
            }
            Self::NextAfterExit { process, next } => {
                write!(f, "{process} exited: next ready after {process} is {next}")
            }
            Self::NobodyAfterExit { process } => {
                write!(f, "{process} exited: nobody is ready and the CPU is idle")
            }
            Self::LastExit { process } => write!(f, "{process} exited: it was the last one"),
            Self::SeenAsZombie { process } => {
                write!(
                    f,
                    "{process} has been a zombie for a tick: it is waited for"
                )
            }
            Self::RunOver { process } => {
                write!(
                    f,
                    "{process} is a zombie and the run is over: it is waited for"
                )
            }
            Self::PolicyChanged { to } => {
                write!(f, "from now on {} and {}, by hand", to.switch, to.io_done)
            }
        }
    }
}

/// One decision. Without a transition, the policy was asked and changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The tick at whose start it takes effect.
    pub tick: Tick,
    pub transition: Option<Transition>,
    pub reason: Reason,
}

impl Decision {
    /// Whether its reason says something that no other decision's at the same moment does. What
    /// raised a question (a process blocks, exits, becomes ready) is told again in the answer, and
    /// so is who gives up the CPU for whom.
    #[must_use]
    pub const fn is_worth_telling(&self) -> bool {
        match self.transition {
            None | Some(Transition::Dispatch(_) | Transition::Reap(_)) => true,
            Some(Transition::Exit(_)) => matches!(self.reason, Reason::Died { .. }),
            Some(_) => false,
        }
    }
}
