//! From the kernel's records of context switches to spans: from when to when each thread was on the
//! CPU, and how each span ended.

mod exits;

use std::collections::HashMap;

use nix::unistd::{Pid, gettid};

use super::clocks::RunClock;
use crate::machine::{KernelRecord, Span, SpanEnd};
use crate::os::clock;
use crate::os::perf::{Happened, Switch, Switches};
use crate::os::procfs;
use crate::os::refusal::perf::PerfRefused;
use crate::process::child::{Child, Reported};
use crate::process::children::Children;
use crate::process::facts::{ConfirmedEnd, LeftCpu};
use exits::{Clock, with_ends_of_exits};

/// Collects the records of a run, where the kernel gives any.
pub enum SpanRecorder {
    On(Recording),
    /// Why there are none.
    Off(PerfRefused),
}

/// What the kernel has recorded so far.
pub struct Recording {
    switches: Switches,
    records: Vec<Switch>,
    /// When it began, in nanoseconds of `CLOCK_MONOTONIC`.
    began_ns: u64,
    /// CPU time of each child by then, in nanoseconds.
    used_ns: Vec<u64>,
    /// Our threads beside the calling one.
    own_threads: Vec<Pid>,
}

impl SpanRecorder {
    /// Records the calling thread and all children. The first perf event of a machine takes
    /// milliseconds to open: to be called before time counts.
    pub fn start(cpu: usize, children: &Children) -> Self {
        Recording::start(cpu, children).map_or_else(Self::Off, Self::On)
    }

    /// Takes what the kernel has recorded, if its ring would soon be full.
    pub fn make_room(&mut self) {
        if let Self::On(recording) = self
            && recording.switches.is_half_full()
        {
            recording.collect();
        }
    }

    /// Whether a thread has left the CPU by itself since `since_ns` (`CLOCK_MONOTONIC`), when it was
    /// continued.
    pub fn left_cpu(&mut self, pid: Pid, since_ns: u64) -> LeftCpu {
        match self {
            Self::On(recording) => {
                recording.collect();
                left_cpu(&recording.records, pid, since_ns)
            }
            Self::Off(_) => LeftCpu::Unknown,
        }
    }

    /// The spans from the start of the clock to `closed_ns`, in the time of the clock. To be called
    /// by the thread that started the recording.
    pub fn finish(self, children: &Children, clock: &RunClock, closed_ns: u64) -> KernelRecord {
        match self {
            Self::On(recording) => recording.finish(children, clock, closed_ns),
            Self::Off(refused) => KernelRecord::Unavailable {
                why: refused.to_string(),
            },
        }
    }
}

impl Recording {
    fn start(cpu: usize, children: &Children) -> Result<Self, PerfRefused> {
        let began_ns = clock::now_ns();
        let mut switches = Switches::open(cpu)?;
        for child in children.iter() {
            switches.watch(child.pid)?;
        }
        // One that has ended since has not run on this CPU.
        let mut own_threads = procfs::other_threads();
        own_threads.retain(|&thread| switches.watch(thread).is_ok());
        Ok(Self {
            switches,
            records: Vec::new(),
            own_threads,
            began_ns,
            used_ns: children.iter().map(|child| child.usage().cpu_ns).collect(),
        })
    }

    fn collect(&mut self) {
        self.switches.drain(|switch| self.records.push(switch));
    }

    fn finish(mut self, children: &Children, clock: &RunClock, closed_ns: u64) -> KernelRecord {
        self.collect();
        let clocks = self.clocks_of_exited(children);
        let mut by_thread: HashMap<i32, Vec<Switch>> = HashMap::new();
        for switch in with_ends_of_exits(self.records, &clocks) {
            by_thread.entry(switch.tid).or_default().push(switch);
        }
        let spans_of = |pid: Pid, ends: &[ConfirmedEnd], on_cpu_since| {
            let records = by_thread.get(&pid.as_raw());
            let recorded = Recorded {
                clock,
                closed_ns,
                on_cpu_since,
            };
            spans(records.map_or(&[], Vec::as_slice), ends, recorded)
        };
        let of_child = |child: &Child| spans_of(child.pid, child.confirmed_ends(), None);
        let own_threads = self.own_threads.iter().map(|&tid| spans_of(tid, &[], None));
        KernelRecord::Switches {
            processes: children.iter().map(of_child).collect(),
            // It had the CPU when it began, and has it now.
            supervisor: spans_of(gettid(), &[], Some(self.began_ns)),
            own_threads: own_threads.flatten().collect(),
            lost: self.switches.lost(),
        }
    }

    fn clocks_of_exited(&self, children: &Children) -> HashMap<i32, Clock> {
        let exited = children.iter().zip(&self.used_ns);
        let exited = exited.filter(|(child, _)| child.exit().is_some());
        exited
            .map(|(child, &before_ns)| {
                let since = |ns: u64| ns.saturating_sub(before_ns);
                let reported = child.reported();
                let clock = Clock {
                    used_ns: since(child.usage().cpu_ns),
                    reported: Reported {
                        cpu_ns: since(reported.cpu_ns),
                        ..reported
                    },
                };
                (child.pid.as_raw(), clock)
            })
            .collect()
    }
}

fn left_cpu(records: &[Switch], pid: Pid, since_ns: u64) -> LeftCpu {
    match records.iter().rfind(|record| record.tid == pid.as_raw()) {
        // What it has done since is not recorded yet, or will never be: it may be on another CPU, or
        // there was no room. The last thing known is how it stopped the last time.
        Some(last) if last.what == Happened::Out && last.at_ns < since_ns => LeftCpu::Unknown,
        Some(last) if last.what == Happened::Out => LeftCpu::At(last.at_ns),
        Some(_) => LeftCpu::NotYet,
        None => LeftCpu::Unknown,
    }
}

