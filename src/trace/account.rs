//! Where the time went: every nanosecond of the measured wall time, in exactly one place.
//!
//! The account is a partition of the time line from the first dispatch to the end of the last
//! tick. Spans of the children and of the supervisor come from the kernel's record of context
//! switches; whatever they leave is sorted by what the tick it lies in was for.

use serde::{Deserialize, Serialize};

use super::{Outcome, SwitchesRecord, TickRecord, Trace};
use crate::machine::{Span, SpanEnd};

/// How long the CPU may belong to neither side between two of our threads, before it counts as
/// taken by somebody else: a context switch of its own takes a few microseconds.
const SWITCH_NS: u64 = 20_000;

/// Where the wall time went, in nanoseconds. [`Account::total_ns`] is the wall time, exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The instructions executed, at their nominal length.
    pub work_ns: i64,
    /// CPU time of the processes beyond that: pipes, signals, exits.
    pub overrun_ns: i64,
    /// The supervisor on the processes' CPU.
    pub supervisor_ns: i64,
    /// Meant to be busy, with nobody of ours on the CPU: stops, continues and confirmations under
    /// way.
    pub dispatch_ns: i64,
    /// A process of ours wanted to run, and something else had the CPU.
    pub interference_ns: i64,
    /// All processes were blocked, as on paper, for as long as a tick should take.
    pub idle_by_design_ns: i64,
    /// The idle CPU beyond that: the clock or the device was late.
    pub idle_lateness_ns: i64,
}

impl Account {
    #[must_use]
    pub const fn total_ns(&self) -> i64 {
        self.work_ns
            + self.overrun_ns
            + self.supervisor_ns
            + self.dispatch_ns
            + self.interference_ns
            + self.idle_by_design_ns
            + self.idle_lateness_ns
    }
}

/// Draws up the account of a run; `None` where the kernel gave no record of context switches, or
/// the run was broken off.
#[must_use]
pub fn account(trace: &Trace) -> Option<Account> {
    // The tick in which a run was broken off is not there to sort by.
    if trace.outcome != Outcome::Complete {
        return None;
    }
    let SwitchesRecord::Recorded { supervisor, .. } = &trace.switches else {
        return None;
    };
    let wall_ns = trace.measured.wall_ns?;
    let processes = trace
        .processes
        .iter()
        .filter_map(|process| process.spans.as_ref())
        .flatten();
    let held = processes
        .map(|span| Held {
            span: *span,
            by: Holder::Process,
        })
        .chain(supervisor.iter().map(|span| Held {
            span: *span,
            by: Holder::Supervisor,
        }))
        .collect();
    let busy = trace.ticks.iter().filter(|tick| !is_idle(tick));
    let work_ns = busy
        .map(|tick| tick.nominal_ns(trace.tick_ns))
        .fold(0, u64::saturating_add);
    Some(partition(
        held,
        &trace.ticks,
        trace.tick_ns,
        wall_ns,
        work_ns,
    ))
}

fn partition(
    mut held: Vec<Held>,
    ticks: &[TickRecord],
    tick_ns: u64,
    wall_ns: u64,
    work_ns: u64,
) -> Account {
    held.sort_by_key(|held| held.span.start_ns);
    let mut account = Account::default();
    let mut rest = Sorter::new(ticks, tick_ns);
    let mut now_ns = 0;
    let mut on_cpu_ns = 0;
    let mut preempted = false;
    for Held { span, by } in held {
        // Two threads cannot have one CPU at once; where records were lost, the first one has it.
        let from = span.start_ns.clamp(now_ns, wall_ns);
        let until = span.end_ns.clamp(from, wall_ns);
        // Between two stretches of a process that was not asked to give way, there was somebody.
        let others = preempted && by == Holder::Process;
        rest.sort(now_ns, from, others, &mut account);
        preempted = by == Holder::Process && span.ended == SpanEnd::Preempted;
        match by {
            Holder::Process => on_cpu_ns += signed(until - from),
            Holder::Supervisor => account.supervisor_ns += signed(until - from),
        }
        now_ns = until;
    }
    rest.sort(now_ns, wall_ns, false, &mut account);
    rest.finish(&mut account);
    account.work_ns = signed(work_ns);
    account.overrun_ns = on_cpu_ns - account.work_ns;
    account
}

