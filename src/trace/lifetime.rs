//! How long a process waited, and for what.

use serde::{Deserialize, Serialize};

use super::TickRecord;
use crate::machine::Span;
use crate::scheduler::State;

/// What one process spent its time on. All processes arrive at the start of the first tick. Nanoseconds are
/// absent on paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// Ticks in which it executed an instruction.
    pub cpu_ticks: u64,
    /// From arrival until it had exited (OSTEP 7.2); absent if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnaround_ticks: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnaround_ns: Option<u64>,
    /// From arrival until it first ran (OSTEP 7.6); absent if it never did. Measured to when it got
    /// the CPU, by the kernel's record of context switches; without one, to its dispatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_ticks: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_ns: Option<u64>,
    /// Spent ready, while another had the CPU.
    pub waiting_ticks: u64,
    /// A tick counts until the next one starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_ns: Option<u64>,
}

/// Those of all processes, in the order of their ids. `exited`: which of them had exited by
/// the end of the last tick. `spans`: when each was on the CPU; empty where that is not recorded.
pub fn lifetimes(ticks: &[TickRecord], exited: &[bool], spans: &[Vec<Span>]) -> Vec<Lifetime> {
    exited
        .iter()
        .enumerate()
        .map(|(index, &exited)| {
            let spans = spans.get(index).map_or(&[][..], Vec::as_slice);
            lifetime(ticks, index, exited, spans)
        })
        .collect()
}

fn lifetime(ticks: &[TickRecord], index: usize, exited: bool, spans: &[Span]) -> Lifetime {
    let measured = ticks.first().is_some_and(|tick| tick.start_ns.is_some());
    let mut lifetime = Lifetime {
        waiting_ns: measured.then_some(0),
        ..Lifetime::default()
    };
    let mut lived = None;
    for (position, tick) in ticks.iter().enumerate() {
        let cell = tick.processes[index];
        match cell.state {
            State::Running => {
                lifetime.cpu_ticks += u64::from(cell.instruction.is_some());
                if lifetime.response_ticks.is_none() {
                    lifetime.response_ticks = Some(tick.tick - 1);
                    lifetime.response_ns = tick.start_ns.map(|ns| on_cpu_ns(spans, ns));
                }
            }
            State::Ready => {
                lifetime.waiting_ticks += 1;
                let until = ticks
                    .get(position + 1)
                    .and_then(|next| next.start_ns)
                    .or(tick.end_ns);
                if let (Some(total), Some(from), Some(until)) =
                    (lifetime.waiting_ns.as_mut(), tick.start_ns, until)
                {
                    *total += until.saturating_sub(from);
                }
            }
            State::Zombie | State::Gone => break,
            State::New | State::Blocked => {}
        }
        lived = Some(tick);
    }
    if exited {
        lifetime.turnaround_ticks = Some(lived.map_or(0, |tick| tick.tick));
        lifetime.turnaround_ns = lived.map_or(measured.then_some(0), |tick| tick.end_ns);
    }
    lifetime
}

/// When a process that was dispatched got the CPU, in nanoseconds of the run.
fn on_cpu_ns(spans: &[Span], dispatched_ns: u64) -> u64 {
    let later = spans.partition_point(|span| span.start_ns < dispatched_ns);
    spans.get(later).map_or(dispatched_ns, |span| span.start_ns)
}
