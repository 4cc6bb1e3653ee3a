//! Whether a program has left processes behind.
//!
//! The test process is a child subreaper: a process that loses its parent becomes its child. So
//! there is no search by name, and no process can hide, not even in a session of its own.

use std::fmt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use super::procfs;

/// Processes that outlived the program they belong to, or what else it has left behind.
#[derive(Debug)]
pub struct Leak(pub Vec<String>);

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "left behind: {}", self.0.join(", "))
    }
}

/// Waits until this process has no children any more, and says how many there were.
///
/// # Errors
/// When some are still alive after `grace`.
pub fn expect_none_left(grace: Duration) -> Result<usize, Leak> {
    let deadline = Instant::now() + grace;
    let mut adopted = 0;
    loop {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::__WALL;
        match waitid(Id::All, flags) {
            Err(Errno::ECHILD) => return Ok(adopted),
            Ok(WaitStatus::StillAlive) if Instant::now() < deadline => {
                sleep(Duration::from_millis(1));
            }
            Ok(WaitStatus::StillAlive) => return Err(Leak(describe(&own_children()))),
            Ok(_) => adopted += 1,
            Err(errno) => panic!("cannot wait for orphans: {errno}"),
        }
    }
}

/// Ends whatever has been left behind. Called while a test fails, so that it must not panic.
pub fn kill_all_left() {
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        for child in own_children() {
            let _ = kill(child, Signal::SIGKILL);
        }
        if expect_none_left(Duration::from_millis(20)).is_ok() {
            return;
        }
    }
}

fn own_children() -> Vec<Pid> {
    procfs::children_of(Pid::this())
}

fn describe(pids: &[Pid]) -> Vec<String> {
    let stats = pids
        .iter()
        .filter_map(|&pid| Some((pid, procfs::stat(pid)?)));
    stats
        .map(|(pid, stat)| format!("{} ({pid}, {})", stat.name, stat.letter))
        .collect()
}
