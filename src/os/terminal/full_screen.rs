//! The terminal of a full-screen view: taken, and given back whatever happens.
//!
//! One thread draws; it [holds](hold) the screen while it does. While we are suspended, the screen is
//! [released](release). When we end, it is given back first: by [`FullScreen`]'s drop, by the panic
//! hook, or in the handler of a signal that ends us on the spot ([`give_back`] calls nothing that is
//! not async-signal-safe).

use std::io::{Write, stdin, stdout};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError, TryLockError};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::termios::{InputFlags, LocalFlags, SetArg, tcgetattr};

use super::is_foreground;
use crate::os::deadline;
use crate::os::deadline::Deadline;
use crate::os::error::{Error, system};
use crate::os::syscalls;

/// The other screen, without a cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[2J";
/// The end of a frame that may be half drawn, plain letters, the cursor, the screen of before.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?25h\x1b[?1049l";

/// Static, since a process has one screen, and signal handlers reach nothing else.
struct Screen {
    /// Whether it is ours now.
    taken: AtomicBool,
    /// Whether it has to be taken again, and drawn anew.
    stale: AtomicBool,
    /// Locked while it is drawn on.
    drawing: Mutex<()>,
    hooks: Once,
}

static SCREEN: Screen = Screen {
    taken: AtomicBool::new(false),
    stale: AtomicBool::new(false),
    drawing: Mutex::new(()),
    hooks: Once::new(),
};

/// The terminal, ours until this is dropped.
pub struct FullScreen(());

impl FullScreen {
    /// Takes the terminal that is our standard input and output. Ctrl-C and Ctrl-Z stay signals.
    pub fn take() -> Result<Self, Error> {
        super::remember_original();
        SCREEN.hooks.call_once(|| {
            give_back_before_the_end();
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                let was_taken = SCREEN.taken.load(Ordering::SeqCst);
                give_back();
                hook(panic);
                // If it was not the thread that draws, the view goes on.
                SCREEN.stale.fetch_or(was_taken, Ordering::SeqCst);
            }));
        });
        enter().map_err(system("set up the terminal"))?;
        Ok(Self(()))
    }
}

/// Those that end a process, besides the ones that ask it to: by an error, by a limit, or because they
/// are sent. `os::signal` has handlers of its own for SIGSTKFLT and SIGALRM.
const ENDING_AT_ONCE: [Signal; 14] = [
    Signal::SIGILL,
    Signal::SIGTRAP,
    Signal::SIGABRT,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGUSR1,
    Signal::SIGSEGV,
    Signal::SIGUSR2,
    Signal::SIGVTALRM,
    Signal::SIGXCPU,
    Signal::SIGPROF,
    Signal::SIGIO,
    Signal::SIGPWR,
    Signal::SIGSYS,
];

/// Has the terminal given back first when a signal ends us on the spot.
fn give_back_before_the_end() {
    // On a stack of its own, if there is one: ours may be what is used up. Once, and then the signal
    // does what it does to every program.
    let flags = SaFlags::SA_ONSTACK | SaFlags::SA_RESETHAND;
    let action = SigAction::new(
        SigHandler::Handler(give_back_and_end),
        flags,
        SigSet::empty(),
    );
    for signal in ENDING_AT_ONCE {
        if !syscalls::is_ignored(signal) {
            // SAFETY: the handler calls nothing that is not async-signal-safe.
            let _ = unsafe { sigaction(signal, &action) };
        }
    }
}

extern "C" fn give_back_and_end(signal: libc::c_int) {
    give_back();
    // SAFETY: spawn is async-signal-safe. The signal waits until this handler has returned, and
    // then has its default action.
    unsafe { libc::raise(signal) };
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        let _held = lock();
        give_back();
    }
}

