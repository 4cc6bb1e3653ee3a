//! What is to run, by which rules, and where.

use std::sync::Arc;
use std::time::Duration;

use crate::linux::Settings;
use crate::os;
use crate::os::affinity::AllowedCpus;
use crate::os::cpu_claim::CpuClaim;
use crate::scheduler::{PolicySpec, Reap};
use crate::trace::PolicyRecord;
use crate::workload::Workload;
use crate::workload::dialect::Dialect;

/// A workload and its rules.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// In the words of `dialect`.
    pub workload: Workload,
    pub policy: PolicySpec,
    /// Length of an I/O in ticks; for how long it blocks, the dialect says.
    pub io_length: u64,
    /// Which version of `process-run.py` is followed.
    pub dialect: Dialect,
    /// What a workload file says of the tick.
    pub tick: Option<Duration>,
}

impl Scenario {
    /// The rules, in the words of a trace.
    pub const fn policy(&self, reap: Reap) -> PolicyRecord {
        PolicyRecord {
            spec: self.policy,
            io_length: self.io_length,
            dialect: self.dialect,
            reap,
        }
    }
}

/// What may be asked for of a run beside its scenario.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The CPU to share; otherwise the last one allowed that no other run uses.
    pub cpu: Option<usize>,
    /// Goes before the tick of the scenario.
    pub tick: Option<Duration>,
    pub reap: Reap,
}

/// A scenario, and how real processes are to run it.
#[derive(Clone)]
pub struct Setup {
    pub scenario: Scenario,
    pub settings: Settings,
    pub reap: Reap,
    allowed: AllowedCpus,
    /// Of the CPU of the settings.
    claim: Arc<CpuClaim>,
}

const DEFAULT_TICK: Duration = Duration::from_millis(10);

impl Setup {
    pub fn new(scenario: Scenario, options: Options) -> Result<Self, os::Error> {
        let allowed = AllowedCpus::of_this_process()?;
        let claim = CpuClaim::take(&allowed, options.cpu)?;
        Self::on(Arc::new(claim), scenario, options)
    }

    /// On a CPU that is claimed already, whatever the options say of it.
    pub fn on(
        claim: Arc<CpuClaim>,
        scenario: Scenario,
        options: Options,
    ) -> Result<Self, os::Error> {
        let allowed = AllowedCpus::of_this_process()?;
        let settings = Settings {
            cpu: claim.cpu(),
            tick: options.tick.or(scenario.tick).unwrap_or(DEFAULT_TICK),
            io_length: scenario.io_length,
            dialect: scenario.dialect,
        };
        Ok(Self {
            scenario,
            settings,
            reap: options.reap,
            allowed,
            claim,
        })
    }

    pub const fn policy(&self) -> PolicyRecord {
        self.scenario.policy(self.reap)
    }

    /// The pids of other runs that have come to the same CPU since this was asked last, and of those
    /// that were there before; 0: one in another pid namespace.
    pub fn runs_beside(&self) -> Vec<i32> {
        self.claim.others()
    }

    /// The CPUs timeshare may use.
    pub fn cpus_allowed(&self) -> &[usize] {
        self.allowed.as_slice()
    }

    /// The CPUs for threads that would be in the way on that of the processes.
    pub fn cpus_beside(&self) -> Vec<usize> {
        self.allowed.beside(self.settings.cpu)
    }
}
