//! The signals that ask us to end, to stand still, or tell that we were stopped.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::pipe2;
use signal_hook::{SigId, flag, low_level};
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;

use super::companions::Companions;
use super::deadline::Deadline;
use super::error::{Error, io, system};
use super::standstill::Standstill;
use super::{full_screen, last_call, standstill, sys};

const ENDING: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To end, with INT, TERM, HUP or QUIT.
    End(Signal),
    /// To stand still (TSTP, Ctrl-Z).
    Suspend,
    /// Nothing: we were stopped, and have been continued (CONT).
    Continued,
}

/// The signal that asked us to end, once one has: for those who wait without a runtime.
#[derive(Clone, Default)]
pub struct EndAsked(Arc<AtomicUsize>);

impl EndAsked {
    pub fn signal(&self) -> Option<Signal> {
        let number = i32::try_from(self.0.load(Ordering::SeqCst)).ok()?;
        Signal::try_from(number).ok()
    }
}

/// How many listen.
static LISTENERS: AtomicUsize = AtomicUsize::new(0);
/// Set while nobody listens. Whoever has listened once never gives a signal back to the kernel
/// (`signal_hook::low_level::unregister`), so it would be lost from then on.
static UNHEARD: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Hears the signals. The first one that asks to end is for us to end in good order; a second one
/// is the [last call](last_call).
///
/// Listens on one thread, which is the one that has to make it and to drop it.
pub struct Listener {
    /// Readable once a signal has come that has a handler.
    wake: OwnedFd,
    /// The writing end of `wake`.
    alarm: OwnedFd,
    end: EndAsked,
    standstill: Standstill,
    /// They stand still with us.
    pub companions: Companions,
    registered: Vec<SigId>,
}

impl Listener {
    /// # Errors
    /// When the pipe cannot be made or a handler not installed.
    pub fn listen() -> Result<Self, Error> {
        let (wake, alarm) =
            pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).map_err(system("listen for signals"))?;
        heard_from_now_on().map_err(io("listen for signals"))?;
        let mut listener = Self {
            wake,
            alarm,
            end: EndAsked::default(),
            standstill: Standstill::listen()?,
            companions: Companions::default(),
            registered: Vec::new(),
        };
        // Whoever started us ignoring a signal (nohup, a shell's background) wants it ignored.
        for signal in ENDING
            .into_iter()
            .filter(|&signal| !sys::is_ignored(signal))
        {
            let end = Arc::clone(&listener.end.0);
            listener
                .register(signal, |number| {
                    flag::register_usize(number, end, signal as usize)
                })
                .map_err(io("listen for signals"))?;
        }
        let continued = Arc::clone(&listener.standstill.continued);
        listener
            .register(Signal::SIGCONT, |number| flag::register(number, continued))
            .map_err(io("listen for signals"))?;
        Ok(listener)
    }

    /// Has the signal noted when it comes.
    fn register(
        &mut self,
        signal: Signal,
        note: impl FnOnce(i32) -> io::Result<SigId>,
    ) -> io::Result<()> {
        let number = signal as i32;
        self.registered.push(note(number)?);
        let alarm = self.alarm.try_clone()?;
        self.registered
            .push(low_level::pipe::register_raw(number, alarm)?);
        Ok(())
    }

    /// The signal that has come, if one has.
    #[must_use]
    pub fn heard(&self) -> Option<Signal> {
        self.end.signal()
    }

    /// Waits until a descriptor is readable, or its other end closed. `false`: the time is over.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when a signal has come; or when poll fails.
    pub fn wait_for(&self, fd: BorrowedFd<'_>, at_most: Duration) -> Result<bool, Error> {
        self.poll(Some(fd), at_most)
    }

    /// Sleeps.
    ///
    /// # Errors
    /// As [`Listener::wait_for`].
    pub fn sleep(&self, time: Duration) -> Result<(), Error> {
        self.poll(None, time).map(drop)
    }

    fn poll(&self, other: Option<BorrowedFd<'_>>, at_most: Duration) -> Result<bool, Error> {
        let ours = [Some(self.wake.as_fd()), self.standstill.asked_fd()];
        let all = [other].into_iter().chain(ours).flatten();
        let mut fds: Vec<_> = all.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let mut deadline = Deadline::after(at_most);
        loop {
            let left = deadline.left();
            // In milliseconds, rounded up; what does not fit is as good as for ever.
            let ms = left.map_or(0, |left| left.as_millis() + 1);
            let timeout = PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX);
            let ready = poll(&mut fds, timeout);
            while nix::unistd::read(&self.wake, &mut [0; 16]).is_ok_and(|length| length > 0) {}
            if let Some(signal) = self.heard() {
                return Err(Error::Interrupted(signal));
            }
            if self.standstill.is_asked() {
                let begin = || self.standstill.begin();
                self.companions.stopped_during(begin)?;
                // Time stood still, too.
                deadline = left.map_or(deadline, Deadline::after);
            }
            match ready {
                Ok(0) if left.is_none() => return Ok(false),
                Ok(_) if other.is_some() && fds[0].any().unwrap_or(false) => return Ok(true),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(system("wait for an event")(errno)),
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
        if LISTENERS.fetch_sub(1, Ordering::SeqCst) == 1
            && let Some(unheard) = UNHEARD.get()
        {
            unheard.store(true, Ordering::SeqCst);
            standstill::hear_no_more();
        }
    }
}

