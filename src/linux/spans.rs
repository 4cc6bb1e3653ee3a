//! From the kernel's records of context switches to spans: who was on the CPU from when to when,
//! and how each span ended.

use nix::errno::Errno;
use nix::unistd::{Pid, gettid};

use super::family::Family;
use super::switches::{Happened, Switch, Switches};
use crate::machine::{KernelRecord, Span, SpanEnd};

/// Collects the records of a run, where the kernel gives any.
pub enum SpanRecorder {
    On {
        switches: Switches,
        records: Vec<Switch>,
    },
    /// Why there are none.
    Off(Errno),
}

impl SpanRecorder {
    /// Watches the calling thread and all children. The first event of a machine takes
    /// milliseconds to open: to be called before time counts.
    pub fn start(cpu: usize, family: &Family) -> Self {
        let started = Switches::open(cpu).and_then(|mut switches| {
            for child in family.iter() {
                switches.watch(child.pid)?;
            }
            Ok(switches)
        });
        match started {
            Ok(switches) => Self::On {
                switches,
                records: Vec::new(),
            },
            Err(errno) => Self::Off(errno),
        }
    }

    /// Takes what the kernel has recorded, if its ring would soon be full.
    pub fn make_room(&mut self) {
        if let Self::On { switches, .. } = self
            && switches.is_half_full()
        {
            self.collect();
        }
    }

    fn collect(&mut self) {
        if let Self::On { switches, records } = self {
            switches.drain(|switch| records.push(switch));
        }
    }

    /// The spans since `origin_ns`, from which on their times count.
    pub fn finish(mut self, family: &Family, origin_ns: u64) -> KernelRecord {
        self.collect();
        let (switches, records) = match self {
            Self::On { switches, records } => (switches, records),
            Self::Off(errno) => {
                return KernelRecord::Unavailable {
                    why: format!("{} ({errno:?}, perf_event_open)", errno.desc()),
                };
            }
        };
        let records = with_ends_of_exits(records);
        let of = |pid: Pid, ends: &[ConfirmedEnd]| {
            let mine = records.iter().filter(|switch| switch.tid == pid.as_raw());
            spans(mine.copied(), ends, origin_ns)
        };
        KernelRecord::Switches {
            processes: family
                .iter()
                .map(|child| of(child.pid, child.confirmed_ends()))
                .collect(),
            supervisor: of(gettid(), &[]),
            lost: switches.lost(),
        }
    }
}

/// How long the kernel may take to take a process apart.
const EXIT_NS: u64 = 5_000_000;

/// The record of an exit comes when the kernel begins to take the process apart; it leaves the CPU
/// when that is done, and then there is no record of its own any more. But the supervisor waits for
/// it, and has the CPU right after it.
fn with_ends_of_exits(mut records: Vec<Switch>) -> Vec<Switch> {
    let mut next_in_ns = None;
    for switch in records.iter_mut().rev() {
        match switch.what {
            Happened::In => next_in_ns = Some(switch.at_ns),
            Happened::Exited => {
                let until =
                    next_in_ns.filter(|&until| until.saturating_sub(switch.at_ns) <= EXIT_NS);
                switch.at_ns = until.unwrap_or(switch.at_ns);
            }
            Happened::Out | Happened::Preempted => {}
        }
    }
    records
}

/// The ledger's word on why a child left the CPU by itself, and when that was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmedEnd {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    pub at_ns: u64,
    pub how: SpanEnd,
}

/// Joins each `In` with what follows it. To leave the CPU by itself looks the same in the records
/// whether it was to stop or to sleep: the ledger confirmed which, soon after.
fn spans(
    records: impl Iterator<Item = Switch>,
    mut ends: &[ConfirmedEnd],
    origin_ns: u64,
) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut since = None;
    for Switch { at_ns, what, .. } in records {
        let how = match what {
            Happened::In => {
                since = Some(at_ns);
                continue;
            }
            Happened::Preempted => SpanEnd::Preempted,
            Happened::Exited => SpanEnd::Exited,
            Happened::Out => {
                let later = ends.partition_point(|end| end.at_ns < at_ns);
                ends = &ends[later..];
                ends.first().map_or(SpanEnd::Slept, |end| end.how)
            }
        };
        // What was on the CPU when the recording began has no start.
        if let Some(start_ns) = since.take()
            && at_ns > origin_ns
        {
            spans.push(Span {
                start_ns: start_ns.saturating_sub(origin_ns),
                end_ns: at_ns - origin_ns,
                ended: how,
            });
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(at_ns: u64, what: Happened) -> Switch {
        Switch {
            tid: 1,
            at_ns,
            what,
        }
    }

    #[test]
    fn a_span_ends_as_the_ledger_confirmed_soon_after() {
        let records = [
            at(110, Happened::In),
            at(120, Happened::Preempted),
            at(125, Happened::In),
            at(130, Happened::Out),
            at(150, Happened::In),
            at(160, Happened::Out),
            at(170, Happened::In),
            at(180, Happened::Exited),
        ];
        let ends = [
            ConfirmedEnd {
                at_ns: 133,
                how: SpanEnd::Stopped,
            },
            ConfirmedEnd {
                at_ns: 166,
                how: SpanEnd::Blocked,
            },
        ];
        let spans = spans(records.into_iter(), &ends, 100);
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
    fn an_exit_lasts_until_somebody_else_has_the_cpu() {
        let records = vec![
            at(10, Happened::In),
            at(20, Happened::Exited),
            at(25, Happened::In),
        ];
        assert_eq!(with_ends_of_exits(records)[1].at_ns, 25);
        let alone = vec![at(10, Happened::In), at(20, Happened::Exited)];
        assert_eq!(with_ends_of_exits(alone)[1].at_ns, 20);
    }

    #[test]
    fn what_ended_before_the_first_dispatch_is_left_out() {
        let records = [
            at(10, Happened::In),
            at(90, Happened::Out),
            at(95, Happened::In),
        ];
        assert_eq!(spans(records.into_iter(), &[], 100), []);
    }
}