struct Held {
    span: Span,
    by: Holder,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Process,
    Supervisor,
}

/// Sorts time in which nobody of ours had the CPU, by the ticks it lies in. To be given stretches
/// in the order of time.
struct Sorter<'a> {
    ticks: std::iter::Peekable<std::slice::Iter<'a, TickRecord>>,
    tick_ns: u64,
    /// Idle time of the idle ticks in a row so far, and what these ticks should take: their
    /// deadlines follow from each other, so that the lateness of one shortens the next.
    idle_ns: u64,
    idle_nominal_ns: u64,
}

impl<'a> Sorter<'a> {
    fn new(ticks: &'a [TickRecord], tick_ns: u64) -> Self {
        Self {
            ticks: ticks.iter().peekable(),
            tick_ns,
            idle_ns: 0,
            idle_nominal_ns: 0,
        }
    }

    /// `others`: whether it is known that somebody else had the CPU.
    fn sort(&mut self, mut from: u64, until: u64, others: bool, account: &mut Account) {
        // A short gap is the switch itself; what is longer, within a tick, is somebody else's.
        let others = others || until - from > SWITCH_NS;
        while from < until {
            let (part, what) = self.next_part(from, until);
            let length = part - from;
            match what {
                Place::Busy if others => account.interference_ns += signed(length),
                Place::Busy | Place::Between => account.dispatch_ns += signed(length),
                Place::Idle => self.idle_ns += length,
            }
            from = part;
            self.leave_ticks_before(from, account);
        }
        self.leave_ticks_before(until, account);
    }

    /// How far, up to `until`, the place in which `from` lies reaches.
    fn next_part(&mut self, from: u64, until: u64) -> (u64, Place) {
        let Some(tick) = self.ticks.peek() else {
            return (until, Place::Between);
        };
        let (start, end) = bounds(tick);
        if from < start {
            return (until.min(start), Place::Between);
        }
        (
            until.min(end.max(from + 1)),
            if is_idle(tick) {
                Place::Idle
            } else {
                Place::Busy
            },
        )
    }

    fn leave_ticks_before(&mut self, now: u64, account: &mut Account) {
        while let Some(tick) = self.ticks.next_if(|tick| bounds(tick).1 <= now) {
            if is_idle(tick) {
                self.idle_nominal_ns += tick.nominal_ns(self.tick_ns);
            } else {
                self.close_idle_ticks(account);
            }
        }
    }

    fn close_idle_ticks(&mut self, account: &mut Account) {
        let by_design = self.idle_ns.min(self.idle_nominal_ns);
        account.idle_by_design_ns += signed(by_design);
        account.idle_lateness_ns += signed(self.idle_ns - by_design);
        (self.idle_ns, self.idle_nominal_ns) = (0, 0);
    }

    fn finish(mut self, account: &mut Account) {
        self.leave_ticks_before(u64::MAX, account);
        self.close_idle_ticks(account);
    }
}

#[derive(Clone, Copy)]
enum Place {
    Between,
    Busy,
    Idle,
}

fn bounds(tick: &TickRecord) -> (u64, u64) {
    (tick.start_ns.unwrap_or(0), tick.end_ns.unwrap_or(0))
}

fn is_idle(tick: &TickRecord) -> bool {
    tick.processes.iter().all(|cell| cell.instruction.is_none())
}

