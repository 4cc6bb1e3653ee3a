//! The thread that looks at the children in `/proc` in the middle of every tick.
//!
//! It sits on another CPU where there is one: to look is not to disturb. It is never woken by the
//! supervisor, which would cost it an inter-processor interrupt a tick, but comes by itself when
//! the middle of a tick is due. The supervisor opens a tick and closes it, perhaps several times:
//! what was read within one [opening](Shared::opening) belongs to the tick, anything else to nobody.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::Notify;

use crate::machine::Sampled;
use crate::os::procfs::StatFile;
use crate::os::signal::job_control::with_tstp_blocked;
use crate::os::{affinity, clock, supervisor_cpu};
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
    /// The number of the opening that lasts; 0: none does. Not the tick's: between two of the same
    /// tick, the world stood still.
    opening: AtomicU64,
    /// Somebody was in a state in which nobody should be.
    odd: Notify,
    over: AtomicBool,
}

impl Shared {
    fn is_open(&self, opening: u64) -> bool {
        self.opening.load(Ordering::SeqCst) == opening
    }
}

/// The supervisor's end.
pub struct Sampler {
    shared: Arc<Shared>,
    /// How many openings there were.
    openings: u64,
    assignments: Sender<(u64, Assignment)>,
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
            opening: AtomicU64::new(0),
            odd: Notify::new(),
            over: AtomicBool::new(false),
        });
        let (assignments, incoming) = mpsc::channel();
        let (outgoing, samples) = mpsc::channel();
        let observer = SamplingThread {
            shared: Arc::clone(&shared),
            children,
            incoming,
            outgoing,
        };
        let work = move || {
            // Failing leaves it somewhere else, where it samples all the same.
            let _ = affinity::pin(&cpus);
            supervisor_cpu::take_sched_class();
            observer.observe()
        };
        let thread = with_tstp_blocked(|| thread::Builder::new().spawn(work))?;
        Ok(Self {
            shared,
            openings: 0,
            assignments,
            samples,
            thread: Some(thread),
        })
    }

    /// A tick begins, or goes on.
    pub fn open(&mut self, assignment: Assignment) {
        self.openings += 1;
        self.shared.opening.store(self.openings, Ordering::SeqCst);
        // It fails when the thread is gone; then nothing is sampled any more.
        let _ = self.assignments.send((self.openings, assignment));
    }

    /// The tick is over, or pauses. To be called before anything is done to any child.
    pub fn close(&self) {
        self.shared.opening.store(0, Ordering::SeqCst);
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
        let now_ns = clock::own_cpu_ns();
        let before_ns = std::mem::replace(&mut self.before_ns, now_ns);
        if std::mem::replace(&mut self.in_tick, in_tick) || in_tick {
            self.spent_ns += now_ns - before_ns;
        }
    }
}

/// The thread's end.
struct SamplingThread {
    shared: Arc<Shared>,
    children: Vec<StatFile>,
    incoming: Receiver<(u64, Assignment)>,
    outgoing: Sender<(Tick, Vec<Sampled>)>,
}

impl SamplingThread {
    /// Until all is over. What it has cost, in nanoseconds of CPU time: to look for a first tick, or
    /// while the run is paused, is no part of that.
    fn observe(&self) -> u64 {
        let mut cost = Cost::default();
        let mut look = LONGEST_LOOK;
        while !self.shared.over.load(Ordering::SeqCst) {
            cost.count(self.shared.opening.load(Ordering::SeqCst) != 0);
            let Some((opening, assignment)) = self.incoming.try_iter().last() else {
                thread::park_timeout(look);
                continue;
            };
            let Assignment {
                start_ns, tick_ns, ..
            } = assignment;
            self.attend(opening, &assignment);
            // The middle of the next tick, if that follows at once and takes no longer.
            self.sleep_until(start_ns + tick_ns + tick_ns / 2);
            look = LONGEST_LOOK.min(Duration::from_nanos(tick_ns / 4));
        }
        cost.count(false);
        cost.spent_ns
    }

    /// Looks once, in the middle half of the tick.
    fn attend(&self, opening: u64, assignment: &Assignment) {
        let &Assignment {
            tick,
            start_ns,
            tick_ns,
            ..
        } = assignment;
        if clock::now_ns() < start_ns + tick_ns / 4 {
            self.sleep_until(start_ns + tick_ns / 2);
        }
        if !self.shared.is_open(opening) {
            return;
        }
        let mut letters = self.read(&assignment.whom);
        if !self.shared.is_open(opening) {
            return;
        }
        // An instruction takes a tick at least. Later, the one that executes it may have told of
        // its end already, and be on its way into a sleep or its exit before the supervisor knows:
        // no letter of it says anything then, and to take only those that agree would not be honest.
        if clock::now_ns() >= start_ns + tick_ns {
            letters.retain(|&(process, _)| Some(process) != assignment.executing);
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

    /// Sleeps until this nanosecond of `CLOCK_MONOTONIC`, or until all is over.
    fn sleep_until(&self, at_ns: u64) {
        while !self.shared.over.load(Ordering::SeqCst) {
            let left_ns = at_ns.saturating_sub(clock::now_ns());
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

        let mut busy = sampler();
        busy.open(Assignment {
            tick: Tick(1),
            start_ns: clock::now_ns(),
            tick_ns: 1_000_000,
            executing: None,
            running: None,
            whom: Whom::Everyone,
        });
        thread::sleep(Duration::from_millis(30));
        assert!(busy.finish() > 0);
    }

    #[test]
    fn of_one_that_may_have_ended_its_instruction_no_letter_counts() {
        let ourselves = || StatFile::open(nix::unistd::Pid::this()).unwrap();
        let (sender, incoming) = mpsc::channel();
        let (outgoing, samples) = mpsc::channel();
        let observer = SamplingThread {
            shared: Arc::new(Shared {
                opening: AtomicU64::new(1),
                odd: Notify::new(),
                over: AtomicBool::new(false),
            }),
            children: vec![ourselves(), ourselves()],
            incoming,
            outgoing,
        };
        drop(sender);
        let seen_of = |tick_ns| {
            let assignment = Assignment {
                tick: Tick(1),
                start_ns: clock::now_ns() - 1_000_000_000,
                tick_ns,
                executing: Some(ProcId(0)),
                running: Some(ProcId(0)),
                whom: Whom::Everyone,
            };
            observer.attend(1, &assignment);
            let (_, letters) = samples.try_recv().unwrap();
            letters.into_iter().map(|(process, _)| process).collect()
        };
        let late: Vec<_> = seen_of(500_000_000);
        assert_eq!(late, [ProcId(1)]);
        let in_time: Vec<_> = seen_of(3_000_000_000);
        assert_eq!(in_time, [ProcId(0), ProcId(1)]);
    }

    #[test]
    fn what_was_read_across_a_pause_belongs_to_nobody() {
        let mut sampler = Sampler::start(Vec::new(), Vec::new()).unwrap();
        let tick = || Assignment {
            tick: Tick(1),
            start_ns: clock::now_ns(),
            tick_ns: 1_000_000_000,
            executing: None,
            running: None,
            whom: Whom::Everyone,
        };
        sampler.open(tick());
        let before = sampler.openings;
        assert!(sampler.shared.is_open(before));
        sampler.close();
        assert!(!sampler.shared.is_open(before));
        sampler.open(tick());
        assert!(!sampler.shared.is_open(before), "it is the same tick");
    }
}
