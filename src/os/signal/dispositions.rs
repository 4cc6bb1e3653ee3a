//! What a signal does to this process as a whole: its disposition (`signal(7)`), and which are blocked.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use super::handlers::ENDING;
use crate::os::error::{Error, system};
use crate::os::terminal;

/// Makes signals behave as waiting for children needs it, whatever we inherited: SIGCHLD not ignored,
/// or the kernel would reap for us, and sent for ends only; those we listen to not blocked. Must come
/// before any other thread exists, since each inherits the mask of its maker.
pub fn claim_signals() -> Result<(), Error> {
    terminal::remember_original();
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::SA_NOCLDSTOP, SigSet::empty());
    // SAFETY: the default action runs no code of ours.
    unsafe { sigaction(Signal::SIGCHLD, &default) }.map_err(system("reset SIGCHLD"))?;
    let listened = ENDING.into_iter().chain([Signal::SIGTSTP, Signal::SIGCONT]);
    listened
        .collect::<SigSet>()
        .thread_unblock()
        .map_err(system("unblock INT, TERM, HUP, QUIT, TSTP and CONT"))
}

/// A file that may not grow any further (`ulimit -f`) is an error as a full disk is one, to be told,
/// and not our end. Children have the signal back.
pub fn ignore_sigxfsz() {
    // Where that fails, a signal will tell.
    let _ = ignore(Signal::SIGXFSZ);
}

/// For a console, to which Ctrl-C is a key as any other: as a signal it would end it while no line is
/// being read.
pub fn ignore_sigint() -> Result<(), Error> {
    ignore(Signal::SIGINT).map_err(system("ignore SIGINT"))
}

fn ignore(signal: Signal) -> nix::Result<()> {
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: to ignore a signal runs no code of ours.
    unsafe { sigaction(signal, &ignore) }.map(drop)
}
