//! The signals that ask the supervisor to end, to stand still, or tell that it was stopped.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use nix::fcntl::OFlag;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use nix::unistd::pipe2;
use signal_hook::{SigId, flag, low_level};
use tokio::net::unix::pipe;

use super::error::{Error, io, system};
use super::{pulse, sys};

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

/// Set while nobody listens. Whoever has listened once never gives a signal back to the kernel
/// (`signal_hook::low_level::unregister`), so it would be lost from then on.
static UNHEARD: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Hears the signals. The first one that asks to end is for the run to end in good order; a second
/// one ends the supervisor on the spot, and the kernel ends the children with it.
pub struct Interrupts {
    wake: pipe::Receiver,
    end: EndAsked,
    suspend: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
    registered: Vec<SigId>,
}

impl Interrupts {
    /// # Errors
    /// When the pipe cannot be made or a handler not installed.
    pub fn listen() -> Result<Self, Error> {
        let failed = || io("listen for signals");
        let (wake, alarm) =
            pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).map_err(system("listen for signals"))?;
        let wake = pipe::Receiver::from_owned_fd(wake).map_err(failed())?;
        let second = Arc::new(AtomicBool::new(false));
        let mut interrupts = Self {
            wake,
            end: EndAsked::default(),
            suspend: Arc::default(),
            continued: Arc::default(),
            registered: Vec::new(),
        };
        // Whoever started us ignoring a signal (nohup, a shell's background) wants it ignored.
        for signal in ENDING
            .into_iter()
            .filter(|&signal| !sys::is_ignored(signal))
        {
            interrupts
                .register(signal, &alarm, &second)
                .map_err(failed())?;
        }
        if !sys::is_ignored(Signal::SIGTSTP) {
            interrupts.forget_continued().map_err(failed())?;
            let flag = Arc::clone(&interrupts.suspend);
            interrupts
                .raise_flag(Signal::SIGTSTP, &alarm, flag)
                .map_err(failed())?;
        }
        let flag = Arc::clone(&interrupts.continued);
        interrupts
            .raise_flag(Signal::SIGCONT, &alarm, flag)
            .map_err(failed())?;
        heard_from_now_on().map_err(failed())?;
        Ok(interrupts)
    }

    /// Whether a signal has asked us to end; shared with those who wait.
    #[must_use]
    pub const fn end_asked(&self) -> &EndAsked {
        &self.end
    }

    /// A SIGCONT that came before a SIGTSTP does not take that back.
    fn forget_continued(&mut self) -> io::Result<()> {
        let continued = Arc::clone(&self.continued);
        let forget = move || continued.store(false, Ordering::SeqCst);
        // SAFETY: to store to an atomic is async-signal-safe.
        let id = unsafe { low_level::register(Signal::SIGTSTP as i32, forget) }?;
        self.registered.push(id);
        Ok(())
    }

    fn raise_flag(
        &mut self,
        signal: Signal,
        alarm: &OwnedFd,
        flag: Arc<AtomicBool>,
    ) -> io::Result<()> {
        let number = signal as i32;
        let ids = [
            flag::register(number, flag)?,
            low_level::pipe::register_raw(number, alarm.try_clone()?)?,
        ];
        self.registered.extend(ids);
        Ok(())
    }

    /// The actions of one signal run in the order in which they are registered.
    fn register(
        &mut self,
        signal: Signal,
        alarm: &OwnedFd,
        second: &Arc<AtomicBool>,
    ) -> io::Result<()> {
        let number = signal as i32;
        let ids = [
            flag::register_conditional_shutdown(number, 128 + number, Arc::clone(second))?,
            flag::register(number, Arc::clone(second))?,
            flag::register_usize(number, Arc::clone(&self.end.0), signal as usize)?,
            low_level::pipe::register_raw(number, alarm.try_clone()?)?,
        ];
        self.registered.extend(ids);
        Ok(())
    }

    /// Waits for a signal. Cancelling the wait loses none.
    ///
    /// # Errors
    /// When the pipe fails.
    pub async fn next(&self) -> Result<Asked, Error> {
        loop {
            if let Some(signal) = self.end.signal() {
                return Ok(Asked::End(signal));
            }
            if self.suspend.swap(false, Ordering::SeqCst) {
                return Ok(Asked::Suspend);
            }
            if self.continued.swap(false, Ordering::SeqCst) {
                return Ok(Asked::Continued);
            }
            self.wake
                .readable()
                .await
                .map_err(io("listen for signals"))?;
            let _ = self.wake.try_read(&mut [0; 16]);
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

    /// Stops this process as Ctrl-Z would if nobody listened, and returns when it is continued.
    /// Where nobody could continue it, in an orphaned process group, the kernel does not stop it; nor
    /// does it when somebody has continued it since it was asked: it took us a while to get here, and
    /// who knows when the next one comes.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn stand_still(&self) -> Result<(), Error> {
        let failed = || system("stand still (SIGTSTP)");
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        let mut blocked = SigSet::empty();
        blocked.add(Signal::SIGTSTP);
        // From when it is raised until it is let through, a SIGCONT discards it.
        blocked.thread_block().map_err(failed())?;
        // SAFETY: the default action runs no code of ours.
        let ours = unsafe { sigaction(Signal::SIGTSTP, &default) }.map_err(failed())?;
        let stopped = raise(Signal::SIGTSTP).map_err(failed());
        if self.continued.load(Ordering::SeqCst) {
            let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
            // SAFETY: to ignore a signal runs no code of ours. It discards what is pending.
            unsafe { sigaction(Signal::SIGTSTP, &ignore) }.map_err(failed())?;
        }
        blocked.thread_unblock().map_err(failed())?;
        // SAFETY: the handler that was installed before.
        unsafe { sigaction(Signal::SIGTSTP, &ours) }.map_err(failed())?;
        self.suspend.store(false, Ordering::SeqCst);
        self.continued.store(false, Ordering::SeqCst);
        // That was no outage.
        let _ = pulse::take_outage();
        stopped
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
        if let Some(unheard) = UNHEARD.get() {
            unheard.store(true, Ordering::SeqCst);
        }
    }
}

/// Until nobody listens any more, when each signal does again what it does to every program.
fn heard_from_now_on() -> io::Result<()> {
    if let Some(unheard) = UNHEARD.get() {
        unheard.store(false, Ordering::SeqCst);
        return Ok(());
    }
    let unheard = UNHEARD.get_or_init(Arc::default);
    for signal in ENDING.into_iter().chain([Signal::SIGTSTP]) {
        if !sys::is_ignored(signal) {
            flag::register_conditional_default(signal as i32, Arc::clone(unheard))?;
        }
    }
    Ok(())
}

/// Makes signals behave as the ledger needs it, whatever we inherited: SIGCHLD not ignored, or the
/// kernel would reap for us, and sent for ends only; those that ask something of us not blocked. Must
/// come before any other thread exists, since each inherits the mask of its maker.
///
/// # Errors
/// When the kernel refuses.
pub fn claim_signals() -> Result<(), Error> {
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
