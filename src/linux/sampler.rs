//! The thread that looks at the children in `/proc` in the middle of every tick.
//!
//! It sits on another CPU where there is one: to look is not to disturb. It is never woken by the
//! supervisor, which would cost it an inter-processor interrupt a tick, but comes by itself when
//! the middle of a tick is due. The supervisor says which tick is [open](Shared::open); what was
//! read while a tick was open to the end of the reading belongs to it, anything else to nobody.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::Notify;

use super::procfs::StatFile;
use super::standstill::apart;
use super::{seat, timer};
use crate::machine::Sampled;
use crate::scheduler::{ProcId, Tick};

/// How often at least the thread looks whether a first tick has begun.
const LONGEST_LOOK: Duration = Duration::from_millis(1);

/// Whom to look at in a tick.
#[derive(Debug)]
pub enum Whom {
    Everyone,
    These(Vec<ProcId>),
}

/// A tick that has begun.
#[derive(Debug)]
pub struct Assignment {
    pub tick: Tick,
    /// `CLOCK_MONOTONIC`.
    pub start_ns: u64,
    /// How long it takes at least.
    pub tick_ns: u64,
    /// Who executes an instruction in it.
    pub executing: Option<ProcId>,
    /// Who may have the CPU: also one that has nothing to execute.
    pub running: Option<ProcId>,
    pub whom: Whom,
}

struct Shared {
    /// The tick that passes now; 0 between ticks.
    open: AtomicU64,
    /// Somebody was in a state in which nobody should be.
    odd: Notify,
    over: AtomicBool,
}

/// The supervisor's end.
pub struct Sampler {
    shared: Arc<Shared>,
    assignments: Sender<Assignment>,
    samples: Receiver<(Tick, Vec<Sampled>)>,
    /// Ends with its CPU time in the ticks, in nanoseconds.
    thread: Option<JoinHandle<u64>>,
}

impl Sampler {
    /// Starts the thread on one of `cpus`. `children`: their files, in the order of the book's
    /// ids; not to be read by anybody else, since one reader of an open file waits for the other.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(children: Vec<StatFile>, cpus: Vec<usize>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            open: AtomicU64::new(0),
            odd: Notify::new(),
            over: AtomicBool::new(false),
        });
        let (assignments, incoming) = mpsc::channel();
        let (outgoing, samples) = mpsc::channel();
        let observer = Observer {
            shared: Arc::clone(&shared),
            children,
            incoming,
            outgoing,
        };
        let work = move || {
            // Failing leaves it somewhere else, where it samples all the same.
            let _ = seat::pin(&cpus);
            seat::take_precedence();
            observer.observe()
        };
        let thread = apart(|| thread::Builder::new().spawn(work))?;
        Ok(Self {
            shared,
            assignments,
            samples,
            thread: Some(thread),
        })
    }

    /// A tick begins.
    pub fn open(&self, assignment: Assignment) {
        self.shared.open.store(assignment.tick.0, Ordering::SeqCst);
        // It fails when the thread is gone; then nothing is sampled any more.
        let _ = self.assignments.send(assignment);
    }

    /// The tick is over. To be called before anything is done to any child.
    pub fn close(&self) {
        self.shared.open.store(0, Ordering::SeqCst);
    }

    /// What has been seen in a tick by now; `None`: nothing yet, or all was taken before.
    pub fn take(&self, tick: Tick) -> Option<Vec<Sampled>> {
        self.samples
            .try_iter()
            .filter(|(of, _)| *of == tick)
            .map(|(_, letters)| letters)
            .last()
    }

    /// Waits until somebody is seen in a state in which nobody should be.
    pub async fn odd(&self) {
        self.shared.odd.notified().await;
    }

    /// Ends the thread. Its CPU time in the ticks, in nanoseconds.
    pub fn finish(mut self) -> u64 {
        self.end()
    }

    fn end(&mut self) -> u64 {
        let Some(thread) = self.thread.take() else {
            return 0;
        };
        self.shared.over.store(true, Ordering::SeqCst);
        thread.thread().unpark();
        thread.join().unwrap_or(0)
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.end();
    }
}

/// CPU time of the calling thread from one count to the next, where one of both was in a tick.
#[derive(Default)]
struct Cost {
    spent_ns: u64,
    before_ns: u64,
    in_tick: bool,
}

