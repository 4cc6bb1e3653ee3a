//! Nobody outlives the demo: whoever holds a kill_pipe is killed by the kernel when the demo ends.
//!
//! A death signal (`PR_SET_PDEATHSIG`) follows the parent, and in many a scene the parent dies and
//! the child is to live on. So each process reads from a pipe of which the demo alone has the
//! writing end, and has asked the kernel to be told by SIGKILL when something happens to it
//! (`O_ASYNC`, `F_SETSIG`; `fcntl(2)`). Nothing ever does, until that end is closed: by the demo
//! when a scene is over, or by the kernel when the demo has died, however it did. A stopped process
//! is killed like any other.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::{dup2, getpid, pipe2};

/// Which signal tells of it, `fcntl(2)`; missing in the libc crate. Only PA-RISC numbers it otherwise.
const F_SETSIG: libc::c_int = 10;

/// The demo's side. Dropped, it ends whoever holds on to it.
pub struct KillPipe {
    reader: OwnedFd,
    _writer: OwnedFd,
}

impl KillPipe {
    /// # Errors
    /// When no pipe can be had.
    pub fn new() -> Result<Self, Errno> {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
        Ok(Self {
            reader,
            _writer: writer,
        })
    }
}

/// What processes are born with.
impl AsFd for KillPipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

/// A process's side: ties the life of this process to a kill_pipe that it has inherited.
///
/// Whom the kernel signals is a property of the open file, which a fork shares with its parent.
/// Hence it is opened again: the spawned has one of its own, under the same number. Between the
/// fork and this, the demo may have died without the spawned having been told: it looks.
///
/// # Errors
/// When the kernel refuses. `ESRCH`: the demo has died before.
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
