//! The modes of the terminal that is our standard input: whose they are, and when to set them.
//!
//! It has the modes it had before us whenever others have it: not every shell sees to that. Ours are
//! owed to us then, until the terminal is ours again. No signal tells us when: a shell that brings a
//! running job to the foreground sends it none.

pub mod full_screen;
pub mod keyboard;

use std::io::stdin;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};

/// Static, since a process has one standard input, and signal handlers reach nothing else.
struct Modes {
    /// Those before we changed any, for handlers to read; `None`: standard input is no terminal.
    before: OnceLock<Option<libc::termios>>,
    /// Ours, while others have the terminal.
    owed: Mutex<Option<Termios>>,
}

static MODES: Modes = Modes {
    before: OnceLock::new(),
    owed: Mutex::new(None),
};

fn owed() -> MutexGuard<'static, Option<Termios>> {
    MODES.owed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// To be called before the modes are changed.
pub fn remember() {
    let now = || tcgetattr(stdin()).ok().map(libc::termios::from);
    MODES.before.get_or_init(now);
}

/// Whether the terminal is ours; where it controls no jobs, it is. To set modes while it is not would
/// stop us (SIGTTOU).
#[must_use]
pub fn is_foreground() -> bool {
    tcgetpgrp(stdin()).map_or(true, |group| group == getpgrp())
}

fn set(modes: &Termios) {
    // If the terminal is gone, so are its modes.
    let _ = tcsetattr(stdin(), SetArg::TCSANOW, modes);
}

/// Sets the modes of before us, for those who get the terminal next.
pub fn lend() {
    let Some(before) = MODES.before.get().copied().flatten().map(Termios::from) else {
        return;
    };
    if !is_foreground() {
        return;
    }
    let mut owed = owed();
    let now = tcgetattr(stdin()).ok().filter(|now| *now != before);
    // What was owed before and never set is still what we had.
    *owed = owed.take().or(now);
    set(&before);
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

/// Sets the modes of before, by code that has set others and now ends; those are owed no more.
/// Whether the terminal is ours: if it is not, it has been lent.
pub fn give_back(before: &Termios) -> bool {
    *owed() = None;
    let is_ours = is_foreground();
    if is_ours {
        set(before);
    }
    is_ours
}

/// As [`give_back`], when this process ends on the spot. Async-signal-safe: `tcgetpgrp`, `getpgrp` and
/// `tcsetattr` (`signal-safety(7)`), and what was set once.
pub fn give_back_before() {
    if let Some(Some(before)) = MODES.before.get()
        && is_foreground()
    {
        // SAFETY: the pointer is to a live termios. If the terminal is gone, this fails.
        unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, before) };
    }
}
