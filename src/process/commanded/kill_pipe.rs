//! No commanded process outlives us: the kernel kills each that holds a kill pipe when we end.
//!
//! A death signal (`PR_SET_PDEATHSIG`) follows the parent, and a parent may die and its child is to
//! live on. So each process has the reading end of a pipe of which we alone have the writing end, and
//! has asked the kernel for SIGKILL when something happens to it (`O_ASYNC`, `F_SETSIG`;
//! `fcntl(2)`). Nothing ever does, until the writing end is closed: by us, or by the kernel when we
//! have died, however we did. A stopped process is killed like any other.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::{dup2, getpid, pipe2};

/// Chooses the signal, `fcntl(2)`; missing in the libc crate. Only PA-RISC numbers it otherwise.
const F_SETSIG: libc::c_int = 10;

/// Our side. Dropped, it ends the processes that hold on to it.
pub struct KillPipe {
    reader: OwnedFd,
    /// `None`: closed.
    writer: Option<OwnedFd>,
}

impl KillPipe {
    pub fn new() -> Result<Self, Errno> {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
        Ok(Self {
            reader,
            writer: Some(writer),
        })
    }

    /// Ends them now. What is spawned later ends itself.
    pub fn close(&mut self) {
        self.writer = None;
    }
}

/// What the processes are spawned with.
impl AsFd for KillPipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

/// The other side: ties the life of this process to a kill pipe that it has inherited.
///
/// Which process the kernel signals is a property of the open file, which a fork shares with its
/// parent. Hence it is opened again: the child has one of its own, under the same number. Between the
/// fork and this, we may have died without the child having been signalled: it looks.
///
/// `ESRCH`: we died before.
pub fn hold_on(kill_pipe: &mut OwnedFd) -> Result<(), Errno> {
    let path = format!("/proc/self/fd/{}", kill_pipe.as_raw_fd());
    let own = open(
        path.as_str(),
        OFlag::O_RDONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    dup2(own, kill_pipe)?;
    let number = kill_pipe.as_raw_fd();
    // SAFETY: fcntl with integers, on a descriptor that is ours.
    unsafe {
        Errno::result(libc::fcntl(number, libc::F_SETOWN, getpid().as_raw()))?;
        Errno::result(libc::fcntl(number, F_SETSIG, libc::SIGKILL))?;
        Errno::result(libc::fcntl(number, libc::F_SETFL, libc::O_ASYNC))?;
    }
    let mut look = [PollFd::new(kill_pipe.as_fd(), PollFlags::empty())];
    poll(&mut look, PollTimeout::ZERO)?;
    let hung_up = |flags: PollFlags| flags.contains(PollFlags::POLLHUP);
    if look[0].revents().is_some_and(hung_up) {
        return Err(Errno::ESRCH);
    }
    Ok(())
}
