//! What our signal handlers do, and all that they know.
//!
//! The first signal that asks us to end is for us to end in good order, which may take a while: a
//! child may be slow to die, a debugger may hold one, what we print may not be read. A second one is a
//! *force quit*: from then on nothing is waited for, what is known is printed, and a timer ends us if
//! that is not possible at once. A third one ends us on the spot. The kernel ends the children with us.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use signal_hook::low_level;

use super::job_control;
use crate::os::terminal::full_screen;
use crate::os::{deadline, syscalls, terminal};

pub const ENDING: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Those that ask us to end. One that was ignored when we were started (nohup, a shell's background)
/// stays so.
pub fn ending() -> impl Iterator<Item = Signal> {
    let heard = |signal: &Signal| !syscalls::is_ignored(*signal);
    ENDING.into_iter().filter(heard)
}

/// Static, since a handler reaches nothing else and a disposition is the whole process's; atomics, since
/// it may interrupt anything.
struct State {
    /// While there is none, a first signal that asks to end does what it does to every program.
    listeners: AtomicU32,
    /// The first two signals that asked to end; 0: it has not come.
    first: AtomicI32,
    second: AtomicI32,
    /// How many SIGCONT have come.
    continued: AtomicU32,
    /// Handlers are installed once and stay; the errno with which that failed.
    installed: OnceLock<Result<(), i32>>,
}

static STATE: State = State {
    listeners: AtomicU32::new(0),
    first: AtomicI32::new(0),
    second: AtomicI32::new(0),
    continued: AtomicU32::new(0),
    installed: OnceLock::new(),
};

/// The first signal that asked us to end, once one has.
pub fn end_signal() -> Option<Signal> {
    Signal::try_from(STATE.first.load(Ordering::SeqCst)).ok()
}

/// Whether a second signal has asked us to end: nothing is to be waited for any more.
pub fn is_force_quit() -> bool {
    STATE.second.load(Ordering::SeqCst) != 0
}

/// How many times this process has been continued, round and round.
pub fn times_continued() -> u32 {
    STATE.continued.load(Ordering::SeqCst)
}

/// While this exists, signals are listened to.
pub struct Listening(());

impl Listening {
    pub fn begin() -> io::Result<Self> {
        STATE.listeners.fetch_add(1, Ordering::SeqCst);
        let listening = Self(());
        let errno = |error: io::Error| error.raw_os_error().unwrap_or_default();
        let installed = STATE.installed.get_or_init(|| install().map_err(errno));
        installed.map_err(io::Error::from_raw_os_error)?;
        Ok(listening)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if STATE.listeners.fetch_sub(1, Ordering::SeqCst) == 1 {
            job_control::unblock();
        }
    }
}

fn install() -> io::Result<()> {
    if !syscalls::is_ignored(Signal::SIGALRM) {
        let action = SigAction::new(
            SigHandler::Handler(on_alarm),
            SaFlags::empty(),
            SigSet::empty(),
        );
        // SAFETY: the handler calls nothing that is not async-signal-safe.
        unsafe { sigaction(Signal::SIGALRM, &action) }?;
        SigSet::from(Signal::SIGALRM).thread_unblock()?;
    }
    for signal in ending() {
        // SAFETY: the handler calls nothing that is not async-signal-safe.
        unsafe { low_level::register(signal as i32, move || on_end_signal(signal as i32)) }?;
    }
    let count = || {
        STATE.continued.fetch_add(1, Ordering::SeqCst);
    };
    // SAFETY: it touches an atomic.
    unsafe { low_level::register(Signal::SIGCONT as i32, count) }?;
    Ok(())
}

/// Async-signal-safe: atomics, and what says so of itself.
fn on_end_signal(signal: i32) {
    let is_next = |place: &AtomicI32| {
        let set = place.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        set.is_ok()
    };
    if STATE.listeners.load(Ordering::SeqCst) == 0 && end_signal().is_none() {
        full_screen::give_back();
        let _ = low_level::emulate_default_handler(signal);
    } else if !(is_next(&STATE.first) || is_next(&STATE.second) && set_alarm()) {
        exit(signal);
    }
}

/// Where SIGALRM is ignored, it is of no use.
fn set_alarm() -> bool {
    let never = libc::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    let once = libc::itimerval {
        it_interval: never,
        it_value: libc::timeval {
            tv_usec: deadline::FORCE_QUIT.subsec_micros().into(),
            ..never
        },
    };
    let no_other = std::ptr::null_mut();
    // SAFETY: the pointer is to a live itimerval, and setitimer is a mere system call.
    !syscalls::is_ignored(Signal::SIGALRM)
        && unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const once, no_other) } == 0
}

/// The time of a force quit is over. An alarm that others set does what it does to every program.
extern "C" fn on_alarm(alarm: libc::c_int) {
    match STATE.second.load(Ordering::SeqCst) {
        0 => {
            full_screen::give_back();
            terminal::give_back_at_once();
            let _ = low_level::emulate_default_handler(alarm);
        }
        signal => exit(signal),
    }
}

fn exit(signal: i32) -> ! {
    full_screen::give_back();
    terminal::give_back_at_once();
    // SAFETY: _exit is async-signal-safe.
    unsafe { libc::_exit(128 + signal) }
}
