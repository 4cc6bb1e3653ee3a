//! Cuts the wall time into the parts of an account.

use super::{Account, signed};
use crate::machine::{Span, SpanEnd};

/// How long the CPU may belong to none of our threads between two of them before it is more than
/// the switch from one to the other, which takes a few microseconds.
const SWITCH_NS: u64 = 20_000;

/// A stretch of time on the CPU.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub span: Span,
    pub by: Holder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Process(usize),
    Supervisor,
}

/// A tick, as far as an account needs it. Nanoseconds of the run.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub start_ns: u64,
    pub end_ns: u64,
    pub nominal_ns: u64,
    pub what: What,
}

/// What a tick is for.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// This process was to run.
    Busy(usize),
    /// No process could run. `by_design`: nor could one on paper.
    Idle { by_design: bool },
}

/// Sorts every nanosecond up to `wall_ns`. `waits_ns`: for how long each process may have waited in
/// the run queue without the CPU having been taken from it. All CPU time of the processes is told
/// as overrun.
pub fn partition(mut held: Vec<Held>, slots: &[Slot], waits_ns: Vec<u64>, wall_ns: u64) -> Account {
    held.sort_by_key(|held| held.span.start_ns);
    let mut sorter = Sorter::new(slots, waits_ns);
    let mut now_ns = 0;
    let mut before = None;
    let mut deprived = None;
    for Held { span, by } in held {
        // Two threads cannot have one CPU at once; where records were lost, the first one has it.
        let from = span.start_ns.clamp(now_ns, wall_ns);
        let until = span.end_ns.clamp(from, wall_ns);
        let gap = Gap::of(from - now_ns, before, deprived, Some(by));
        sorter.sort(now_ns, from, gap);
        match by {
            Holder::Process(process) => {
                sorter.account.overrun_ns += signed(until - from);
                if span.ended == SpanEnd::Preempted {
                    deprived = Some(process);
                } else if deprived == Some(process) {
                    deprived = None;
                }
            }
            Holder::Supervisor => sorter.account.supervisor_ns += signed(until - from),
        }
        before = Some(by);
        now_ns = until;
    }
    let gap = Gap::of(wall_ns - now_ns, before, deprived, None);
    sorter.sort(now_ns, wall_ns, gap);
    sorter.finish()
}

/// Why no thread of ours has the CPU, as far as the switches tell.
#[derive(Clone, Copy)]
enum Gap {
    /// It takes a moment to switch.
    Switch,
    /// It was taken from one of our processes, which wants to go on.
    Taken,
    /// The supervisor has given it up, and let a process go before.
    Awaited,
    /// A process has given it up.
    GivenUp,
}

impl Gap {
    /// A gap of this length between two of ours. `deprived`: from whom the CPU was taken and who
    /// has not had it since.
    fn of(
        length_ns: u64,
        before: Option<Holder>,
        deprived: Option<usize>,
        next: Option<Holder>,
    ) -> Self {
        let long = length_ns > SWITCH_NS;
        let deprived = deprived.map(Holder::Process);
        // From the process to itself: another had it in between, however short.
        let there_and_back = deprived.is_some() && before == deprived && next == deprived;
        match before {
            _ if there_and_back || (long && deprived.is_some()) => Self::Taken,
            _ if !long => Self::Switch,
            Some(Holder::Process(_)) => Self::GivenUp,
            Some(Holder::Supervisor) | None => Self::Awaited,
        }
    }
}

/// Sorts time in which no thread of ours had the CPU, by the ticks it lies in. To be given stretches
/// in the order of time.
struct Sorter<'a> {
    slots: std::iter::Peekable<std::slice::Iter<'a, Slot>>,
    account: Account,
    /// What is left of them.
    waits_ns: Vec<u64>,
    idle: Idle,
}

/// Idle time of the idle ticks in a row so far, and what these ticks should take: their deadlines
/// follow from each other, so that the lateness of one shortens the next.
#[derive(Default)]
struct Idle {
    ns: u64,
    nominal_ns: u64,
    by_design: bool,
}

impl<'a> Sorter<'a> {
    fn new(slots: &'a [Slot], waits_ns: Vec<u64>) -> Self {
        Self {
            slots: slots.iter().peekable(),
            account: Account::default(),
            waits_ns,
            idle: Idle::default(),
        }
    }

    fn sort(&mut self, mut from: u64, until: u64, gap: Gap) {
        while from < until {
            let (part, what) = self.next_part(from, until);
            let length = part - from;
            match (what, gap) {
                (Some(What::Idle { by_design }), _) => {
                    if by_design != self.idle.by_design {
                        self.close_idle_ticks();
                    }
                    self.idle.by_design = by_design;
                    self.idle.ns += length;
                }
                (_, Gap::Taken) => self.account.interference_ns += signed(length),
                (Some(What::Busy(process)), Gap::Awaited) => self.await_cpu(process, length),
                (Some(What::Busy(_)), Gap::GivenUp) => self.account.stalled_ns += signed(length),
                (Some(What::Busy(_)), Gap::Switch) | (None, _) => {
                    self.account.dispatch_ns += signed(length);
                }
            }
            from = part;
            self.leave_slots_before(from);
        }
        self.leave_slots_before(until);
    }

