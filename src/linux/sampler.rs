//! The thread that reads the states of the children in `/proc` in the middle of every tick.
//!
//! It is pinned to another CPU where there is one, so as not to disturb. It is never woken by the
//! supervisor, which would cost that an inter-processor interrupt a tick, but wakes up by itself when
//! the middle of a tick is due. The supervisor opens a tick and closes it, perhaps several times:
//! what was read within one [opening](Shared::opening) belongs to the tick, anything else to none.

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

/// How long the thread sleeps at most before it looks again whether a tick has begun.
const LONGEST_SLEEP: Duration = Duration::from_millis(1);

/// The processes to sample in a tick.
#[derive(Debug, PartialEq, Eq)]
pub enum Selection {
    All,
    These(Vec<ProcId>),
}

/// A tick that has begun.
#[derive(Debug)]
pub struct Assignment {
    pub tick: Tick,
    /// `CLOCK_MONOTONIC`.
    pub start_ns: u64,
    /// How long it takes at least, in nanoseconds.
    pub tick_ns: u64,
    /// The process that executes an instruction in it.
    pub executing: Option<ProcId>,
    /// The process that may have the CPU: also one that has nothing to execute.
    pub running: Option<ProcId>,
    pub selection: Selection,
}

/// Letters that were read one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// `CLOCK_MONOTONIC`: before the first one was read, and after the last.
    pub from_ns: u64,
    pub until_ns: u64,
    pub letters: Vec<Sampled>,
}

impl Assignment {
    /// Whether one of these is not what it should be: `R` for the running process alone. After a tick,
    /// the process that executes may have told of its end, and be on its way into a sleep or its exit.
    fn is_unexpected(&self, sample: &Sample) -> bool {
        let is_late = sample.until_ns >= self.start_ns + self.tick_ns;
        sample.letters.iter().any(|&(process, letter)| {
            let may_have_ended = is_late && Some(process) == self.executing;
            !may_have_ended && (letter == 'R') != (Some(process) == self.running)
        })
    }
}

struct Shared {
    /// The number of the opening that lasts; 0: none does. Not the tick's: between two openings of
    /// the same tick, the run was paused.
    opening: AtomicU64,
    /// A process was in a state in which it should not be.
    unexpected: Notify,
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
    /// The number of openings so far.
    openings: u64,
    assignments: Sender<(u64, Assignment)>,
    samples: Receiver<(Tick, Sample)>,
    /// Ends with its CPU time in the ticks, in nanoseconds.
    thread: Option<JoinHandle<u64>>,
}