/// Joins each `In` with what follows it. To leave the CPU by itself looks the same in the records
/// whether it was to stop or to sleep: which, was confirmed before the thread was on again.
fn spans(records: &[Switch], ends: &[ConfirmedEnd], recorded: Recorded<'_>) -> Vec<Span> {
    let Recorded {
        clock,
        closed_ns,
        mut on_cpu_since,
    } = recorded;
    let mut spans = Vec::new();
    let mut add = |start_ns: u64, end_ns: u64, ended| {
        let (start_ns, end_ns) = (clock.at(start_ns), clock.at(end_ns));
        // What was before the first tick, or in a pause, took no time.
        if end_ns > start_ns {
            spans.push(Span {
                start_ns,
                end_ns,
                ended,
            });
        }
    };
    for (index, &Switch { at_ns, what, .. }) in records.iter().enumerate() {
        let ended = match what {
            Happened::In => {
                on_cpu_since = Some(at_ns);
                continue;
            }
            Happened::Preempted => SpanEnd::Preempted,
            Happened::Exited => SpanEnd::Exited,
            Happened::Out => {
                let until_ns = records.get(index + 1).map_or(u64::MAX, |next| next.at_ns);
                let later = ends.partition_point(|end| end.at_ns < at_ns);
                let end = ends.get(later).filter(|end| end.at_ns <= until_ns);
                end.map_or(SpanEnd::Slept, |end| end.ended)
            }
        };
        // Without a start, it was on the CPU when the recording began.
        if let Some(start_ns) = on_cpu_since.take() {
            add(start_ns, at_ns, ended);
        }
    }
    if let Some(start_ns) = on_cpu_since {
        add(start_ns, closed_ns, SpanEnd::Unfinished);
    }
    spans
}

/// The bounds of a recording.
#[derive(Clone, Copy)]
struct Recorded<'a> {
    /// Gives the times; what ended before it started is left out.
    clock: &'a RunClock,
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    closed_ns: u64,
    /// When the recording began, of the thread that had the CPU then.
    on_cpu_since: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(origin_ns: u64) -> RunClock {
        let mut clock = RunClock::default();
        clock.start(origin_ns);
        clock
    }

    fn since(clock: &RunClock) -> Recorded<'_> {
        Recorded {
            clock,
            closed_ns: 1_000,
            on_cpu_since: None,
        }
    }

    #[test]
    fn how_a_thread_stopped_the_last_time_does_not_say_that_it_sleeps_now() {
        let pid = Pid::from_raw(1);
        let mut records = vec![
            Switch::at(110, Happened::In),
            Switch::at(120, Happened::Out),
        ];
        assert_eq!(left_cpu(&records, pid, 100), LeftCpu::At(120));
        // It was continued at 130.
        assert_eq!(left_cpu(&records, pid, 130), LeftCpu::Unknown);
        records.push(Switch::at(135, Happened::In));
        assert_eq!(left_cpu(&records, pid, 130), LeftCpu::NotYet);
        records.push(Switch::at(140, Happened::Out));
        assert_eq!(left_cpu(&records, pid, 130), LeftCpu::At(140));
        assert_eq!(left_cpu(&records, Pid::from_raw(2), 130), LeftCpu::Unknown);
    }

    #[test]
    fn a_confirmation_after_the_next_turn_is_of_something_else() {
        let records = [
            Switch::at(110, Happened::In),
            Switch::at(120, Happened::Out),
            Switch::at(130, Happened::In),
            Switch::at(140, Happened::Out),
        ];
        let ends = [ConfirmedEnd {
            at_ns: 150,
            ended: SpanEnd::Blocked,
        }];
        let ended = spans(&records, &ends, since(&clock(100)))
            .iter()
            .map(|span| span.ended)
            .collect::<Vec<_>>();
        assert_eq!(ended, [SpanEnd::Slept, SpanEnd::Blocked]);
    }

    #[test]
    fn a_span_ends_as_was_confirmed_soon_after() {
        let records = [
            Switch::at(110, Happened::In),
            Switch::at(120, Happened::Preempted),
            Switch::at(125, Happened::In),
            Switch::at(130, Happened::Out),
            Switch::at(150, Happened::In),
            Switch::at(160, Happened::Out),
            Switch::at(170, Happened::In),
            Switch::at(180, Happened::Exited),
        ];
        let ends = [
            ConfirmedEnd {
                at_ns: 133,
                ended: SpanEnd::Stopped,
            },
            ConfirmedEnd {
                at_ns: 166,
                ended: SpanEnd::Blocked,
            },
        ];
        let spans = spans(&records, &ends, since(&clock(100)));
        let ended: Vec<_> = spans.iter().map(|span| span.ended).collect();
        assert_eq!(
            ended,
            [
                SpanEnd::Preempted,
                SpanEnd::Stopped,
                SpanEnd::Blocked,
                SpanEnd::Exited
            ]
        );
        assert_eq!((spans[0].start_ns, spans[0].end_ns), (10, 20));
    }

    #[test]
    fn what_ended_before_the_first_dispatch_is_left_out() {
        let records = [
            Switch::at(10, Happened::In),
            Switch::at(90, Happened::Out),
            Switch::at(95, Happened::In),
        ];
        assert_eq!(spans(&records[..2], &[], since(&clock(100))), []);
        let unfinished = spans(&records, &[], since(&clock(100)));
        assert_eq!((unfinished[0].start_ns, unfinished[0].end_ns), (0, 900));
        assert_eq!(unfinished[0].ended, SpanEnd::Unfinished);
    }
}