    /// It was let go: as far as the kernel says that it waited, others had the CPU.
    fn await_cpu(&mut self, process: usize, length: u64) {
        let mut none = 0;
        let left = self.waits_ns.get_mut(process).unwrap_or(&mut none);
        let waited = length.min(*left);
        *left -= waited;
        self.account.interference_ns += signed(waited);
        self.account.dispatch_ns += signed(length - waited);
    }

    /// How far, up to `until`, the place in which `from` lies reaches; `None`: between two ticks.
    fn next_part(&mut self, from: u64, until: u64) -> (u64, Option<What>) {
        match self.slots.peek() {
            None => (until, None),
            Some(slot) if from < slot.start_ns => (until.min(slot.start_ns), None),
            Some(slot) => (until.min(slot.end_ns.max(from + 1)), Some(slot.what)),
        }
    }

    fn leave_slots_before(&mut self, now: u64) {
        while let Some(slot) = self.slots.next_if(|slot| slot.end_ns <= now) {
            match slot.what {
                What::Idle { by_design } => {
                    if by_design != self.idle.by_design {
                        self.close_idle_ticks();
                    }
                    self.idle.by_design = by_design;
                    self.idle.nominal_ns += slot.nominal_ns;
                }
                What::Busy(_) => self.close_idle_ticks(),
            }
        }
    }

    fn close_idle_ticks(&mut self) {
        let Idle {
            ns,
            nominal_ns,
            by_design,
        } = std::mem::take(&mut self.idle);
        let in_time = signed(ns.min(nominal_ns));
        if by_design {
            self.account.idle_by_design_ns += in_time;
        } else {
            self.account.idle_otherwise_ns += in_time;
        }
        self.account.idle_lateness_ns += signed(ns) - in_time;
    }

