//! How long an instruction takes: a number that all children can read and only the supervisor
//! changes, in a file that lives in memory (`memfd_create(2)`).

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::memfd::{MFdFlags, memfd_create};

use super::protocol::TICK_FD;
use crate::os::error::{Error, io, system};
use crate::os::{clock, syscalls};

const NAME: &CStr = c"timeshare-tick";

/// The file; a clone is the same one.
#[derive(Clone)]
pub struct TickLength(Arc<File>);

impl TickLength {
    pub fn new(tick: Duration) -> Result<Self, Error> {
        let file = memfd_create(NAME, MFdFlags::MFD_CLOEXEC)
            .map_err(system("make a file in memory (memfd_create)"))?;
        let tick_length = Self(Arc::new(File::from(file)));
        tick_length.set(tick)?;
        Ok(tick_length)
    }

    /// From the next instruction on, each takes so much CPU time.
    pub fn set(&self, tick: Duration) -> Result<(), Error> {
        // Eight bytes at once: no reader sees half a number (`generic_file_write` holds the lock).
        self.0
            .write_all_at(&clock::ns(tick).to_ne_bytes(), 0)
            .map_err(io("set the length of a tick"))
    }

    /// In a child: the one it was spawned with.
    pub fn take() -> Option<Self> {
        syscalls::take_file(TICK_FD, libc::S_IFREG).map(|fd| Self(Arc::new(File::from(fd))))
    }

    /// Nanoseconds of CPU time an instruction takes that begins now.
    pub fn tick_ns(&self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, 0)?;
        Ok(u64::from_ne_bytes(bytes))
    }
}

impl AsFd for TickLength {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
