//! What the system around a run withholds from it: CPU time by quotas, the CPU itself, and any
//! going on at all.

use std::fs::File;
use std::os::unix::fs::FileExt;

use nix::unistd::{Pid, gettid};

use crate::machine::{CpuLost, CpuQuota, Rival, Withheld};
use crate::os::affinity::{self, AllowedCpus};
use crate::os::clock;
use crate::os::cpu_quota::{QuotaGroup, QuotaMeter, Throttled};
use crate::os::deadline::RECHECK;
use crate::os::procfs::sched::ran_and_waited_ns;
use crate::os::signal::interval_signal;
use crate::os::signal::interval_signal::Outage;
use crate::scheduler::Tick;

/// Watches it from the supervising thread.
pub struct WithholdingMeter {
    cpu: usize,
    quotas: QuotaMeter,
    schedstat: SchedStat,
    /// What `schedstat` showed when the run began, and when it was looked at last.
    began: Option<Counted>,
    looked: Option<Counted>,
    cpu_lost: Option<CpuLost>,
}

/// For how long the supervising thread has run and has waited for the CPU, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counted {
    ran_ns: u64,
    waited_ns: u64,
}

/// `/proc/self/task/TID/schedstat` of the calling thread, kept open; `None`: there is none.
struct SchedStat(Option<File>);

impl SchedStat {
    fn of_this_thread() -> Self {
        Self(File::open(format!("/proc/self/task/{}/schedstat", gettid())).ok())
    }

    fn read(&self) -> Option<Counted> {
        let mut buffer = [0; 96];
        let length = self.0.as_ref()?.read_at(&mut buffer, 0).ok()?;
        let text = std::str::from_utf8(&buffer[..length]).ok()?;
        // A kernel that keeps no such statistics says 0 and 0.
        let (ran_ns, waited_ns) = ran_and_waited_ns(text).filter(|&(ran_ns, _)| ran_ns > 0)?;
        Some(Counted { ran_ns, waited_ns })
    }
}

impl WithholdingMeter {
    /// To be called by the supervising thread.
    pub fn new(cpu: usize) -> Self {
        Self {
            cpu,
            quotas: QuotaMeter::start(),
            schedstat: SchedStat::of_this_thread(),
            began: None,
            looked: None,
            cpu_lost: None,
        }
    }

    /// The clock of the run starts.
    pub fn start(&mut self) {
        self.go_on();
        self.began = self.looked;
        self.quotas.restart();
    }

    /// The clock of the run goes, from now on.
    pub fn go_on(&mut self) {
        interval_signal::forget_outages();
        self.looked = self.schedstat.read();
    }

    /// Every so often.
    pub fn look(&mut self, tick: Tick) {
        let now = self.schedstat.read();
        // An outage that is still to be judged is measured from the look before it.
        if !interval_signal::is_outage_untold() {
            self.looked = now;
        }
        if self.cpu_lost.is_none() {
            self.cpu_lost = self.find_cpu_lost(tick);
        }
    }

    pub const fn is_cpu_lost(&self) -> bool {
        self.cpu_lost.is_some()
    }

    /// The supervisor has only one CPU unless that was taken from it: by a change of its control
    /// group's CPUs, by hotplug, or by another program, which is put right.
    fn find_cpu_lost(&self, tick: Tick) -> Option<CpuLost> {
        if affinity::only_cpu(Pid::from_raw(0)) == Some(self.cpu)
            || affinity::pin(&[self.cpu]).is_ok()
        {
            return None;
        }
        Some(CpuLost {
            tick,
            offline: affinity::is_offline(self.cpu),
            now_on: AllowedCpus::of_this_process().ok()?.as_slice().to_vec(),
        })
    }

    /// Of the time in which the supervisor got no interval signal, since when it neither ran nor
    /// waited for the CPU, and for how long, in nanoseconds of `CLOCK_MONOTONIC`. `None`: others
    /// had the CPU, or the kernel does not say.
    pub fn stood_still(&mut self, outage: Outage) -> Option<Outage> {
        let (before, after) = (self.looked?, self.schedstat.read()?);
        self.looked = Some(after);
        unexplained(outage, before, after)
    }

    pub fn finish(self, rivals: Vec<Rival>) -> Withheld {
        let wait_ns = |(before, after): (Counted, Counted)| after.waited_ns - before.waited_ns;
        Withheld {
            supervisor_wait_ns: self.began.zip(self.schedstat.read()).map(wait_ns),
            rivals,
            quotas: self.quotas.so_far().map(quota).collect(),
            cpu_lost: self.cpu_lost,
        }
    }
}

fn quota((group, throttled): (&QuotaGroup, Throttled)) -> CpuQuota {
    CpuQuota {
        group: group.path.clone(),
        quota_us: group.quota_us,
        period_us: group.period_us,
        throttled_periods: throttled.periods,
        throttled_ns: throttled.ns,
    }
}

/// The end of an outage that neither running nor waiting accounts for, if it is long enough to be
/// more than a signal that came late.
fn unexplained(outage: Outage, before: Counted, after: Counted) -> Option<Outage> {
    let ran_ns = after.ran_ns.saturating_sub(before.ran_ns);
    let waited_ns = after.waited_ns.saturating_sub(before.waited_ns);
    let length_ns = outage.length_ns.saturating_sub(ran_ns + waited_ns);
    (length_ns > 2 * clock::ns(RECHECK)).then_some(Outage {
        from_ns: outage.from_ns + (outage.length_ns - length_ns),
        length_ns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn of(ran_ms: u64, waited_ms: u64) -> Option<(u64, u64)> {
        let outage = Outage {
            from_ns: 100 * MS,
            length_ns: 1_000 * MS,
        };
        let before = Counted {
            ran_ns: 7 * MS,
            waited_ns: 9 * MS,
        };
        let after = Counted {
            ran_ns: (7 + ran_ms) * MS,
            waited_ns: (9 + waited_ms) * MS,
        };
        unexplained(outage, before, after).map(|found| (found.from_ns / MS, found.length_ns / MS))
    }

    #[test]
    fn who_neither_ran_nor_waited_stood_still() {
        assert_eq!(of(0, 0), Some((100, 1_000)));
        assert_eq!(of(10, 40), Some((150, 950)));
    }

    #[test]
    fn who_waited_for_the_cpu_did_not() {
        assert_eq!(of(0, 1_000), None);
        assert_eq!(of(300, 650), None);
        assert_eq!(of(0, 5_000), None);
    }

    #[test]
    fn this_thread_is_counted_and_its_cpu_is_here() {
        let mut meter = WithholdingMeter::new(0);
        meter.start();
        meter.looked = meter.schedstat.read();
        let withheld = meter.finish(Vec::new());
        assert_eq!(withheld.cpu_lost, None);
        let counts = SchedStat::of_this_thread().read().is_some();
        assert_eq!(withheld.supervisor_wait_ns.is_some(), counts);
    }
}
