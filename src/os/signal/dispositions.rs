//! What a signal does to this process as a whole: its disposition (`signal(7)`), and which are blocked.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use signal_hook::{SigId, flag, low_level};

use super::{force_quit, job_control};
use crate::os::error::{Error, system};
use crate::os::terminal::full_screen;
use crate::os::{syscalls, terminal};

const ENDING: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Those that ask us to end. Whoever started us ignoring one (nohup, a shell's background) wants it
/// ignored.
pub fn ending() -> impl Iterator<Item = Signal> {
    ENDING
        .into_iter()
        .filter(|&signal| !syscalls::is_ignored(signal))
}

/// Makes signals behave as the ledger needs it, whatever we inherited: SIGCHLD not ignored, or the
/// kernel would reap for us, and sent for ends only; those that ask or tell us something not blocked.
/// Must come before any other thread exists, since each inherits the mask of its maker.
///
/// # Errors
/// When the kernel refuses.
pub fn claim_signals() -> Result<(), Error> {
    terminal::remember();
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::SA_NOCLDSTOP, SigSet::empty());
    // SAFETY: the default action runs no code of ours.
    unsafe { sigaction(Signal::SIGCHLD, &default) }.map_err(system("reset SIGCHLD"))?;
    let mut unblock = SigSet::empty();
    for signal in (ENDING.into_iter()).chain([Signal::SIGTSTP, Signal::SIGCONT]) {
        unblock.add(signal);
    }
    unblock
        .thread_unblock()
        .map_err(system("unblock INT, TERM, HUP, QUIT, TSTP and CONT"))
}

/// A file that may not grow any further (`ulimit -f`) is an error as a full disk is one, to be told,
/// and not the end: SIGXFSZ is ignored. Children have it back.
pub fn ignore_sigxfsz() {
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: to ignore a signal runs no code of ours. Where that fails, a signal will tell.
    let _ = unsafe { sigaction(Signal::SIGXFSZ, &ignore) };
}

/// Ignores SIGINT: a console hears of Ctrl-C as of any other key, and at the wrong moment it would
/// end it.
///
/// # Errors
/// When the kernel refuses.
pub fn leave_interrupts_to_the_terminal() -> Result<(), Error> {
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: to ignore a signal runs no code of ours.
    unsafe { sigaction(Signal::SIGINT, &ignore) }
        .map(drop)
        .map_err(system("ignore SIGINT"))
}

/// How many there are of [`Heard`].
static LISTENERS: AtomicUsize = AtomicUsize::new(0);
/// Set while nobody listens. Whoever has listened once never gives a signal back to the kernel
/// (`signal_hook::low_level::unregister`), so it would be lost from then on.
static UNHEARD: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// While this exists, somebody listens. Without any, a first signal does what it does to every
/// program.
pub struct Heard(());

impl Heard {
    /// # Errors
    /// When a handler cannot be installed.
    pub fn from_now_on() -> io::Result<Self> {
        LISTENERS.fetch_add(1, Ordering::SeqCst);
        let heard = Self(());
        if let Some(unheard) = UNHEARD.get() {
            unheard.store(false, Ordering::SeqCst);
            return Ok(heard);
        }
        install(UNHEARD.get_or_init(Arc::default))?;
        Ok(heard)
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        if LISTENERS.fetch_sub(1, Ordering::SeqCst) == 1
            && let Some(unheard) = UNHEARD.get()
        {
            unheard.store(true, Ordering::SeqCst);
            job_control::hear_no_more();
        }
    }
}

fn install(unheard: &Arc<AtomicBool>) -> io::Result<()> {
    force_quit::prepare();
    // The actions of one signal run in the order in which they are registered.
    for signal in ending() {
        let unheard = Arc::clone(unheard);
        let count = move || {
            if force_quit::is_made_by(signal) {
                unheard.store(false, Ordering::SeqCst);
            }
        };
        // SAFETY: an atomic, and what is async-signal-safe by its own word.
        unsafe { low_level::register(signal as i32, count) }?;
    }
    for signal in ending() {
        give_terminal_back_if(unheard, signal as i32)?;
        flag::register_conditional_default(signal as i32, Arc::clone(unheard))?;
    }
    Ok(())
}

/// Has the terminal given back in the handler of a signal that is about to end us on the spot. To be
/// registered before what does.
fn give_terminal_back_if(ending: &Arc<AtomicBool>, number: i32) -> io::Result<SigId> {
    let ending = Arc::clone(ending);
    let give_back = move || {
        if ending.load(Ordering::SeqCst) {
            full_screen::give_back();
        }
    };
    // SAFETY: to load an atomic and to give the terminal back are async-signal-safe.
    unsafe { low_level::register(number, give_back) }
}
