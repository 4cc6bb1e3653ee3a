//! The last call: a second signal that asks to end.
//!
//! The first one is for us to end in good order, which may take a while: a child may be slow to die,
//! a debugger may hold one, nobody may read what we print. Whoever sends a second one will not wait.
//! From then on nobody is waited for, what is known is printed, and a timer ends us if that is not
//! possible at once. A third one ends us on the spot. The kernel ends the children with us.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::os::terminal::full_screen;
use crate::os::{deadline, terminal};

/// Of the timer. No library of ours uses it.
const OVER: Signal = Signal::SIGVTALRM;

/// Signals that asked to end, so far.
static TIMES: AtomicU32 = AtomicU32::new(0);
static MADE: AtomicBool = AtomicBool::new(false);
static STATUS: AtomicI32 = AtomicI32::new(0);
static TIMER: OnceLock<Timer> = OnceLock::new();

/// The kernel's name of a timer of this process; none is ever deleted.
struct Timer(libc::timer_t);

// SAFETY: it is a name. Calls with it are safe from any thread.
unsafe impl Send for Timer {}
// SAFETY: as above.
unsafe impl Sync for Timer {}

/// Whether it has been made: nobody is to be waited for any more.
#[must_use]
pub fn is_made() -> bool {
    MADE.load(Ordering::SeqCst)
}

/// Gets ready for it. Where the kernel has no timer left, a second signal ends us on the spot.
pub fn prepare() {
    if let Ok(timer) = timer() {
        let _ = TIMER.set(timer);
    }
}

fn timer() -> Result<Timer, Errno> {
    let end = SigAction::new(
        SigHandler::SigAction(is_over),
        SaFlags::empty(),
        SigSet::empty(),
    );
    // SAFETY: the handler gives the terminal back and calls _exit, both async-signal-safe.
    unsafe { sigaction(OVER, &end) }?;
    SigSet::from(OVER).thread_unblock()?;
    // SAFETY: sigevent is plain data, for which all zeroes is a value.
    let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
    event.sigev_notify = libc::SIGEV_SIGNAL;
    event.sigev_signo = OVER as i32;
    let mut timer = std::ptr::null_mut();
    // SAFETY: both pointers are to live values of the types timer_create takes.
    Errno::result(unsafe {
        libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer)
    })?;
    Ok(Timer(timer))
}

/// A signal that asks to end has come: whether it is the last call. Async-signal-safe: atomics,
/// `timer_settime`, to give the terminal back, and `_exit`.
pub fn is_made_by(signal: Signal) -> bool {
    let before = TIMES.fetch_add(1, Ordering::SeqCst);
    if before == 0 {
        return false;
    }
    STATUS.store(128 + signal as i32, Ordering::SeqCst);
    match TIMER.get() {
        Some(timer) if before == 1 => set(timer),
        _ => end(),
    }
    MADE.store(true, Ordering::SeqCst);
    true
}

fn set(timer: &Timer) {
    let at = libc::timespec {
        tv_sec: 0,
        tv_nsec: deadline::LAST_CALL_NS,
    };
    let never = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let once = libc::itimerspec {
        it_interval: never,
        it_value: at,
    };
    // SAFETY: the timer exists, and the pointer is to a live itimerspec.
    let set = unsafe { libc::timer_settime(timer.0, 0, &raw const once, std::ptr::null_mut()) };
    if set != 0 {
        end();
    }
}

/// From whomever but the timer, the signal does what it does to every program.
extern "C" fn is_over(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel hands over a siginfo (SA_SIGINFO). signal and spawn are async-signal-safe;
    // what is raised waits until this handler has returned.
    unsafe {
        if (*info).si_code == libc::SI_TIMER {
            end();
        }
        full_screen::give_back();
        terminal::give_back_at_once();
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

fn end() -> ! {
    full_screen::give_back();
    terminal::give_back_at_once();
    // SAFETY: _exit is async-signal-safe.
    unsafe { libc::_exit(STATUS.load(Ordering::SeqCst)) }
}
