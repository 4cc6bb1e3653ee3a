use super::partition::partition;
use super::time_line::{Bounds, Held, Holder, Slot, Waits, What};
use super::{Account, signed};
use crate::machine::{Span, SpanEnd};
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

/// Of a run of one process that may have waited so long.
fn bounds(wait_ns: u64, wall_ns: u64) -> Bounds {
    Bounds {
        waits: Waits {
            processes_ns: vec![wait_ns],
            supervisor_ns: 0,
        },
        outages: Vec::new(),
        wall_ns,
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
    let account = partition(spans, &slots, bounds(0, 3_130 * US));
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
    let account = partition(spans, &slots, bounds(wait_ns, 300 * US));
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
fn a_supervisor_that_waited_for_the_cpu_was_interfered_with_and_nothing_left_by_itself() {
    let slots = [
        slot(0, 300 * US, What::Busy(0)),
        slot(300 * US, 1_500 * US, BY_DESIGN),
    ];
    let spans = vec![
        held(0, 100 * US, P0, SpanEnd::Blocked),
        held(200 * US, 300 * US, Holder::Supervisor, SpanEnd::Slept),
    ];
    let mut bounds = bounds(0, 1_500 * US);
    bounds.waits.supervisor_ns = 150 * US;
    let account = partition(spans, &slots, bounds);
    let expected = Account {
        overrun_ns: 100_000,
        supervisor_ns: 100_000,
        // Until it had the CPU, and of the 200 us that the idle tick was too long.
        interference_ns: 100_000 + 50_000,
        idle_by_design_ns: 1_000_000,
        idle_lateness_ns: 150_000,
        ..Account::default()
    };
    assert_eq!(account, expected);
}

#[test]
fn an_outage_is_neither_dispatch_nor_stall_nor_lateness() {
    let slots = [
        slot(0, 1_000 * US, What::Busy(0)),
        slot(1_000 * US, 5_000 * US, BY_DESIGN),
    ];
    let spans = vec![
        held(0, 100 * US, P0, SpanEnd::Preempted),
        held(900 * US, 1_000 * US, P0, SpanEnd::Blocked),
    ];
    let mut bounds = bounds(0, 5_000 * US);
    bounds.outages = vec![(150 * US, 890 * US), (1_500 * US, 4_400 * US)];
    let account = partition(spans, &slots, bounds);
    let expected = Account {
        overrun_ns: 200_000,
        interference_ns: 60_000,
        idle_by_design_ns: 1_000_000,
        idle_lateness_ns: 100_000,
        stood_still_ns: 740_000 + 2_900_000,
        ..Account::default()
    };
    assert_eq!(account, expected);
}

#[test]
fn our_own_threads_are_no_others() {
    let spans = vec![
        held(0, 100 * US, P0, SpanEnd::Preempted),
        held(102 * US, 150 * US, Holder::OwnThread, SpanEnd::Slept),
        held(152 * US, 300 * US, P0, SpanEnd::Stopped),
    ];
    let slots = [slot(0, 300 * US, What::Busy(0))];
    let account = partition(spans, &slots, bounds(0, 300 * US));
    assert_eq!(account.own_threads_ns, 48_000);
    assert!(account.interference_ns <= 4_000, "{account:?}");
}

#[test]
fn lateness_that_the_next_idle_tick_makes_up_for_is_none() {
    let slots = [
        slot(0, 1_200 * US, BY_DESIGN),
        slot(1_200 * US, 2_000 * US, BY_DESIGN),
    ];
    let account = partition(Vec::new(), &slots, bounds(0, 2_000 * US));
    let idle = (account.idle_by_design_ns, account.idle_lateness_ns);
    assert_eq!(idle, (2_000_000, 0));
}

fn any_holder() -> impl Strategy<Value = Holder> {
    prop_oneof![
        (0..2_usize).prop_map(Holder::Process),
        Just(Holder::Supervisor),
        Just(Holder::OwnThread)
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
        supervisor_ns in 0..200_000_u64,
        outages in prop::collection::vec((0..50_000_u64, 0..100_000_u64), 0..5),
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
            matches!(held.by, Holder::Process(_)) && held.span.ended == SpanEnd::Preempted
        });
        let mut still = 0;
        let outages = outages.into_iter().map(|(gap, length)| {
            let from = still + gap;
            still = from + length;
            (from, still)
        });
        let waited = signed(waits_ns.iter().sum::<u64>() + supervisor_ns);
        let bounds = Bounds {
            waits: Waits { processes_ns: waits_ns, supervisor_ns },
            outages: outages.collect(),
            wall_ns,
        };
        let account = partition(spans, &slots, bounds);
        prop_assert_eq!(account.total_ns(), signed(wall_ns));
        let parts = [account.overrun_ns, account.supervisor_ns, account.dispatch_ns,
                     account.interference_ns, account.stalled_ns, account.idle_by_design_ns,
                     account.own_threads_ns, account.stood_still_ns,
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
        prop_assert!(taken || account.interference_ns <= waited, "{:?}", account);
    }
}