    fn finish(mut self) -> Account {
        self.leave_slots_before(u64::MAX);
        self.close_idle_ticks();
        self.account
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const US: u64 = 1_000;
    const P0: Holder = Holder::Process(0);

    fn held(start_ns: u64, end_ns: u64, by: Holder, ended: SpanEnd) -> Held {
        Held {
            span: Span {
                start_ns,
                end_ns,
                ended,
            },
            by,
        }
    }

    fn slot(start_ns: u64, end_ns: u64, what: What) -> Slot {
        Slot {
            start_ns,
            end_ns,
            nominal_ns: 1_000 * US,
            what,
        }
    }

    const BY_DESIGN: What = What::Idle { by_design: true };
    const OTHERWISE: What = What::Idle { by_design: false };

    #[test]
    fn every_part_of_a_small_run_is_where_it_belongs() {
        let slots = [
            slot(0, 1_100 * US, What::Busy(0)),
            slot(1_120 * US, 2_130 * US, BY_DESIGN),
            slot(2_130 * US, 3_130 * US, OTHERWISE),
        ];
        let spans = vec![
            held(5 * US, 600 * US, P0, SpanEnd::Preempted),
            // Another thread for 90 us.
            held(690 * US, 1_105 * US, P0, SpanEnd::Blocked),
            held(1_105 * US, 1_115 * US, Holder::Supervisor, SpanEnd::Slept),
        ];
        let account = partition(spans, &slots, vec![0], 3_130 * US);
        let expected = Account {
            overrun_ns: 1_010_000,
            supervisor_ns: 10_000,
            dispatch_ns: 10_000,
            interference_ns: 90_000,
            idle_by_design_ns: 1_000_000,
            idle_otherwise_ns: 1_000_000,
            idle_lateness_ns: 10_000,
            ..Account::default()
        };
        assert_eq!(account, expected);
        assert_eq!(account.total_ns(), 3_130_000);
    }

    /// Interference, stalled, dispatch.
    fn of_gap(spans: Vec<Held>, wait_ns: u64) -> (i64, i64, i64) {
        let slots = [slot(0, 300 * US, What::Busy(0))];
        let account = partition(spans, &slots, vec![wait_ns], 300 * US);
        let Account {
            interference_ns,
            stalled_ns,
            dispatch_ns,
            ..
        } = account;
        (interference_ns, stalled_ns, dispatch_ns)
    }

    #[test]
    fn a_short_gap_is_interference_where_the_cpu_was_taken_and_a_switch_where_it_was_given() {
        let gap_after = |ended| {
            let spans = vec![
                held(0, 50 * US, P0, ended),
                held(55 * US, 300 * US, P0, SpanEnd::Stopped),
            ];
            of_gap(spans, 0)
        };
        assert_eq!(gap_after(SpanEnd::Preempted), (5_000, 0, 0));
        assert_eq!(gap_after(SpanEnd::Stopped), (0, 0, 5_000));
    }

    #[test]
    fn a_slow_wake_up_is_interference_only_as_far_as_the_kernel_says_that_it_waited() {
        let spans = || {
            vec![
                held(0, 20 * US, Holder::Supervisor, SpanEnd::Slept),
                held(120 * US, 300 * US, P0, SpanEnd::Stopped),
            ]
        };
        assert_eq!(of_gap(spans(), 0), (0, 0, 100_000));
        assert_eq!(of_gap(spans(), 60 * US), (60_000, 0, 40_000));
        assert_eq!(of_gap(spans(), 900 * US), (100_000, 0, 0));
    }

    #[test]
    fn who_left_the_cpu_by_itself_is_not_interfered_with() {
        let spans = vec![
            held(0, 100 * US, P0, SpanEnd::Stopped),
            held(200 * US, 300 * US, Holder::Supervisor, SpanEnd::Slept),
        ];
        assert_eq!(of_gap(spans, 900 * US), (0, 100_000, 0));
    }

    #[test]
    fn from_whom_the_cpu_was_taken_waits_also_while_the_supervisor_comes_and_goes() {
        let spans = vec![
            held(0, 50 * US, P0, SpanEnd::Preempted),
            // Others, and the switch from the supervisor back to it.
            held(150 * US, 200 * US, Holder::Supervisor, SpanEnd::Slept),
            held(202 * US, 300 * US, P0, SpanEnd::Stopped),
        ];
        assert_eq!(of_gap(spans, 0), (100_000, 0, 2_000));
    }

    #[test]
    fn lateness_that_the_next_idle_tick_makes_up_for_is_none() {
        let slots = [
            slot(0, 1_200 * US, BY_DESIGN),
            slot(1_200 * US, 2_000 * US, BY_DESIGN),
        ];
        let account = partition(Vec::new(), &slots, Vec::new(), 2_000 * US);
        let idle = (account.idle_by_design_ns, account.idle_lateness_ns);
        assert_eq!(idle, (2_000_000, 0));
    }

    fn any_holder() -> impl Strategy<Value = Holder> {
        prop_oneof![
            (0..2_usize).prop_map(Holder::Process),
            Just(Holder::Supervisor)
        ]
    }

    fn any_end() -> impl Strategy<Value = SpanEnd> {
        let ends = [
            SpanEnd::Preempted,
            SpanEnd::Stopped,
            SpanEnd::Blocked,
            SpanEnd::Exited,
        ];
        prop::sample::select(ends.to_vec())
    }

    fn any_what() -> impl Strategy<Value = What> {
        let busy = (0..2_usize).prop_map(What::Busy);
        prop_oneof![
            busy,
            any::<bool>().prop_map(|by_design| What::Idle { by_design })
        ]
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_whole_and_none_is_more_than_there_is(
            spans in prop::collection::vec(
                (0..1_000_000_u64, 0..90_000_u64, any_holder(), any_end()), 0..40),
            lengths in prop::collection::vec((0..50_000_u64, 0..100_000_u64, any_what()), 0..20),
            waits_ns in prop::collection::vec(0..200_000_u64, 2),
            more in 0..50_000_u64,
        ) {
            let mut end = 0;
            let mut slots = Vec::new();
            for (gap, length, what) in lengths {
                slots.push(Slot {
                    start_ns: end + gap,
                    end_ns: end + gap + length,
                    nominal_ns: 10_000,
                    what,
                });
                end += gap + length;
            }
            let wall_ns = end + more;
            let spans: Vec<_> = spans
                .into_iter()
                .map(|(start, length, by, ended)| held(start, start + length, by, ended))
                .collect();
            let taken = spans.iter().any(|held| {
                held.by != Holder::Supervisor && held.span.ended == SpanEnd::Preempted
            });
            let account = partition(spans, &slots, waits_ns.clone(), wall_ns);
            prop_assert_eq!(account.total_ns(), signed(wall_ns));
            let parts = [account.overrun_ns, account.supervisor_ns, account.dispatch_ns,
                         account.interference_ns, account.stalled_ns, account.idle_by_design_ns,
                         account.idle_otherwise_ns, account.idle_lateness_ns];
            prop_assert!(parts.iter().all(|&part| part >= 0), "{:?}", account);
            let idle = |wanted| {
                let those = slots.iter().filter(move |slot| {
                    matches!(slot.what, What::Idle { by_design } if by_design == wanted)
                });
                signed(those.count() as u64 * 10_000)
            };
            prop_assert!(account.idle_by_design_ns <= idle(true), "{:?}", account);
            prop_assert!(account.idle_otherwise_ns <= idle(false), "{:?}", account);
            // Where the CPU was taken from no process, no other thread can have had it for longer.
            let waited = signed(waits_ns.iter().sum());
            prop_assert!(taken || account.interference_ns <= waited, "{:?}", account);
        }
    }
}