impl Sampler {
    /// Starts the thread on one of `cpus`. `children`: their files, in the order of the book's ids,
    /// for this thread alone, since one reader of an open file waits for the other.
    pub fn start(children: Vec<StatFile>, cpus: Vec<usize>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            opening: AtomicU64::new(0),
            unexpected: Notify::new(),
            over: AtomicBool::new(false),
        });
        let (assignments, incoming) = mpsc::channel();
        let (outgoing, samples) = mpsc::channel();
        let sampling = SamplingThread {
            shared: Arc::clone(&shared),
            children,
            incoming,
            outgoing,
        };
        let work = move || {
            // Where that fails, it samples on the children's CPU.
            let _ = affinity::pin(&cpus);
            supervisor_cpu::take_sched_class();
            sampling.run()
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

    /// What has been sampled in a tick by now; `None`: nothing yet, or all was taken before.
    pub fn take(&self, tick: Tick) -> Option<Sample> {
        self.samples
            .try_iter()
            .filter(|(of, _)| *of == tick)
            .map(|(_, sample)| sample)
            .last()
    }

    /// Waits until a process is seen in a state in which it should not be.
    pub async fn unexpected(&self) {
        self.shared.unexpected.notified().await;
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
    outgoing: Sender<(Tick, Sample)>,
}

impl SamplingThread {
    /// Until the run is over. What it has cost, in nanoseconds of CPU time: to wait for a first tick,
    /// or while the run is paused, is no part of that.
    fn run(&self) -> u64 {
        let mut cost = Cost::default();
        let mut sleep = LONGEST_SLEEP;
        while !self.shared.over.load(Ordering::SeqCst) {
            cost.count(self.shared.opening.load(Ordering::SeqCst) != 0);
            let Some((opening, assignment)) = self.incoming.try_iter().last() else {
                thread::park_timeout(sleep);
                continue;
            };
            let Assignment {
                start_ns, tick_ns, ..
            } = assignment;
            self.sample(opening, &assignment);
            // The middle of the next tick, if that follows at once and takes no longer.
            self.sleep_until(start_ns + tick_ns + tick_ns / 2);
            sleep = LONGEST_SLEEP.min(Duration::from_nanos(tick_ns / 4));
        }
        cost.count(false);
        cost.spent_ns
    }

    /// Reads once, in the middle half of the tick.
    fn sample(&self, opening: u64, assignment: &Assignment) {
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
        let from_ns = clock::now_ns();
        let letters = self.read(&assignment.selection);
        let sample = Sample {
            from_ns,
            until_ns: clock::now_ns(),
            letters,
        };
        if !self.shared.is_open(opening) {
            return;
        }
        let unexpected = assignment.is_unexpected(&sample);
        // It fails when the supervisor is gone, and so shall this thread be.
        let _ = self.outgoing.send((tick, sample));
        if unexpected {
            self.shared.unexpected.notify_one();
        }
    }

    fn read(&self, selection: &Selection) -> Vec<Sampled> {
        let read = |process: ProcId| Some((process, self.children.get(process.index())?.letter()?));
        match selection {
            Selection::All => (0..)
                .map(ProcId)
                .take(self.children.len())
                .filter_map(read)
                .collect(),
            Selection::These(processes) => processes.iter().copied().filter_map(read).collect(),
        }
    }

    /// Sleeps until this nanosecond of `CLOCK_MONOTONIC`, or until the run is over.
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
        busy.open(assignment(clock::now_ns(), 1_000_000));
        thread::sleep(Duration::from_millis(30));
        assert!(busy.finish() > 0);
    }

    fn assignment(start_ns: u64, tick_ns: u64) -> Assignment {
        Assignment {
            tick: Tick(1),
            start_ns,
            tick_ns,
            executing: None,
            running: None,
            selection: Selection::All,
        }
    }

    fn sample(until_ns: u64, letters: &[Sampled]) -> Sample {
        Sample {
            from_ns: 0,
            until_ns,
            letters: letters.to_vec(),
        }
    }

    #[test]
    fn a_process_that_may_have_executed_its_instruction_is_in_no_unexpected_state() {
        let assignment = Assignment {
            executing: Some(ProcId(0)),
            running: Some(ProcId(0)),
            ..assignment(1_000, 500)
        };
        let asleep = [(ProcId(0), 'S'), (ProcId(1), 'T')];
        assert!(assignment.is_unexpected(&sample(1_499, &asleep)));
        assert!(!assignment.is_unexpected(&sample(1_500, &asleep)));
        assert!(assignment.is_unexpected(&sample(1_500, &[(ProcId(1), 'R')])));
    }

    #[test]
    fn only_the_running_process_is_expected_to_be_runnable() {
        let assignment = Assignment {
            running: Some(ProcId(1)),
            ..assignment(0, 500)
        };
        let is_unexpected = |letters: &[Sampled]| assignment.is_unexpected(&sample(0, letters));
        assert!(!is_unexpected(&[(ProcId(0), 'T'), (ProcId(1), 'R')]));
        assert!(is_unexpected(&[(ProcId(0), 'R')]));
        assert!(is_unexpected(&[(ProcId(1), 'T')]));
    }

    #[test]
    fn what_was_read_across_a_pause_belongs_to_no_tick() {
        let mut sampler = Sampler::start(Vec::new(), Vec::new()).unwrap();
        let tick = || assignment(clock::now_ns(), 1_000_000_000);
        sampler.open(tick());
        let before = sampler.openings;
        assert!(sampler.shared.is_open(before));
        sampler.close();
        assert!(!sampler.shared.is_open(before));
        sampler.open(tick());
        assert!(!sampler.shared.is_open(before), "it is the same tick");
    }
}
