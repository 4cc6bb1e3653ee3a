//! What the system around a run withheld from it, in sentences, and what to do about it.

use std::fmt::Write as _;

use crate::machine::{CpuLost, CpuQuota, Rival};
use crate::text::table::{count, share, time};
use crate::trace::{Account, Trace, signed};

/// More than this fraction of the wall time spoils a measurement: 2 percent.
const WORTH_TELLING: u64 = 50;

/// Whether a part of the account is worth telling.
pub fn is_much(trace: &Trace, part: fn(&Account) -> i64) -> bool {
    much(trace, part).is_some()
}

/// The share of the wall time of a part of the account, where it is worth telling.
fn much(trace: &Trace, part: fn(&Account) -> i64) -> Option<String> {
    let (account, wall_ns) = (trace.account.as_ref()?, trace.measured.wall_ns?);
    let ns = part(account);
    (ns > signed(wall_ns / WORTH_TELLING)).then(|| share(ns, wall_ns))
}

pub fn lines(trace: &Trace) -> String {
    let mut text = String::new();
    let cpu = trace.machine.cpu;
    if let Some(lost) = &trace.withheld.cpu_lost {
        text.push_str(&lost_line(cpu, lost));
    }
    if let Some(share) = much(trace, |account| account.throttled_ns) {
        let _ = writeln!(
            text,
            "For {share} of the time a CPU quota held the run back."
        );
        trace
            .withheld
            .quotas
            .iter()
            .for_each(|quota| text.push_str(&quota_line(quota)));
    }
    if let Some(share) = much(trace, |account| account.own_threads_ns) {
        let _ = writeln!(
            text,
            "For {share} of the time our own threads had CPU {cpu}, to sample and to print:\n\
             they have no other."
        );
    }
    if let Some(share) = much(trace, |account| account.stolen_ns) {
        let _ = writeln!(
            text,
            "For {share} of the time interrupts or the hypervisor had CPU {cpu} while a process\n\
             of ours was on it."
        );
    }
    if let Some(share) = much(trace, |account| account.interference_ns) {
        let _ = writeln!(
            text,
            "For {share} of the time a process of ours was ready, and others had CPU {cpu}."
        );
        text.push_str(&rivals_line(&trace.withheld.rivals));
    }
    text
}

/// The others by name, where they are known.
fn rivals_line(rivals: &[Rival]) -> String {
    let Some(most_ns) = rivals.iter().map(|rival| rival.cpu_ns).max() else {
        return String::new();
    };
    // What had a trifle of what the first one had is not the cause.
    let told = rivals.iter().filter(|rival| rival.cpu_ns > most_ns / 10);
    let told = told.map(|rival| {
        let Rival {
            name,
            threads,
            cpu_ns,
        } = rival;
        let threads = count(*threads, "thread");
        format!("  {name} ({threads}) had it for {}\n", time(*cpu_ns))
    });
    told.collect()
}

fn lost_line(cpu: usize, lost: &CpuLost) -> String {
    let why = if lost.offline {
        "it was put offline"
    } else {
        "the set of CPUs this process may use was changed"
    };
    let now_on: Vec<_> = lost.now_on.iter().map(usize::to_string).collect();
    let plural = if now_on.len() == 1 { "" } else { "s" };
    format!(
        "CPU {cpu} was taken away (noticed in tick {}): {why}.\n\
         Since then the processes had CPU{plural} {}.\n",
        lost.tick.0,
        now_on.join(", ")
    )
}

/// Of a group that was throttled.
fn quota_line(quota: &CpuQuota) -> String {
    if quota.throttled_periods == 0 {
        return String::new();
    }
    let us = |us: u64| time(us.saturating_mul(1_000));
    format!(
        "Control group {} may use {} of CPU time every {},\n\
         and had used it up in {}: only a larger quota helps.\n",
        quota.group,
        us(quota.quota_us),
        us(quota.period_us),
        count(quota.throttled_periods, "period")
    )
}
