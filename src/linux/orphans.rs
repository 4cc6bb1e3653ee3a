//! Processes that our children have started and left behind.
//!
//! A command may have children of its own, in sessions of their own. As a subreaper we become the
//! parent of those that lose theirs, and so none of them can hide when we end.

use std::thread::sleep;
use std::time::Duration;

use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use super::deadline::{self, Deadline};
use super::error::{Error, system};
use super::procfs::tree;

/// How long to give them until the next look.
const AGAIN: Duration = Duration::from_millis(1);

/// While it lives, orphans come to us. Dropped, it ends whoever is our child then.
pub struct Orphans(());

impl Orphans {
    /// # Errors
    /// When the kernel refuses (`PR_SET_CHILD_SUBREAPER`).
    pub fn adopt() -> Result<Self, Error> {
        prctl::set_child_subreaper(true)
            .map(|()| Self(()))
            .map_err(system("adopt orphans (prctl PR_SET_CHILD_SUBREAPER)"))
    }
}

impl Drop for Orphans {
    fn drop(&mut self) {
        let deadline = Deadline::after(deadline::ORPHANS);
        // Whoever ends may leave children in turn.
        while deadline.left().is_some() {
            let ours = tree::children_of(Pid::this().as_raw());
            if ours.is_empty() {
                return;
            }
            for pid in ours.into_iter().map(Pid::from_raw) {
                // A child that only we wait for: its pid cannot have been reused.
                let _ = kill(pid, Signal::SIGKILL);
                // Without waiting: one that has become another user's does not heed us.
                let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
            }
            sleep(AGAIN);
        }
    }
}
