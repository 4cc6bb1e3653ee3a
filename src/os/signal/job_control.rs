//! Ctrl-Z: this process is suspended, and goes on where it was.
//!
//! A SIGTSTP is never taken. It is blocked and stays pending while we stop our children; then it stops
//! us itself, by its default action. So a SIGCONT that comes first takes it back: the kernel discards
//! a pending stop (`signal(7)`), at whatever moment that is. A process that handles the one and raises
//! another may do so right behind the SIGCONT, and is stopped for ever then.

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

/// For starting a thread, which inherits the mask: whether a SIGTSTP stops this process is decided on
/// the thread that listens.
pub fn with_tstp_blocked<T>(start: impl FnOnce() -> T) -> T {
    let before = tstp().thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let started = start();
    if let Ok(before) = before {
        // The mask was there before.
        let _ = before.thread_set_mask();
    }
    started
}

/// Asks us and our process group to stop, as a terminal does that takes Ctrl-Z itself.
pub fn suspend_process_group() {
    // Nothing forbids a process to signal itself.
    let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
}

/// Blocks SIGTSTP on this thread. What is readable while one is pending; `None`: we ignore it, as we
/// were started.
pub fn listen() -> Result<Option<SignalFd>, Error> {
    if syscalls::is_ignored(Signal::SIGTSTP) {
        return Ok(None);
    }
    let failed = || system("listen for SIGTSTP (signalfd)");
    let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
    let pending = SignalFd::with_flags(&tstp(), flags).map_err(failed())?;
    // Last: while nothing listens, it has to stop us at once.
    tstp().thread_block().map_err(failed())?;
    Ok(Some(pending))
}

/// From now on a SIGTSTP stops this process at once; so does one that is pending.
pub fn unblock() {
    // A set that can be blocked can be unblocked.
    let _ = tstp().thread_unblock();
}

/// Lets a pending SIGTSTP stop us until this process is continued, and says for how long. `None`: not
/// at all, since that has been taken back, or since nothing could continue us: in an orphaned process
/// group the kernel discards a SIGTSTP.
pub fn suspend() -> Result<Option<Duration>, Error> {
    let _released = full_screen::release();
    let failed = || system("stop (SIGTSTP)");
    terminal::suspend();
    let (since_ns, left_cpu) = (clock::now_ns(), times_left_cpu());
    // Between the two we stop, if the signal is still there.
    tstp().thread_unblock().map_err(failed())?;
    tstp().thread_block().map_err(failed())?;
    let has_stopped = times_left_cpu() != left_cpu;
    let length = Duration::from_nanos(clock::now_ns().saturating_sub(since_ns));
    terminal::resume();
    if !has_stopped {
        return Ok(None);
    }
    clock::add_suspended(length);
    // It was no outage.
    let _ = interval_signal::take_outage();
    Ok(Some(length))
}

/// How often this thread has left the CPU of its own accord (`ru_nvcsw`). To change a mask is no
/// occasion, to be stopped is one; and a SIGCONT that comes first would have been counted as the one
/// that continues us is.
fn times_left_cpu() -> i64 {
    getrusage(UsageWho::RUSAGE_THREAD).map_or(0, |usage| usage.voluntary_context_switches())
}
