//! When a process that has exited left the CPU.

use std::collections::HashMap;

use crate::os::perf::{Happened, Switch};
use crate::process::child::Reported;

/// The record of an exit comes when the kernel begins to take the process apart; it leaves the CPU
/// when that is done, and then there is no record of its own any more. But its CPU clock says for how
/// long it went on, and the next recorded thread on the CPU that it is over by then: that may be long
/// after, while others have the CPU.
///
/// `clocks`: those of the threads that have exited.
pub fn with_ends_of_exits(mut records: Vec<Switch>, clocks: &HashMap<i32, Clock>) -> Vec<Switch> {
    let ends = ends_by_clock(&records, clocks);
    let mut next_in_ns = None;
    for switch in records.iter_mut().rev() {
        match switch.what {
            Happened::In => next_in_ns = Some(switch.at_ns),
            Happened::Exited => {
                let end_ns = ends.get(&switch.tid).copied().or(next_in_ns);
                let end_ns = end_ns.unwrap_or(switch.at_ns).max(switch.at_ns);
                switch.at_ns = next_in_ns.map_or(end_ns, |next| next.min(end_ns));
            }
            Happened::Out | Happened::Preempted => {}
        }
    }
    records
}

/// CPU time of a thread that has exited, since the recording began, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    pub used_ns: u64,
    /// Of it, at the end of its last instruction.
    pub reported: Reported,
}

/// When each thread that has exited had used what its clock says, by `CLOCK_MONOTONIC`.
///
/// When it got the CPU for the last time, its clock showed what it had reported and its turns since.
/// Its turns before that say less: the clock leaves out what interrupts and the machine below took
/// of them, and counts some microseconds a switch more than the records do.
fn ends_by_clock(records: &[Switch], clocks: &HashMap<i32, Clock>) -> HashMap<i32, u64> {
    let mut turns_ns: HashMap<i32, u64> = HashMap::new();
    let mut on_cpu_since = HashMap::new();
    let mut ends = HashMap::new();
    for &Switch { tid, at_ns, what } in records {
        match what {
            Happened::In => {
                on_cpu_since.insert(tid, at_ns);
            }
            Happened::Out | Happened::Preempted => {
                if let Some(since_ns) = on_cpu_since.remove(&tid) {
                    let reported_ns = clocks.get(&tid).map_or(0, |clock| clock.reported.at_ns);
                    let since_ns = since_ns.max(reported_ns);
                    *turns_ns.entry(tid).or_default() += at_ns.saturating_sub(since_ns);
                }
            }
            Happened::Exited => {
                if let (Some(clock), Some(since_ns)) = (clocks.get(&tid), on_cpu_since.get(&tid)) {
                    let turns_ns = turns_ns.get(&tid).copied().unwrap_or(0);
                    let rest_ns = clock
                        .used_ns
                        .saturating_sub(clock.reported.cpu_ns + turns_ns);
                    ends.insert(tid, since_ns + rest_ns);
                }
            }
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_lasts_as_long_as_the_cpu_clock_says() {
        let records = || {
            vec![
                Switch::at(10, Happened::In),
                Switch::at(20, Happened::Preempted),
                Switch::at(40, Happened::In),
                Switch::at(50, Happened::Exited),
            ]
        };
        let end = |used_ns: u64, reported: Reported, next_in_ns: Option<u64>| {
            let mut records = records();
            let next = |at_ns| Switch {
                tid: 2,
                at_ns,
                what: Happened::In,
            };
            records.extend(next_in_ns.map(next));
            let clocks = HashMap::from([(1, Clock { used_ns, reported })]);
            with_ends_of_exits(records, &clocks)[3].at_ns
        };
        // Others had the CPU from 65 to 9000, and then the supervisor.
        let nothing = Reported::default();
        assert_eq!(end(35, nothing, Some(9_000)), 65);
        assert_eq!(end(35, nothing, None), 65);
        assert_eq!(end(35, nothing, Some(60)), 60);
        assert_eq!(end(12, nothing, Some(60)), 50);
        // Its clock has counted other than the records by 3, until it reported in its first turn.
        let reported = |cpu_ns| Reported { cpu_ns, at_ns: 18 };
        assert_eq!(end(38, reported(11), Some(9_000)), 65);
        assert_eq!(end(32, reported(5), Some(9_000)), 65);
    }

    #[test]
    fn an_exit_without_a_clock_lasts_until_the_next_recorded_thread_has_the_cpu() {
        let end = |records| with_ends_of_exits(records, &HashMap::new())[1].at_ns;
        let next = vec![
            Switch::at(10, Happened::In),
            Switch::at(20, Happened::Exited),
            Switch::at(25, Happened::In),
        ];
        assert_eq!(end(next), 25);
        assert_eq!(
            end(vec![
                Switch::at(10, Happened::In),
                Switch::at(20, Happened::Exited)
            ]),
            20
        );
    }
}
