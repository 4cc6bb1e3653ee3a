//! How the world stands still and goes on: every process stopped, every clock paused, and then
//! nobody going but who was going before.

use super::control::ControlRequest;
use super::machine::Machine;
use super::spans::LeftCpu;
use crate::machine::{Pause, PauseCause};
use crate::os::clock;
use crate::os::error::Error;
use crate::os::signal::SignalEvent;
use crate::os::signal::interval_signal;
use crate::process::backoff::Backoff;
use crate::process::child::Stage;
use crate::scheduler::ProcId;

/// Who was where when the world stood still.
struct Frozen {
    going: Vec<ProcId>,
    asleep: Vec<ProcId>,
    at_ns: u64,
}

impl Machine {
    /// Stands still with the terminal (Ctrl-Z) until somebody says `fg`. How long that was, in
    /// nanoseconds; when it was taken back meanwhile, it was no pause, and what it took is time.
    pub fn suspend(&mut self) -> Result<u64, Error> {
        let frozen = self.freeze()?;
        let stood_still = self.interrupts.suspend();
        if let Ok(None) = stood_still {
            self.clock.take_pause_back();
        }
        let length_ns = self.thaw(&frozen, PauseCause::Terminal)?;
        stood_still.map(|_| length_ns)
    }

    /// Stands still until whoever watches lets us go on. How long that was, in nanoseconds.
    pub async fn hold(&mut self) -> Result<u64, Error> {
        let frozen = self.freeze()?;
        let released = self.released().await;
        let length_ns = self.thaw(&frozen, PauseCause::Person)?;
        released.map(|()| length_ns)
    }

    async fn released(&mut self) -> Result<(), Error> {
        loop {
            tokio::select! {
                biased;
                asked = self.interrupts.next() => match asked? {
                    SignalEvent::End(signal) => return Err(Error::Interrupted(signal)),
                    SignalEvent::Suspend => drop(self.interrupts.suspend()?),
                    SignalEvent::Continued | SignalEvent::Foreground => {}
                },
                order = self.orders.next() => match order {
                    ControlRequest::Resume => {
                        self.step = false;
                        return Ok(());
                    }
                    ControlRequest::Step => {
                        self.step = true;
                        return Ok(());
                    }
                    ControlRequest::Pause => {}
                    other => self.execute(other)?,
                },
            }
        }
    }

    fn freeze(&mut self) -> Result<Frozen, Error> {
        self.sampler.close();
        let now = |stage| {
            let numbered = self.children.numbered();
            let those = numbered.filter(|(_, child)| child.stage() == stage);
            those.map(|(process, _)| process).collect::<Vec<_>>()
        };
        let (going, asleep) = (now(Stage::Going), now(Stage::Asleep));
        for &process in &going {
            self.stop(process)?;
        }
        let now_ns = clock::now_ns();
        self.clock.pause(now_ns);
        self.own_cpu.pause(clock::own_cpu_ns());
        // Those who sleep need the CPU for a moment to stop: now it is free.
        for &process in &asleep {
            self.stop(process)?;
        }
        let at_ns = self.clock.at(now_ns);
        Ok(Frozen {
            going,
            asleep,
            at_ns,
        })
    }

    fn thaw(&mut self, frozen: &Frozen, cause: PauseCause) -> Result<u64, Error> {
        for &process in &frozen.asleep {
            let child = self.children.get_mut(process);
            if child.stage() == Stage::Stopped {
                child.cont()?;
                // What was recorded last may still be that it left the CPU to stop: /proc is asked.
                child.confirm_asleep(&mut Backoff::default(), || LeftCpu::Unknown)?;
                child.confirm_continued()?;
                self.note_if_lost(process);
            }
        }
        let length_ns = self.clock.resume(clock::now_ns());
        // Before the first tick there is no run yet.
        if self.clock.origin_ns().is_some() {
            self.own_cpu.go(clock::own_cpu_ns());
        }
        if length_ns > 0 {
            self.pauses.push(Pause {
                tick: self.tick,
                cause,
                at_ns: frozen.at_ns,
                length_ns,
            });
        }
        for &process in &frozen.going {
            let child = self.children.get_mut(process);
            if child.stage() == Stage::Stopped {
                child.cont()?;
            }
        }
        Ok(length_ns)
    }

    /// Notes that somebody stopped us, not our processes, and how long that was.
    pub fn note_outage(&mut self) {
        if let Some((from_ns, length_ns)) = interval_signal::take_outage() {
            self.pauses.push(Pause {
                tick: self.tick,
                cause: PauseCause::Outside,
                at_ns: self.clock.at(from_ns),
                length_ns,
            });
        }
    }
}
