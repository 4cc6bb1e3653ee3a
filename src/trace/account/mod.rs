//! Where the time went: every nanosecond of the measured wall time, in exactly one place.
//!
//! The account is a partition of the time line from the first dispatch to the end of the last
//! tick. Spans of the children and of the supervisor come from the kernel's record of context
//! switches; whatever they leave is sorted by what the tick it lies in was for, and by what the
//! kernel says of the process that was to run in it.

mod partition;
mod sorter;
#[cfg(test)]
mod tests;
mod time_line;

use serde::{Deserialize, Serialize};

use super::{ProcessRecord, SwitchesRecord, TickRecord, Trace};
use crate::machine::{Pause, PauseCause, Span, SpanEnd};
use crate::scheduler::State;
use partition::partition;
use time_line::{Bounds, Held, Holder, Slot, Waits, What};

/// Where the wall time went, in nanoseconds. [`Account::total_ns`] is the wall time, exactly; of a run
/// that was broken off, the time up to the end of its last tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The instructions executed, at their nominal length.
    pub work_ns: i64,
    /// CPU time of the processes beyond that: pipes, signals, exits, and what a process did that died
    /// before the instruction was over.
    pub overrun_ns: i64,
    /// The kernel had switched to a process of ours, and its CPU clock stood still: interrupts, and
    /// what the hypervisor took. In older traces part of the overrun.
    #[serde(default)]
    pub stolen_ns: i64,
    /// The supervisor on the processes' CPU.
    pub supervisor_ns: i64,
    /// Meant to be busy, with no thread of ours on the CPU: stops, continues and confirmations under
    /// way.
    pub dispatch_ns: i64,
    /// Our threads that sample and print, on the processes' CPU: they have no other. In older traces
    /// part of the interference.
    #[serde(default)]
    pub own_threads_ns: i64,
    /// A thread of ours could run, and something else had the CPU: it was taken from it and not
    /// given to the supervisor, or it waited in the kernel's run queue and for no thread of ours, of
    /// which there is never more than [`ProcessRecord::run_queue_wait_ns`] and
    /// [`Withheld::supervisor_wait_ns`](crate::machine::Withheld::supervisor_wait_ns).
    pub interference_ns: i64,
    /// The same, as far as control groups around us were throttled: no other program needs to have
    /// had the CPU. In older traces part of the interference.
    #[serde(default)]
    pub throttled_ns: i64,
    /// No thread of ours could run: the supervisor was stopped, its control group frozen, or the
    /// machine stood still ([`Pause`](crate::machine::Pause)). In older traces part of other lines.
    #[serde(default)]
    pub stood_still_ns: i64,
    /// The process that was to run had left the CPU by itself: stopped from outside, or waiting for
    /// its memory. In older traces part of the interference.
    #[serde(default)]
    pub stalled_ns: i64,
    /// No process could run, as on paper, for as long as a tick should take.
    pub idle_by_design_ns: i64,
    /// The same, where on paper a process runs. In older traces part of the line above.
    #[serde(default)]
    pub idle_otherwise_ns: i64,
    /// The idle CPU beyond that: the clock or the device was late.
    pub idle_lateness_ns: i64,
}

impl Account {
    /// Time in which a thread of ours was to go on and had no CPU, for reasons outside of the run.
    pub const fn withheld_ns(&self) -> i64 {
        self.interference_ns + self.throttled_ns + self.stood_still_ns + self.stolen_ns
    }

    pub const fn total_ns(&self) -> i64 {
        self.work_ns
            + self.overrun_ns
            + self.stolen_ns
            + self.supervisor_ns
            + self.own_threads_ns
            + self.dispatch_ns
            + self.interference_ns
            + self.throttled_ns
            + self.stood_still_ns
            + self.stalled_ns
            + self.idle_by_design_ns
            + self.idle_otherwise_ns
            + self.idle_lateness_ns
    }
}

