//! Signals for code that has no runtime: it waits for one thing at a time.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::suspend_group::SuspendGroup;
use super::{SignalEvent, Signals};
use crate::os::deadline::Deadline;
use crate::os::error::{Error, io};
use crate::os::event_loop;
use crate::os::syscalls::watched;

/// [`Signals`] with a runtime of their own. Whatever is waited for, it suspends us when asked to.
pub struct BlockingSignals {
    signals: Signals,
    runtime: Runtime,
    /// Those that are to stop with us.
    pub suspend_group: SuspendGroup,
}

impl BlockingSignals {
    pub fn listen() -> Result<Self, Error> {
        let runtime = event_loop()?;
        let signals = {
            let _inside = runtime.enter();
            Signals::listen()?
        };
        Ok(Self {
            signals,
            runtime,
            suspend_group: SuspendGroup::default(),
        })
    }

    /// Waits until a descriptor is readable, or its other end closed. `false`: the time is over.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when a signal asks us to end; or when it cannot be waited for.
    pub fn wait_for(&self, fd: BorrowedFd<'_>, at_most: Duration) -> Result<bool, Error> {
        let deadline = Deadline::after(at_most);
        self.runtime.block_on(async {
            let failed = || io("wait for an event");
            let fd = watched(fd).map_err(failed())?;
            tokio::select! {
                biased;
                ready = fd.readable() => ready.map(|_| true).map_err(failed()),
                over = self.until(deadline) => over.map(|()| false),
            }
        })
    }

    /// # Errors
    /// As [`BlockingSignals::wait_for`].
    pub fn sleep(&self, time: Duration) -> Result<(), Error> {
        self.runtime.block_on(self.until(Deadline::after(time)))
    }

    /// Waits until the time is over, and does what signals ask for meanwhile.
    async fn until(&self, deadline: Deadline) -> Result<(), Error> {
        while let Some(left) = deadline.left() {
            match tokio::time::timeout(left, self.signals.next()).await {
                Ok(Ok(SignalEvent::End(signal))) => return Err(Error::Interrupted(signal)),
                Ok(Ok(SignalEvent::Suspend)) => {
                    let suspended = self.suspend_group.stopped_during(|| self.signals.suspend());
                    suspended.map(drop)?;
                }
                Ok(event) => drop(event?),
                Err(_elapsed) => {}
            }
        }
        Ok(())
    }
}
