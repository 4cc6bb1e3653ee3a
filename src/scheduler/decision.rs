//! What the scheduler decided, and why.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{EnumDiscriminants, IntoStaticStr};

use super::ids::{ProcId, Tick};
use super::spec::PolicySpec;
use super::state::State;

/// A process moves from one state to the next: an arrow of the book's figure 4.2, its creation and
/// its end included. Each is one verb of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumDiscriminants)]
#[strum_discriminants(
    name(TransitionKind),
    doc = "The arrow, without the process.",
    derive(Serialize, Deserialize, IntoStaticStr),
    serde(rename_all = "snake_case"),
    strum(serialize_all = "snake_case")
)]
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

    pub fn leads_to(self) -> State {
        TransitionKind::from(self).leads_to()
    }

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

impl TransitionKind {
    pub const fn leads_to(self) -> State {
        match self {
            Self::Admit | Self::Deschedule | Self::CompleteIo => State::Ready,
            Self::Dispatch => State::Running,
            Self::Block => State::Blocked,
            Self::Exit => State::Zombie,
            Self::Reap => State::Gone,
        }
    }
}

/// Why a decision was taken. Its `Display` is the sentence `--why` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumDiscriminants)]
#[strum_discriminants(
    name(ReasonKind),
    doc = "A reason without what it is about, as in a trace.",
    derive(Serialize, Deserialize, IntoStaticStr),
    serde(rename_all = "snake_case"),
    strum(serialize_all = "snake_case")
)]
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
    /// `SWITCH_ON_IO`, and another process is ready.
    SwitchOnIo {
        process: ProcId,
        next: ProcId,
    },
    /// `SWITCH_ON_IO`, and no process is ready.
    #[strum_discriminants(serde(rename = "nobody_ready"))]
    #[strum_discriminants(strum(serialize = "nobody_ready"))]
    NoneReady {
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
    /// `IO_RUN_LATER`, and another process is running.
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
    #[strum_discriminants(serde(rename = "nobody_after_exit"))]
    #[strum_discriminants(strum(serialize = "nobody_after_exit"))]
    NoneReadyAfterExit {
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
    /// The process that has the CPU had all the ticks of its turn.
    SliceOver {
        process: ProcId,
        next: ProcId,
        ticks: u64,
    },
    /// By hand.
    #[strum_discriminants(serde(rename = "steered"))]
    #[strum_discriminants(strum(serialize = "steered"))]
    PolicyChanged {
        to: PolicySpec,
    },
}

impl fmt::Display for Reason {
    #[expect(clippy::too_many_lines, reason = "a sentence for each reason")]
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
            Self::NoneReady { process } => write!(
                f,
                "{process} issued an I/O and blocked: no other process is ready, the CPU is idle"
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
                    "{process}'s I/O is done and no other process can run: it runs"
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
            Self::NoneReadyAfterExit { process } => {
                write!(
                    f,
                    "{process} exited: no process is ready and the CPU is idle"
                )
            }
            Self::LastExit { process } => write!(f, "{process} exited: it was the last one"),
            Self::SeenAsZombie { process } => {
                write!(f, "{process} has been a zombie for a tick: it is reaped")
            }
            Self::RunOver { process } => {
                write!(f, "{process} is a zombie and the run is over: it is reaped")
            }
            Self::SliceOver {
                process,
                next,
                ticks,
            } => {
                let plural = if ticks == 1 { "" } else { "s" };
                write!(
                    f,
                    "{process} has had {ticks} tick{plural} and its turn is over: next ready after {process} is {next}"
                )
            }
            Self::PolicyChanged { to } => {
                write!(f, "from now on {}, by hand", to.words().join(" and "))
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

/// Whether a reason says something that no other decision's at the same moment does. What raised a
/// question (a process blocks, exits, becomes ready) is told again in the answer, and so is the
/// process that gives up the CPU.
pub const fn is_worth_telling(transition: Option<TransitionKind>, reason: ReasonKind) -> bool {
    match transition {
        None | Some(TransitionKind::Dispatch | TransitionKind::Reap) => true,
        Some(TransitionKind::Exit) => matches!(reason, ReasonKind::Died),
        Some(_) => false,
    }
}

impl Decision {
    /// As [`is_worth_telling`].
    pub fn is_worth_telling(&self) -> bool {
        is_worth_telling(self.transition.map(Into::into), self.reason.into())
    }
}