/// Draws up the account of a run whose simulation had the ticks of `paper`; `None` where the kernel
/// gave no record of context switches, the CPU was taken away, or no tick passed. The tick in which a
/// run was broken off is not there to sort by: its account ends before.
pub fn account(trace: &Trace, paper: &[TickRecord]) -> Option<Account> {
    // Of what was done on other CPUs there is no record.
    if trace.withheld.cpu_lost.is_some() {
        return None;
    }
    let SwitchesRecord::Recorded {
        supervisor,
        own_threads,
        ..
    } = &trace.switches
    else {
        return None;
    };
    let wall_ns = trace.ticks.last()?.end_ns?;
    let held = |by| move |&span| Held { span, by };
    let mut spans: Vec<_> = supervisor.iter().map(held(Holder::Supervisor)).collect();
    spans.extend(own_threads.iter().map(held(Holder::OwnThread)));
    for (index, process) in trace.processes.iter().enumerate() {
        let own = process.spans.iter().flatten();
        spans.extend(own.map(held(Holder::Process(index))));
    }
    let busy = trace.ticks.iter().filter(|tick| tick.is_cpu_busy());
    let work_ns = busy
        .map(|tick| tick.nominal_ns(trace.tick_ns))
        .fold(0, u64::saturating_add);
    let bounds = Bounds {
        waits: Waits {
            processes_ns: trace.processes.iter().map(process_wait_ns).collect(),
            supervisor_ns: trace.withheld.supervisor_wait_ns.map_or(0, |whole_ns| {
                whole_ns.saturating_sub(waited_preempted_ns(supervisor))
            }),
        },
        outages: trace.pauses.iter().filter_map(outage).collect(),
        wall_ns,
    };
    let mut account = partition(spans, &slots(trace, paper), bounds);
    // So far all of their time on the CPU.
    account.stolen_ns = signed(stolen_ns(trace))
        .min(account.overrun_ns - signed(work_ns))
        .max(0);
    account.overrun_ns -= signed(work_ns) + account.stolen_ns;
    account.work_ns = signed(work_ns);
    let quotas = trace.withheld.quotas.iter();
    let throttled_ns = quotas.fold(0, |sum, quota| quota.held_back_ns().saturating_add(sum));
    account.throttled_ns = signed(throttled_ns).min(account.interference_ns);
    account.interference_ns -= account.throttled_ns;
    Some(account)
}

/// From when to when the clock of the run went on and the supervisor could not.
fn outage(pause: &Pause) -> Option<(u64, u64)> {
    let goes_on = matches!(pause.cause, PauseCause::Outside | PauseCause::Frozen);
    goes_on.then(|| (pause.at_ns, pause.at_ns.saturating_add(pause.length_ns)))
}

/// How much longer the processes were on the CPU than their clocks say.
fn stolen_ns(trace: &Trace) -> u64 {
    let of = |process: &ProcessRecord| {
        let spans = process.spans.iter().flatten();
        let on_cpu_ns: u64 = spans.map(|span| span.end_ns - span.start_ns).sum();
        on_cpu_ns.saturating_sub(process.cpu_ns)
    };
    trace.processes.iter().map(of).fold(0, u64::saturating_add)
}

/// What each tick was for.
fn slots(trace: &Trace, paper: &[TickRecord]) -> Vec<Slot> {
    let runs = |tick: &TickRecord| {
        let cells = (0..).zip(&tick.processes);
        let mut running = cells.filter(|(_, cell)| cell.state == State::Running);
        let (process, cell): (usize, _) = running.next()?;
        // A process with nothing to execute lets an idle tick pass; one that had something has died in it.
        let program = trace.workload.processes.get(process);
        let had_something = program.is_some_and(|program| !program.program.is_empty());
        (cell.instruction.is_some() || had_something).then_some(process)
    };
    let slot = |(index, tick): (usize, &TickRecord)| Slot {
        start_ns: tick.start_ns.unwrap_or(0),
        end_ns: tick.end_ns.unwrap_or(0),
        nominal_ns: tick.nominal_ns(trace.tick_ns),
        what: runs(tick).map_or_else(
            || What::Idle {
                by_design: paper.get(index).is_some_and(|tick| !tick.is_cpu_busy()),
            },
            What::Busy,
        ),
    };
    trace.ticks.iter().enumerate().map(slot).collect()
}

/// For how long at most a process waited in the run queue after it had been let go or woken.
fn process_wait_ns(process: &ProcessRecord) -> u64 {
    let spans = process.spans.as_deref().unwrap_or_default();
    let whole_ns = process.run_queue_wait_ns.unwrap_or(0);
    whole_ns.saturating_sub(waited_preempted_ns(spans))
}

/// For how long a thread waited after the CPU had been taken from it, which its spans tell one by
/// one.
fn waited_preempted_ns(spans: &[Span]) -> u64 {
    let taken = spans
        .windows(2)
        .filter(|pair| pair[0].ended == SpanEnd::Preempted);
    taken
        .map(|pair| pair[1].start_ns.saturating_sub(pair[0].end_ns))
        .fold(0, u64::saturating_add)
}

/// Nanoseconds that may be subtracted from each other: runs last for hours, not for centuries.
pub fn signed(ns: u64) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}
