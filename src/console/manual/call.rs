//! Calls to the kernel, and what it answered: what the console shows of each command.

use nix::errno::Errno;

use crate::console::language::SignalNumber;
use crate::machine::Exit;
use crate::process::child::Child;
use crate::scheduler::ProcId;

/// One call that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    pub process: ProcId,
    pub pid: i32,
    pub asked: Asked,
    pub answer: Answer,
}

/// What was asked of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// `fork(2)`
    Fork,
    /// `pidfd_send_signal(2)`
    Signal(SignalNumber),
    /// `waitid(2)`, until it is stopped
    Stop,
    /// `waitid(2)`: whether it has ended; waits for nothing and takes nothing
    End,
    /// `wait4(2)` of a zombie
    Reap,
    /// `epoll_wait(2)` on its pidfd, which is readable once it has ended
    Readable,
}

/// What it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 0
    Done,
    /// A descriptor is readable.
    Readable,
    /// The pid.
    Pid,
    /// It is stopped by SIGSTOP.
    Stopped,
    /// There is nothing to tell.
    Nothing,
    /// The pid, and how it ended.
    Ended(Exit),
    Failed(Errno),
}

impl Call {
    pub const fn of(child: &Child, asked: Asked, answer: Answer) -> Self {
        Self {
            process: child.id,
            pid: child.pid.as_raw(),
            asked,
            answer,
        }
    }
}
