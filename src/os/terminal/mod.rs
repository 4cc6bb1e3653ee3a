//! The modes of the terminal that is our standard input: whose they are, and when to set them.
//!
//! It has its original modes whenever others have it: not every shell sees to that. Ours are saved
//! then, until the terminal is ours again. No signal tells us when: a shell that brings a running job to
//! the foreground sends it none.

pub mod full_screen;
pub mod keyboard;

use std::io::stdin;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use nix::errno::Errno;
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};

/// Static, since a process has one standard input, and signal handlers reach nothing else.
struct Modes {
    /// Those before we changed any, set once for handlers to read; `None`: it is no terminal.
    original: OnceLock<Option<libc::termios>>,
    /// Ours, while others have the terminal.
    saved: Mutex<Option<Termios>>,
}

static MODES: Modes = Modes {
    original: OnceLock::new(),
    saved: Mutex::new(None),
};

fn saved() -> MutexGuard<'static, Option<Termios>> {
    MODES.saved.lock().unwrap_or_else(PoisonError::into_inner)
}

/// To be called before the modes are changed.
pub fn remember_original() {
    let now = || tcgetattr(stdin()).ok().map(libc::termios::from);
    MODES.original.get_or_init(now);
}

/// Whether the terminal is ours; where it controls no jobs, it is. To set modes while it is not would
/// stop us (SIGTTOU).
pub fn is_foreground() -> bool {
    tcgetpgrp(stdin()).map_or(true, |group| group == getpgrp())
}

/// Compares what the kernel tells. musl's structure has room for more control characters and leaves
/// there what was in memory before.
fn are_same(one: &Termios, other: &Termios) -> bool {
    /// `NCCS` of `<asm-generic/termbits.h>`, of the architectures that this program knows.
    const CHARACTERS: usize = 19;
    one.input_flags == other.input_flags
        && one.output_flags == other.output_flags
        && one.control_flags == other.control_flags
        && one.local_flags == other.local_flags
        && one.control_chars[..CHARACTERS] == other.control_chars[..CHARACTERS]
}

/// Makes a call again that a signal has interrupted. To a job in the background that touches its
/// terminal, that happens when it comes to the foreground: SIGTTOU or SIGTTIN has stopped it, and
/// SIGCONT has a handler.
fn retried<T>(mut call: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            done => return done,
        }
    }
}

/// Sets modes of the terminal that is our standard input.
fn set_modes(modes: &Termios, when: SetArg) -> nix::Result<()> {
    retried(|| tcsetattr(stdin(), when, modes))
}

fn set(modes: &Termios) {
    // If the terminal is gone, so are its modes.
    let _ = set_modes(modes, SetArg::TCSANOW);
}

/// Saves our modes and sets the original ones, for those who get the terminal next.
pub fn suspend() {
    let Some(original) = MODES.original.get().copied().flatten().map(Termios::from) else {
        return;
    };
    if !is_foreground() {
        return;
    }
    let mut saved = saved();
    let now = tcgetattr(stdin())
        .ok()
        .filter(|now| !are_same(now, &original));
    // What was saved before and never set is still what we had.
    *saved = saved.take().or(now);
    set(&original);
}

/// Whether we have modes to set once the terminal is ours again.
pub fn is_suspended() -> bool {
    saved().is_some()
}

/// If the terminal is ours again: sets the modes that were saved. Whether there were any.
pub fn resume() -> bool {
    let mut saved = saved();
    if saved.is_none() || !is_foreground() {
        return false;
    }
    let ours = saved.take();
    ours.iter().for_each(set);
    true
}

/// Sets the modes of before, by code that has set others and now ends; those are not set again.
/// Whether the terminal is ours.
pub fn give_back(before: &Termios) -> bool {
    *saved() = None;
    let is_ours = is_foreground();
    if is_ours {
        set(before);
    }
    is_ours
}

/// Sets the original modes, when this process ends on the spot. Async-signal-safe: `tcgetpgrp`,
/// `getpgrp` and `tcsetattr` (`signal-safety(7)`), and what was set once.
pub fn give_back_at_once() {
    if let Some(Some(original)) = MODES.original.get()
        && is_foreground()
    {
        let set = || {
            // SAFETY: the pointer is to a live termios. If the terminal is gone, this fails.
            Errno::result(unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, original) })
        };
        let _ = retried(set);
    }
}
