//! Cuts the wall time into the parts of an account.

use super::sorter::Sorter;
use super::time_line::{Bounds, Gap, Held, Holder, Slot};
use super::{Account, signed};
use crate::machine::SpanEnd;

/// Sorts every nanosecond up to the wall time. All time of the processes on the CPU is told as
/// overrun.
pub fn partition(mut held: Vec<Held>, slots: &[Slot], bounds: Bounds) -> Account {
    held.sort_by_key(|held| held.span.start_ns);
    let wall_ns = bounds.wall_ns;
    let mut sorter = Sorter::new(slots, bounds);
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
            Holder::OwnThread => sorter.account.own_threads_ns += signed(until - from),
        }
        // It is as if our other threads had not been there: they decide nothing.
        if by != Holder::OwnThread {
            before = Some(by);
        }
        now_ns = until;
    }
    let gap = Gap::of(wall_ns - now_ns, before, deprived, None);
    sorter.sort(now_ns, wall_ns, gap);
    sorter.finish()
}
