//! The modes of the terminal that is our standard input: whose they are, and when to set them.
//!
//! It has the modes it had before us whenever somebody else has it: not every shell sees to that. Ours
//! are owed to us then, until the terminal is ours again. Nobody tells us when: a shell that brings a
//! job to the foreground which runs already sends it no signal.

pub mod full_screen;
pub mod keyboard;

use std::io::stdin;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};

/// Those before we changed any; `None`: standard input is no terminal.
static THEIRS: OnceLock<Option<libc::termios>> = OnceLock::new();

/// Ours, while somebody else has the terminal.
static OWED: Mutex<Option<Termios>> = Mutex::new(None);

fn owed() -> MutexGuard<'static, Option<Termios>> {
    OWED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// To be called before anybody changes the modes.
pub fn remember() {
    THEIRS.get_or_init(|| tcgetattr(stdin()).ok().map(libc::termios::from));
}

/// Whether the terminal is ours. Where it controls nobody's jobs, it is. Whoever sets modes while it is
/// not is stopped (SIGTTOU).
#[must_use]
pub fn is_foreground() -> bool {
    tcgetpgrp(stdin()).map_or(true, |group| group == getpgrp())
}

fn set(modes: &Termios) {
    // If the terminal is gone, so are its modes.
    let _ = tcsetattr(stdin(), SetArg::TCSANOW, modes);
}

/// Whoever gets the terminal next finds it as it was before us.
pub fn lend() {
    let Some(theirs) = THEIRS.get().copied().flatten().map(Termios::from) else {
        return;
    };
    if !is_foreground() {
        return;
    }
    let mut owed = owed();
    let now = tcgetattr(stdin()).ok().filter(|now| *now != theirs);
    // What was owed before and never set is still what we had.
    *owed = owed.take().or(now);
    set(&theirs);
}

/// Whether we would have to set the modes, were the terminal ours.
#[must_use]
pub fn is_owed() -> bool {
    owed().is_some()
}

/// If the terminal is ours again: sets the modes we had, if they are owed to us. Whether they were.
pub fn take_back() -> bool {
    let mut owed = owed();
    if owed.is_none() || !is_foreground() {
        return false;
    }
    let ours = owed.take();
    ours.iter().for_each(set);
    true
}

/// Sets the modes of before, by whoever has set others and now ends; those are owed to nobody any more.
/// Whether the terminal is ours: if it is not, it has been delegated.
pub fn give_back(before: &Termios) -> bool {
    *owed() = None;
    let is_ours = is_foreground();
    if is_ours {
        set(before);
    }
    is_ours
}

/// As [`give_back`], by whoever ends on the spot. Async-signal-safe: `tcgetpgrp`, `getpgrp` and
/// `tcsetattr` (`signal-safety(7)`), and what was set once.
pub fn give_back_at_once() {
    if let Some(Some(before)) = THEIRS.get()
        && is_foreground()
    {
        // SAFETY: the pointer is to a live termios. If the terminal is gone, this fails.
        unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, before) };
    }
}
