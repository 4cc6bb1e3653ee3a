//! The waits for what a commanded process does: until it has ended, sleeps, is stopped, has a new
//! parent.
//!
//! An end is an event. Of the others only the parent is told, which we often are not: for them, look
//! into `/proc` and sleep longer each time. The waits for a child of a run are others
//! ([`crate::process::child`]): there `waitid` confirms each change, and microseconds count.

use std::os::fd::AsFd;
use std::time::Duration;

use super::processes::{CommandedProcess, CommandedProcesses, failed, look};
use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::error::Error;
use crate::os::procfs::view::KernelView;

impl CommandedProcesses<'_> {
    /// Waits until a process has ended, whatever its parent is: it is a zombie then, or gone.
    pub fn until_ended(&self, process: &CommandedProcess) -> Result<(), Error> {
        if self.wait_for(process.process.as_fd(), process)? {
            Ok(())
        } else {
            Err(failed(process, "does not end"))
        }
    }

    /// Waits until the kernel shows a process by this letter, or it takes too long; what it shows.
    pub fn until_shows(&self, pid: i32, letter: char) -> Result<Option<KernelView>, Error> {
        // A zombie will never show as anything else.
        let is_right = |view: &KernelView| view.letter == letter || view.letter == 'Z';
        self.settled(pid, deadline::STATE, is_right)
    }

    /// Waits until a process has this parent, or it takes too long; what the kernel shows.
    pub fn until_child_of(&self, pid: i32, parent: i32) -> Result<Option<KernelView>, Error> {
        self.settled(pid, deadline::STATE, |view| view.ppid == parent)
    }

    /// Waits until a process sleeps and the kernel says where, which on some machines it never
    /// does; what it shows.
    pub fn until_asleep(&self, pid: i32) -> Result<Option<KernelView>, Error> {
        self.until_shows(pid, 'S')?;
        self.settled(pid, deadline::WCHAN, says_where)
    }

    /// Waits until a process that has answered has left the CPU, to wait for its next order.
    pub fn until_idle(&self, pid: i32) -> Result<(), Error> {
        self.settled(pid, deadline::STATE, |view| view.letter != 'R')?;
        let somewhere = |view: &KernelView| view.letter != 'S' || says_where(view);
        self.settled(pid, deadline::IDLE, somewhere).map(drop)
    }

    /// Looks at a process until it is as it should be, or gone, or the time is over; what was seen
    /// last.
    fn settled(
        &self,
        pid: i32,
        within: Duration,
        is_right: impl Fn(&KernelView) -> bool,
    ) -> Result<Option<KernelView>, Error> {
        let deadline = Deadline::after(within);
        let mut pause = deadline::STATE_POLL;
        loop {
            let view = look(pid)?;
            if view.as_ref().is_none_or(&is_right) || deadline.left().is_none() {
                return Ok(view);
            }
            self.signals.sleep(pause)?;
            pause = (pause * 2).min(deadline::STATE_POLL_MAX);
        }
    }

    /// Lets time pass.
    pub fn sleep(&self, time: Duration) -> Result<(), Error> {
        self.signals.sleep(time)
    }
}

/// Whether the kernel says in which function it sleeps, or never will.
const fn says_where(view: &KernelView) -> bool {
    view.wchan.is_some() || view.wchan_untold
}