/// A [`Listener`] for what runs on tokio.
pub struct Interrupts {
    wake: pipe::Receiver,
    asked: Option<AsyncFd<OwnedFd>>,
    listener: Listener,
}

impl Interrupts {
    /// # Errors
    /// As [`Listener::listen`].
    pub fn listen() -> Result<Self, Error> {
        let listener = Listener::listen()?;
        let failed = || io("listen for signals");
        let wake = listener.wake.try_clone();
        let wake = wake.and_then(pipe::Receiver::from_owned_fd);
        let asked = listener.standstill.asked_fd();
        let asked = asked.map(|fd| sys::watched(fd.try_clone_to_owned()?));
        Ok(Self {
            wake: wake.map_err(failed())?,
            asked: asked.transpose().map_err(failed())?,
            listener,
        })
    }

    /// Whether a signal has asked us to end; shared with those who wait.
    #[must_use]
    pub const fn end_asked(&self) -> &EndAsked {
        &self.listener.end
    }

    /// Waits for a signal. Cancelling the wait loses none.
    ///
    /// # Errors
    /// When the pipe fails.
    pub async fn next(&self) -> Result<Asked, Error> {
        loop {
            if let Some(signal) = self.listener.heard() {
                return Ok(Asked::End(signal));
            }
            if self.listener.standstill.take_continued() {
                full_screen::take_again();
                return Ok(Asked::Continued);
            }
            tokio::select! {
                biased;
                asked = self.asked() => {
                    asked.map_err(io("listen for signals"))?;
                    return Ok(Asked::Suspend);
                }
                woken = self.wake.readable() => {
                    woken.map_err(io("listen for signals"))?;
                    let _ = self.wake.try_read(&mut [0; 16]);
                }
            }
        }
    }

    /// Waits until we are asked to stand still.
    async fn asked(&self) -> io::Result<()> {
        let Some(asked) = &self.asked else {
            return std::future::pending().await;
        };
        loop {
            let mut ready = asked.readable().await?;
            if self.listener.standstill.is_asked() {
                return Ok(());
            }
            ready.clear_ready();
        }
    }
}

impl Interrupts {
    /// Waits for a signal that asks to end; stands still meanwhile if asked to.
    ///
    /// # Errors
    /// When the pipe fails.
    pub async fn end(&self) -> Result<Signal, Error> {
        loop {
            match self.next().await? {
                Asked::End(signal) => return Ok(signal),
                Asked::Suspend => self.stand_still()?,
                Asked::Continued => {}
            }
        }
    }

    /// Stands still until somebody continues us.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn stand_still(&self) -> Result<(), Error> {
        self.listener.standstill.begin()
    }
}

/// Until nobody listens any more, when a first signal does again what it does to every program.
fn heard_from_now_on() -> io::Result<()> {
    LISTENERS.fetch_add(1, Ordering::SeqCst);
    if let Some(unheard) = UNHEARD.get() {
        unheard.store(false, Ordering::SeqCst);
        return Ok(());
    }
    let unheard = UNHEARD.get_or_init(Arc::default);
    last_call::prepare();
    // The actions of one signal run in the order in which they are registered.
    for signal in ENDING.into_iter().filter(|&one| !sys::is_ignored(one)) {
        let unheard = Arc::clone(unheard);
        let count = move || {
            if last_call::is_made_by(signal) {
                unheard.store(false, Ordering::SeqCst);
            }
        };
        // SAFETY: an atomic, and what is async-signal-safe by its own word.
        unsafe { low_level::register(signal as i32, count) }?;
    }
    for signal in ENDING.into_iter().filter(|&one| !sys::is_ignored(one)) {
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

/// Makes signals behave as the ledger needs it, whatever we inherited: SIGCHLD not ignored, or the
/// kernel would reap for us, and sent for ends only; those that ask something of us not blocked. Must
/// come before any other thread exists, since each inherits the mask of its maker.
///
/// # Errors
/// When the kernel refuses.
pub fn claim_signals() -> Result<(), Error> {
    standstill::remember_terminal();
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::SA_NOCLDSTOP, SigSet::empty());
    // SAFETY: the default action runs no code of ours.
    unsafe { sigaction(Signal::SIGCHLD, &default) }.map_err(system("reset SIGCHLD"))?;
    let mut unblock = SigSet::empty();
    for signal in ENDING.into_iter().chain([Signal::SIGTSTP]) {
        unblock.add(signal);
    }
    unblock
        .thread_unblock()
        .map_err(system("unblock INT, TERM, HUP, QUIT and TSTP"))
}

/// A file that may not grow any further (`ulimit -f`) is an error as a full disk is one, to be told,
/// and not the end: SIGXFSZ is ignored. Children have it back.
pub fn outlive_full_files() {
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
