//! Reads one process: what all its fields need.

use std::io;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, geteuid};

use super::error::Missing;
use super::field::{Absent, Found, Readers, Standing};
use super::{Pcb, SCHEMA};
use crate::os::procfs::condition::has_other_threads;
use crate::os::procfs::process_dir::{ProcessDir, is_gone, name_of};
use crate::os::procfs::stat;
use crate::os::procfs::stat::Stat;
use crate::os::procfs::status;
use crate::workload::quote::one_line;

impl Pcb {
    /// Reads one process. Nothing is done to it.
    pub fn of(pid: i32) -> Result<Self, Missing> {
        loop {
            let reader = Reader::open(pid)?;
            let pcb = reader.pcb();
            // What is read of a process when it begins or ends to exit is neither one nor the other.
            if !reader.has_moved_on()? {
                return Ok(pcb);
            }
        }
    }
}

/// A process whose `stat` and `status` have been read.
pub struct Reader {
    pub directory: ProcessDir,
    pub stat: Stat,
    pub status: String,
    /// Of `status`: this one is shown, and what else is shown goes with it.
    pub letter: char,
    standing: Standing,
    /// Whether `/proc` shows us what it shows to tracers. Where it does not, some of its files
    /// cannot be opened, and others say 0.
    pub shown_to_tracers: bool,
}

impl Reader {
    pub fn open(pid: i32) -> Result<Self, Missing> {
        let directory = ProcessDir::open(pid).map_err(|error| missing(pid, error))?;
        Self::read(pid, directory)
    }

    /// Of a folder that is open.
    pub fn read(pid: i32, directory: ProcessDir) -> Result<Self, Missing> {
        let failed = |error| missing(pid, error);
        let stat = directory.stat().map_err(failed)?;
        let status = directory.text("status").map_err(failed)?;
        expect_no_thread(pid, &status)?;
        let letter = status::state(&status).map_or(stat.state, |(letter, _)| letter);
        let standing = standing(&status);
        let shown_to_tracers = match directory.link("cwd") {
            Ok(_) => true,
            Err(error) => error.kind() != io::ErrorKind::PermissionDenied,
        };
        Ok(Self {
            directory,
            stat,
            status,
            letter,
            standing,
            shown_to_tracers,
        })
    }

    /// Everything there is to read.
    pub fn pcb(&self) -> Pcb {
        let arguments = self.directory.text("cmdline").unwrap_or_default();
        let arguments = arguments.trim_end_matches('\0');
        Pcb {
            schema: SCHEMA,
            pid: self.stat.pid,
            name: self.stat.comm.clone(),
            command_line: arguments.replace('\0', " "),
            is_kernel_thread: stat::is_kernel_thread(&self.stat),
            xv6: self.xv6(),
            beyond: self.beyond(),
        }
    }

    /// Whether it has come nearer to its end while it was read.
    pub fn has_moved_on(&self) -> Result<bool, Missing> {
        let pid = self.stat.pid;
        let end = |stat: &Stat| (stat::is_exiting(stat), stat.state == 'Z');
        match self.directory.stat() {
            Ok(now) if now.state == 'X' => Err(Missing::Vanished(pid)),
            Ok(now) => Ok(end(&now) != end(&self.stat)),
            Err(error) if is_gone(&error) => Err(Missing::Vanished(pid)),
            Err(source) => Err(Missing::Unreadable { pid, source }),
        }
    }

    pub const fn is_zombie(&self) -> bool {
        self.stat.state == 'Z'
    }

    /// Whether its main thread has exited while other threads go on.
    pub const fn has_only_other_threads(&self) -> bool {
        self.is_zombie() && has_other_threads(&self.stat)
    }

    pub const fn has_user_mode(&self) -> bool {
        !self.is_zombie() && !stat::is_kernel_thread(&self.stat)
    }

    /// Why it lacks what other processes have.
    const fn why_absent(&self) -> &'static str {
        if stat::is_kernel_thread(&self.stat) {
            "a thread of the kernel has none"
        } else if self.has_only_other_threads() {
            "its main thread has exited; its other threads go on"
        } else if self.is_zombie() {
            "given back when it exited"
        } else if stat::is_exiting(&self.stat) {
            "it is exiting"
        } else {
            "it has none"
        }
    }

    pub fn found<T>(&self, read: io::Result<T>, readers: Readers) -> Found<T> {
        read.map_err(|error| self.standing.absent(&error, self.why_absent(), readers))
    }

    /// What a process gives back when it exits. Of a zombie, too, some of it would be refused.
    pub fn found_of_living<T>(&self, read: io::Result<T>, readers: Readers) -> Found<T> {
        if self.is_zombie() {
            return Err(self.absent());
        }
        self.found(read, readers)
    }

    /// A file that all users may read, where there is nothing like `hidepid`.
    pub fn text(&self, name: &str) -> Found<String> {
        self.found(self.directory.text(name), Readers::Tracers)
    }

    /// A file of a process that has memory and a user mode: neither a zombie
    /// nor a thread of the kernel.
    pub fn text_of_user_mode(&self, name: &str, readers: Readers) -> Found<String> {
        if self.has_user_mode() {
            self.found(self.directory.text(name), readers)
        } else {
            Err(self.absent())
        }
    }

    pub const fn absent(&self) -> Absent {
        Absent::None(self.why_absent())
    }

    pub fn refused(&self, readers: Readers) -> Absent {
        self.standing.refusal(readers)
    }
}

/// Threads have entries in `/proc`, too, though these are not listed.
fn expect_no_thread(tid: i32, status: &str) -> Result<(), Missing> {
    let leader = status::field(status, "Tgid").and_then(|pid| pid.parse().ok());
    match leader {
        Some(pid) if pid != tid => {
            let name = one_line(&name_of(pid).unwrap_or_default()).into_owned();
            Err(Missing::Thread { tid, pid, name })
        }
        _ => Ok(()),
    }
}

fn standing(status: &str) -> Standing {
    let own = geteuid();
    let theirs = status::field(status, "Uid").unwrap_or("");
    let is_own = |uid: &str| uid.parse() == Ok(own.as_raw());
    if own.is_root() {
        Standing::Root
    } else if theirs.split_ascii_whitespace().all(is_own) {
        Standing::SameUser
    } else {
        Standing::OtherUser
    }
}

/// Why nothing is to be read of it. A process that `/proc` hides looks as if it were not there, or
/// is forbidden, as the mount option says (`proc(5)`, hidepid).
fn missing(pid: i32, error: io::Error) -> Missing {
    let forbidden = error.kind() == io::ErrorKind::PermissionDenied;
    if !forbidden && !is_gone(&error) {
        return Missing::Unreadable { pid, source: error };
    }
    if ProcessDir::open(Pid::this().as_raw()).is_err() {
        return Missing::NoProc(error);
    }
    // No signal: only whether there is a process.
    match kill(Pid::from_raw(pid), None) {
        Ok(()) | Err(Errno::EPERM) => Missing::Hidden(pid),
        Err(_) => Missing::Never(pid),
    }
}