fn enter() -> nix::Result<()> {
    let mut keys = tcgetattr(stdin())?;
    keys.local_flags -= LocalFlags::ICANON | LocalFlags::ECHO;
    // Ctrl-S is a key: it must not stop the drawing.
    keys.input_flags -= InputFlags::IXON;
    SCREEN.taken.store(true, Ordering::SeqCst);
    super::set_modes(&keys, SetArg::TCSADRAIN)?;
    let mut out = stdout().lock();
    let written = out.write_all(ENTER).and_then(|()| out.flush());
    written.map_err(|_| Errno::EIO)
}

/// Gives the terminal back as it was, if it is ours. Async-signal-safe.
pub fn give_back() {
    if !SCREEN.taken.swap(false, Ordering::SeqCst) {
        return;
    }
    let leave = || {
        // SAFETY: write is async-signal-safe (signal-safety(7)). If the terminal is gone, it fails.
        Errno::result(unsafe {
            libc::write(libc::STDOUT_FILENO, LEAVE.as_ptr().cast(), LEAVE.len())
        })
    };
    let _ = super::retried(leave);
    super::give_back_at_once();
}

fn lock() -> MutexGuard<'static, ()> {
    SCREEN
        .drawing
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// The screen, held to draw on it.
pub struct Held {
    _lock: MutexGuard<'static, ()>,
    /// Others had it in between: nothing of what was drawn is there any more.
    pub is_blank: bool,
}

/// Holds the screen, so that it is not given back meanwhile. `None`: others have the terminal now, and
/// to touch it would stop us (`bg`).
pub fn hold() -> Option<Held> {
    let lock = lock();
    if !is_foreground() {
        return None;
    }
    let is_blank = SCREEN.stale.swap(false, Ordering::SeqCst);
    if is_blank {
        // If the terminal is gone, drawing fails, too.
        let _ = enter();
    }
    Some(Held {
        _lock: lock,
        is_blank,
    })
}

/// The screen has been given back for a while. Dropped, it is to be taken again.
pub struct Released {
    was_taken: bool,
    _lock: Option<MutexGuard<'static, ()>>,
}

/// Gives the screen back for as long as we are suspended; nothing is drawn meanwhile.
pub fn release() -> Released {
    let was_taken = SCREEN.taken.load(Ordering::SeqCst);
    let lock = if was_taken { try_lock() } else { None };
    give_back();
    Released {
        was_taken,
        _lock: lock,
    }
}

fn try_lock() -> Option<MutexGuard<'static, ()>> {
    let deadline = Deadline::after(deadline::SCREEN);
    loop {
        match SCREEN.drawing.try_lock() {
            Ok(lock) => return Some(lock),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                deadline.left()?;
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

impl Drop for Released {
    fn drop(&mut self) {
        SCREEN.stale.fetch_or(self.was_taken, Ordering::SeqCst);
    }
}

/// We were stopped without having been asked, and others may have changed what is on the screen.
pub fn invalidate() {
    let is_taken = SCREEN.taken.load(Ordering::SeqCst);
    SCREEN.stale.fetch_or(is_taken, Ordering::SeqCst);
}

/// Waits for keys. The bytes that came; none when the time is over. An error: the terminal is gone.
pub fn read_keys(at_most: Duration) -> std::io::Result<Vec<u8>> {
    if !is_foreground() {
        std::thread::sleep(at_most);
        return Ok(Vec::new());
    }
    let input = stdin();
    let mut fds = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
    let timeout = PollTimeout::try_from(at_most).unwrap_or(PollTimeout::MAX);
    match poll(&mut fds, timeout) {
        Ok(0) | Err(Errno::EINTR) => return Ok(Vec::new()),
        Ok(_) => {}
        Err(errno) => return Err(errno.into()),
    }
    let mut bytes = [0; 256];
    // Not through std's buffer, of which poll would not know.
    match nix::unistd::read(input.as_fd(), &mut bytes) {
        // As with what is written then.
        Ok(0) => Err(Errno::EIO.into()),
        Ok(length) => Ok(bytes[..length].to_vec()),
        Err(Errno::EINTR | Errno::EAGAIN) => Ok(Vec::new()),
        Err(errno) => Err(errno.into()),
    }
}