/// Nanoseconds that may be subtracted from each other: runs last for hours, not for centuries.
#[must_use]
pub fn signed(ns: u64) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::State;
    use crate::trace::Cell;
    use crate::workload::Instruction;
    use proptest::prelude::*;

    fn held(start_ns: u64, end_ns: u64, by: Holder) -> Held {
        Held {
            span: Span {
                start_ns,
                end_ns,
                ended: SpanEnd::Preempted,
            },
            by,
        }
    }

    fn tick(start_ns: u64, end_ns: u64, busy: bool) -> TickRecord {
        let instruction = busy.then_some(Instruction::Cpu);
        TickRecord {
            tick: 1,
            start_ns: Some(start_ns),
            end_ns: Some(end_ns),
            nominal_ns: None,
            cpu_ns: None,
            io_completed: false,
            ios_in_flight: 0,
            processes: vec![Cell {
                state: State::Running,
                instruction,
                kernel: None,
            }],
        }
    }

    #[test]
    fn every_part_of_a_small_run_is_where_it_belongs() {
        const US: u64 = 1_000;
        let ticks = [
            tick(0, 1_100 * US, true),
            tick(1_120 * US, 2_130 * US, false),
        ];
        let spans = vec![
            held(5 * US, 600 * US, Holder::Process),
            // Somebody else for 90 us; then on, for 10 us more than the tick.
            held(690 * US, 1_105 * US, Holder::Process),
            held(1_105 * US, 1_115 * US, Holder::Supervisor),
        ];
        let account = partition(spans, &ticks, 1_000 * US, 2_130 * US, 1_000 * US);
        assert_eq!(
            account,
            Account {
                work_ns: 1_000_000,
                overrun_ns: 10_000,
                supervisor_ns: 10_000,
                dispatch_ns: 10_000,
                interference_ns: 90_000,
                idle_by_design_ns: 1_000_000,
                idle_lateness_ns: 10_000,
            }
        );
        assert_eq!(account.total_ns(), 2_130_000);
    }

    #[test]
    fn a_short_gap_is_somebody_elses_where_the_cpu_was_taken_and_a_switch_where_it_was_given() {
        let ticks = [tick(0, 100_000, true)];
        let gap_after = |ended| {
            let mut spans = vec![
                held(0, 50_000, Holder::Process),
                held(55_000, 100_000, Holder::Process),
            ];
            spans[0].span.ended = ended;
            let account = partition(spans, &ticks, 100_000, 100_000, 95_000);
            (account.interference_ns, account.dispatch_ns)
        };
        assert_eq!(gap_after(SpanEnd::Preempted), (5_000, 0));
        assert_eq!(gap_after(SpanEnd::Stopped), (0, 5_000));
    }

    #[test]
    fn lateness_that_the_next_idle_tick_makes_up_for_is_none() {
        let ticks = [tick(0, 1_200, false), tick(1_200, 2_000, false)];
        let account = partition(Vec::new(), &ticks, 1_000, 2_000, 0);
        assert_eq!(
            (account.idle_by_design_ns, account.idle_lateness_ns),
            (2_000, 0)
        );
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_whole_whatever_was_recorded(
            spans in prop::collection::vec((0..1_000_000_u64, 0..90_000_u64, any::<bool>()), 0..40),
            lengths in prop::collection::vec((0..50_000_u64, 0..100_000_u64, any::<bool>()), 0..20),
            work_ns in 0..1_000_000_u64,
            more in 0..50_000_u64,
        ) {
            let mut end = 0;
            let mut ticks = Vec::new();
            for (gap, length, busy) in lengths {
                ticks.push(tick(end + gap, end + gap + length, busy));
                end += gap + length;
            }
            let spans = spans.into_iter().map(|(start, length, process)| {
                let by = if process { Holder::Process } else { Holder::Supervisor };
                held(start, start + length, by)
            });
            let wall_ns = end + more;
            let account = partition(spans.collect(), &ticks, 10_000, wall_ns, work_ns);
            prop_assert_eq!(account.total_ns(), signed(wall_ns));
            let parts = [account.supervisor_ns, account.dispatch_ns, account.interference_ns,
                         account.idle_by_design_ns, account.idle_lateness_ns];
            prop_assert!(parts.iter().all(|&part| part >= 0), "{:?}", account);
        }
    }
}
