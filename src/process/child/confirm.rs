//! The waits for a child: until it has stopped, sleeps, or has ended, as the kernel confirms it.
//! Each has an end (see [`Timeout`]).

use std::time::Duration;

use nix::errno::Errno;
use nix::libc::{WCONTINUED, WEXITED, WNOHANG, WNOWAIT, WSTOPPED};
use nix::sys::signal::Signal;

use super::{Child, Stage};
use crate::machine::SpanEnd;
use crate::os::deadline;
use crate::os::error::Error;
use crate::os::signal::Timeout;
use crate::os::signal::is_force_quit;
use crate::os::{clock, syscalls};
use crate::process::backoff;
use crate::process::backoff::Backoff;
use crate::process::facts::{ConfirmedEnd, LeftCpu};

impl Child {
    /// Stops it with SIGSTOP and waits until the kernel confirms. A child that has ended instead
    /// is a zombie afterwards; one whose end is known stays what it is.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.stop_with(&Timeout::interruptible(deadline::STOP))
    }

    /// As [`Child::stop`], but no signal that asks us to end cuts the wait short.
    pub fn stop_within(&mut self, time: Duration) -> Result<(), Error> {
        self.stop_with(&Timeout::uninterruptible(time))
    }

    fn stop_with(&mut self, timeout: &Timeout) -> Result<(), Error> {
        while self.exit().is_none() {
            if self.is_still_stopped() {
                return Ok(());
            }
            // Again at each interval signal: another program's SIGCONT takes back a stop that is on its way.
            self.signal(Signal::SIGSTOP)?;
            // Takes the news, so that the next look sees only what comes after.
            match syscalls::waitid(&self.pidfd, WSTOPPED) {
                Ok(_) => {
                    self.confirmed(Stage::Stopped, SpanEnd::Stopped);
                    return Ok(());
                }
                Err(Errno::EINTR) => timeout.check(|whole| self.late("stop", whole))?,
                // That is how the kernel says of a zombie that it will never be stopped.
                Err(Errno::ECHILD) => return self.look(WEXITED).map(drop),
                Err(errno) => return Err(self.failed("wait for")(errno)),
            }
        }
        Ok(())
    }

    /// Whether a stop that was confirmed lasts. Then no further one is ever reported (`waitid(2)` tells
    /// of each once), and to wait for it would be to wait for ever.
    fn is_still_stopped(&self) -> bool {
        self.stage == Stage::Stopped && self.letter() == Some('T')
    }

    /// Stops again one that another program has continued. Unlike [`Child::stop`], this does not wait
    /// for one that cannot stop now, as one in a frozen control group: it executes nothing of its
    /// program before the stop, and the others are not to wait for it. `false`: this was noticed before,
    /// and is still under way.
    pub fn stop_again(&mut self) -> Result<bool, Error> {
        let is_new = !std::mem::replace(&mut self.stop_pending, true);
        let at_once = if is_new { 0 } else { WNOHANG };
        if self.exit().is_some() || self.is_still_stopped() {
            self.stop_pending = false;
            return Ok(is_new);
        }
        self.signal(Signal::SIGSTOP)?;
        match syscalls::waitid(&self.pidfd, WSTOPPED | at_once) {
            Ok(Some(_)) => self.confirmed(Stage::Stopped, SpanEnd::Stopped),
            // The interval signal: it takes longer than a stop does.
            Ok(None) | Err(Errno::EINTR) => {}
            // As in `stop`.
            Err(Errno::ECHILD) => return self.look(WEXITED).map(|_| is_new),
            Err(errno) => return Err(self.failed("wait for")(errno)),
        }
        Ok(is_new)
    }

    /// Takes the kernel's confirmation that it was continued, if that is due.
    pub fn confirm_continued(&mut self) -> Result<(), Error> {
        if !std::mem::take(&mut self.continued) {
            return Ok(());
        }
        match syscalls::waitid(&self.pidfd, WCONTINUED | WNOHANG) {
            // As in `stop`: it has gone on, to its end.
            Ok(_) | Err(Errno::ECHILD) => Ok(()),
            Err(errno) => Err(self.failed("wait for")(errno)),
        }
    }

    /// Waits until a child that has just written an I/O request has got into its `read()`. The
    /// message comes *before* the sleep, and the two share a CPU with us: we must truly sleep.
    ///
    /// `left_cpu`: what the kernel has recorded of it; where that is nothing, `/proc` is asked.
    pub fn confirm_asleep(
        &mut self,
        backoff: &mut Backoff,
        mut left_cpu: impl FnMut() -> LeftCpu,
    ) -> Result<(), Error> {
        let timeout = Timeout::interruptible(deadline::SLEEP);
        let began_ns = clock::now_ns();
        let mut pause = backoff.first();
        loop {
            std::thread::sleep(pause);
            let letter = match left_cpu() {
                LeftCpu::At(at_ns) => {
                    backoff.learn(Duration::from_nanos(at_ns.saturating_sub(began_ns)));
                    Some('S')
                }
                // To ask /proc takes longer than the child needs.
                LeftCpu::NotYet if pause < backoff::LAST => Some('R'),
                LeftCpu::NotYet | LeftCpu::Unknown => self.letter(),
            };
            match letter {
                Some('S') => {
                    self.confirmed(Stage::Asleep, SpanEnd::Blocked);
                    return Ok(());
                }
                Some('Z' | 'X') | None => return self.confirm_exit(),
                Some('T') => self.cont()?,
                _ => {}
            }
            timeout.check(|whole| self.late("block in read()", whole))?;
            pause = (pause * 2).min(backoff::LAST);
        }
    }

    /// Waits until it is a zombie, which is still to be reaped.
    pub fn confirm_exit(&mut self) -> Result<(), Error> {
        let timeout = Timeout::interruptible(deadline::EXIT);
        while self.exit().is_none() {
            // After a second signal, there is no wait even for the next interval signal.
            let at_once = if is_force_quit() { WNOHANG } else { 0 };
            match self.ask(WEXITED | WNOWAIT | at_once) {
                Ok(Some(_)) => {}
                Ok(None) | Err(Errno::EINTR) => {
                    timeout.check(|whole| self.late("exit", whole))?;
                    // Stopped by another program on its way out.
                    if self.letter() == Some('T') {
                        self.cont()?;
                    }
                }
                Err(errno) => return Err(self.failed("wait for")(errno)),
            }
        }
        Ok(())
    }

    /// It has left the CPU by itself, and the kernel has said why.
    fn confirmed(&mut self, stage: Stage, ended: SpanEnd) {
        self.stage = stage;
        self.stop_pending = false;
        let at_ns = clock::now_ns();
        self.ends.push(ConfirmedEnd { at_ns, ended });
    }
}
