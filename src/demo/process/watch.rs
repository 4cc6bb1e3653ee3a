//! What the demo waits for: until a process has ended, sleeps, is stopped, has a new parent.
//!
//! An end is an event. Of the others nobody is told but a parent, which the demo often is not: for
//! them it looks into `/proc`, and sleeps longer each time.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Duration;

use super::processes::{DemoProcess, DemoProcesses, lost};
use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::error::{Error, io};
use crate::os::procfs::status;
use crate::os::procfs::view::KernelView;

impl DemoProcesses<'_> {
    /// Waits until a process has ended, whosever child it is: it is a zombie then, or gone.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn ended(&self, process: &DemoProcess) -> Result<(), Error> {
        if self.wait_for(process.pidfd.as_fd(), process)? {
            Ok(())
        } else {
            Err(lost(&process.to_string(), "does not end"))
        }
    }

    /// Waits until the kernel shows a process by this letter, or it takes too long; what it shows.
    ///
    /// # Errors
    /// When a signal comes, or `/proc` cannot be read.
    pub fn until_shows(&self, pid: i32, letter: char) -> Result<Option<KernelView>, Error> {
        // A zombie will never show as anything else.
        let is_right = |view: &KernelView| view.letter == letter || view.letter == 'Z';
        self.settled(pid, deadline::STATE, is_right)
    }

    /// Waits until a process has this parent, or it takes too long; what the kernel shows.
    ///
    /// # Errors
    /// As [`DemoProcesses::until_shows`].
    pub fn until_child_of(&self, pid: i32, parent: i32) -> Result<Option<KernelView>, Error> {
        self.settled(pid, deadline::STATE, |view| view.ppid == parent)
    }

    /// Waits until a process sleeps and the kernel says where, which on some machines it never
    /// does; what it shows.
    ///
    /// # Errors
    /// As [`DemoProcesses::until_shows`].
    pub fn until_asleep(&self, pid: i32) -> Result<Option<KernelView>, Error> {
        self.until_shows(pid, 'S')?;
        self.settled(pid, deadline::WCHAN, |view| view.wchan.is_some())
    }

    /// Waits until a process that has answered has left the CPU, to wait for its next order.
    ///
    /// # Errors
    /// As [`DemoProcesses::until_shows`].
    pub fn until_idle(&self, pid: i32) -> Result<(), Error> {
        self.settled(pid, deadline::STATE, |view| view.letter != 'R')?;
        let somewhere = |view: &KernelView| view.letter != 'S' || view.wchan.is_some();
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
            self.interrupts.sleep(pause)?;
            pause = (pause * 2).min(deadline::STATE_POLL_MAX);
        }
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// When a signal comes.
    pub fn sleep(&self, time: Duration) -> Result<(), Error> {
        self.interrupts.sleep(time)
    }
}

/// What the kernel shows of a process; `None`: there is none by this pid.
///
/// # Errors
/// When there is and `/proc` cannot be read.
pub fn look(pid: i32) -> Result<Option<KernelView>, Error> {
    KernelView::of(pid).map_err(io(format!("look at pid {pid} in /proc")))
}

/// The pid of the process a pidfd stands for, as we know it; `None`: it has been waited for.
pub fn pid_of(pidfd: &OwnedFd) -> Result<Option<i32>, Error> {
    let path = format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd());
    let info = std::fs::read_to_string(&path).map_err(io(format!("read {path}")))?;
    let pid = status::field(&info, "Pid").and_then(|pid| pid.parse().ok());
    Ok(pid.filter(|&pid| pid > 0))
}