impl Cost {
    fn count(&mut self, in_tick: bool) {
        let now_ns = timer::own_cpu_ns();
        let before_ns = std::mem::replace(&mut self.before_ns, now_ns);
        if std::mem::replace(&mut self.in_tick, in_tick) || in_tick {
            self.spent_ns += now_ns - before_ns;
        }
    }
}

/// The thread's end.
struct Observer {
    shared: Arc<Shared>,
    children: Vec<StatFile>,
    incoming: Receiver<Assignment>,
    outgoing: Sender<(Tick, Vec<Sampled>)>,
}

impl Observer {
    /// Until all is over. What it has cost, in nanoseconds of CPU time: to look for a first tick, or
    /// while the run is paused, is no part of that.
    fn observe(&self) -> u64 {
        let mut cost = Cost::default();
        let mut look = LONGEST_LOOK;
        while !self.shared.over.load(Ordering::SeqCst) {
            cost.count(self.shared.open.load(Ordering::SeqCst) != 0);
            let Some(assignment) = self.incoming.try_iter().last() else {
                thread::park_timeout(look);
                continue;
            };
            let Assignment {
                start_ns, tick_ns, ..
            } = assignment;
            self.attend(&assignment);
            // The middle of the next tick, if that follows at once and takes no longer.
            self.sleep_until(start_ns + tick_ns + tick_ns / 2);
            look = LONGEST_LOOK.min(Duration::from_nanos(tick_ns / 4));
        }
        cost.count(false);
        cost.spent_ns
    }

    /// Looks once, in the middle half of the tick.
    fn attend(&self, assignment: &Assignment) {
        let &Assignment {
            tick,
            start_ns,
            tick_ns,
            ..
        } = assignment;
        if timer::now_ns() < start_ns + tick_ns / 4 {
            self.sleep_until(start_ns + tick_ns / 2);
        }
        if !self.is_open(tick) {
            return;
        }
        let mut letters = self.read(&assignment.whom);
        if !self.is_open(tick) {
            return;
        }
        // An instruction takes a tick at least. Later, the one that executes it may have told of
        // its end already, and be on its way into a sleep or its exit before the supervisor knows.
        if timer::now_ns() >= start_ns + tick_ns {
            letters.retain(|&(process, letter)| {
                Some(process) != assignment.executing || matches!(letter, 'R' | 'T')
            });
        }
        let odd = letters
            .iter()
            .any(|&(process, letter)| (letter == 'R') != (Some(process) == assignment.running));
        // It fails when the supervisor is gone, and so shall we be.
        let _ = self.outgoing.send((tick, letters));
        if odd {
            self.shared.odd.notify_one();
        }
    }

    fn read(&self, whom: &Whom) -> Vec<Sampled> {
        let look = |process: ProcId| {
            let letter = self.children.get(process.index())?.letter()?;
            Some((process, letter))
        };
        match whom {
            Whom::Everyone => (0..)
                .map(ProcId)
                .take(self.children.len())
                .filter_map(look)
                .collect(),
            Whom::These(processes) => processes.iter().copied().filter_map(look).collect(),
        }
    }

    fn is_open(&self, tick: Tick) -> bool {
        self.shared.open.load(Ordering::SeqCst) == tick.0
    }

    /// Sleeps until this nanosecond of `CLOCK_MONOTONIC`, or until all is over.
    fn sleep_until(&self, at_ns: u64) {
        while !self.shared.over.load(Ordering::SeqCst) {
            let left_ns = at_ns.saturating_sub(timer::now_ns());
            if left_ns == 0 {
                return;
            }
            thread::park_timeout(Duration::from_nanos(left_ns));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::unistd::Pid;

    fn sampler() -> Sampler {
        let own = StatFile::open(Pid::this()).unwrap();
        Sampler::start(vec![own], Vec::new()).unwrap()
    }

    #[test]
    fn what_it_does_while_no_tick_passes_is_no_cost_of_the_run() {
        let idle = sampler();
        thread::sleep(Duration::from_millis(30));
        assert_eq!(idle.finish(), 0);

        let busy = sampler();
        busy.open(Assignment {
            tick: Tick(1),
            start_ns: timer::now_ns(),
            tick_ns: 1_000_000,
            executing: None,
            running: None,
            whom: Whom::Everyone,
        });
        thread::sleep(Duration::from_millis(30));
        assert!(busy.finish() > 0);
    }
}
