//! Ctrl-Z: this process stands still, and goes on where it was.
//!
//! A SIGTSTP is never taken. It is blocked and stays pending while we make everybody stand still;
//! then it stops us itself, by its default action. So a SIGCONT that comes first takes it back: the
//! kernel discards a pending stop (`signal(7)`), at whatever moment that is. Whoever handles the one
//! and raises another may spawn it right behind the SIGCONT, and then stands still for ever.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;

use super::interval_signal;
use crate::os::error::{Error, system};
use crate::os::terminal::full_screen;
use crate::os::{clock, syscalls, terminal};

fn tstp() -> SigSet {
    SigSet::from(Signal::SIGTSTP)
}

/// Starts a thread that SIGTSTP does not stop: whether it stops this process is decided on the thread
/// that listens.
pub fn apart<T>(start: impl FnOnce() -> T) -> T {
    let before = tstp().thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let started = start();
    if let Ok(before) = before {
        // The mask was there before.
        let _ = before.thread_set_mask();
    }
    started
}

/// From now on a SIGTSTP stops this process at once; so does one that is pending.
pub fn hear_no_more() {
    // A set that can be blocked can be unblocked.
    let _ = tstp().thread_unblock();
}

/// Asks us and our process group to stand still, as a terminal does that takes Ctrl-Z itself.
pub fn ask_to_stand_still() {
    // Nobody forbids a process to signal itself.
    let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
}

/// For how long this process has stood still so far, in nanoseconds.
static STOOD_STILL_NS: AtomicU64 = AtomicU64::new(0);

/// `CLOCK_MONOTONIC` as it would be if it stood still with us, on the thread that listens.
#[must_use]
pub fn clock() -> Duration {
    let still_ns = STOOD_STILL_NS.load(Ordering::SeqCst);
    Duration::from_nanos(clock::now_ns().saturating_sub(still_ns))
}

/// How often this thread has left the CPU of its own accord (`ru_nvcsw`). To change a mask is no
/// occasion, to be stopped is one; and a SIGCONT that comes first would have set the same flag as the
/// one that continues us.
fn times_left_cpu() -> i64 {
    getrusage(UsageWho::RUSAGE_THREAD).map_or(0, |usage| usage.voluntary_context_switches())
}

/// Hears SIGTSTP and SIGCONT.
pub struct JobControl {
    /// Readable while a SIGTSTP is pending. `None`: we ignore it, as whoever started us did.
    asked: Option<SignalFd>,
    /// We have been continued; set by a handler.
    pub continued: Arc<AtomicBool>,
}

impl JobControl {
    /// Blocks SIGTSTP on this thread, on which alone the rest is to be done.
    ///
    /// # Errors
    /// When the kernel has no descriptor left.
    pub fn listen() -> Result<Self, Error> {
        let asked = if syscalls::is_ignored(Signal::SIGTSTP) {
            None
        } else {
            let failed = || system("listen for SIGTSTP (signalfd)");
            let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
            let asked = SignalFd::with_flags(&tstp(), flags).map_err(failed())?;
            // Last: without anybody who listens, it has to stop us at once.
            tstp().thread_block().map_err(failed())?;
            Some(asked)
        };
        Ok(Self {
            asked,
            continued: Arc::default(),
        })
    }

    /// What is readable while we are asked to stand still, for whoever waits for that.
    pub fn asked_fd(&self) -> Option<BorrowedFd<'_>> {
        self.asked.as_ref().map(AsFd::as_fd)
    }

    /// Whether we are asked to stand still and nobody has taken that back.
    pub fn is_asked(&self) -> bool {
        self.asked.is_some() && syscalls::is_pending(Signal::SIGTSTP)
    }

    /// Whether we have been continued since this was asked last.
    pub fn take_continued(&self) -> bool {
        self.continued.swap(false, Ordering::SeqCst)
    }

    /// Stands still as asked until this process is continued, and says for how long. `None`: not at
    /// all, since that has been taken back, or since nobody could continue it: in an orphaned process
    /// group the kernel discards a SIGTSTP.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn begin(&self) -> Result<Option<Duration>, Error> {
        let _aside = full_screen::step_aside();
        let failed = || system("stand still (SIGTSTP)");
        terminal::lend();
        let (since_ns, left_cpu) = (clock::now_ns(), times_left_cpu());
        // Between the two we stop, if the signal is still there.
        tstp().thread_unblock().map_err(failed())?;
        tstp().thread_block().map_err(failed())?;
        let has_stopped = times_left_cpu() != left_cpu;
        let length_ns = clock::now_ns().saturating_sub(since_ns);
        terminal::take_back();
        if !has_stopped {
            return Ok(None);
        }
        STOOD_STILL_NS.fetch_add(length_ns, Ordering::SeqCst);
        // That is no news, and was no outage.
        self.take_continued();
        let _ = interval_signal::take_outage();
        Ok(Some(Duration::from_nanos(length_ns)))
    }
}
