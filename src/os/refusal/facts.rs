//! What the kernel says of the calling thread and its surroundings that may forbid something.

use std::fs;
use std::path::PathBuf;

use crate::os::procfs::{cgroup, status};

/// `capabilities(7)`, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Capability {
    SysPtrace = 19,
    SysAdmin = 21,
    SysNice = 23,
    SysResource = 24,
    Perfmon = 38,
}

/// Of the calling thread. What cannot be read is as where nothing is forbidden.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// A seccomp filter is in force (`seccomp(2)`).
    pub has_filter: bool,
    /// The mask of its effective capabilities.
    pub capabilities: u64,
    /// It is in a user namespace other than the machine's own, and its capabilities hold there only.
    pub in_user_namespace: bool,
    /// Pending signals of this user, timers among them, and their limit (`RLIMIT_SIGPENDING`).
    pub pending_signals: Option<(u64, u64)>,
}

impl Facts {
    pub fn of_this_thread() -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        Self::parse(
            &text("/proc/thread-self/status"),
            &text("/proc/self/uid_map"),
        )
    }

    fn parse(status: &str, uid_map: &str) -> Self {
        let queued = status::field(status, "SigQ").and_then(|field| field.split_once('/'));
        let mask = status::field(status, "CapEff");
        let map: Vec<_> = uid_map.split_whitespace().collect();
        Self {
            has_filter: status::field(status, "Seccomp") == Some("2"),
            capabilities: mask
                .and_then(|mask| u64::from_str_radix(mask, 16).ok())
                .unwrap_or(0),
            in_user_namespace: !map.is_empty() && map != ["0", "0", "4294967295"],
            pending_signals: queued
                .and_then(|(used, limit)| Some((used.parse().ok()?, limit.parse().ok()?))),
        }
    }

    /// Whether it has the capability, wherever that holds.
    pub const fn has(&self, capability: Capability) -> bool {
        self.capabilities & (1 << capability as u8) != 0
    }

    /// Whether it has it for what concerns the whole machine.
    pub const fn has_of_machine(&self, capability: Capability) -> bool {
        self.has(capability) && !self.in_user_namespace
    }
}

/// The control groups in which the calling process is, and all around them, where this controller
/// counts.
pub fn groups_with(controller: &str) -> Vec<PathBuf> {
    let groups = fs::read_to_string("/proc/thread-self/cgroup").unwrap_or_default();
    cgroup::folders(&groups, controller)
}

/// A number that the kernel lets be set, as `kernel/perf_event_paranoid`.
pub fn sysctl(name: &str) -> Option<i64> {
    cgroup::number(&PathBuf::from("/proc/sys").join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str =
        "SigQ:\t1/11847\nCapEff:\t0000000000800000\nSeccomp:\t2\nSeccomp_filters:\t1\n";

    #[test]
    fn filter_capabilities_and_pending_signals_are_read() {
        let facts = Facts::parse(STATUS, "         0          0 4294967295\n");
        assert!(facts.has_filter);
        assert!(facts.has(Capability::SysNice) && !facts.has(Capability::SysAdmin));
        assert!(facts.has_of_machine(Capability::SysNice));
        assert_eq!(facts.pending_signals, Some((1, 11_847)));
    }

    #[test]
    fn in_a_user_namespace_a_capability_is_none_of_the_machine() {
        let facts = Facts::parse(STATUS, "0 1000 1\n");
        assert!(facts.has(Capability::SysNice) && !facts.has_of_machine(Capability::SysNice));
    }

    #[test]
    fn what_cannot_be_read_forbids_nothing() {
        let facts = Facts::parse("", "");
        assert!(!facts.has_filter && !facts.in_user_namespace);
        assert_eq!(facts.pending_signals, None);
        // Of this machine it can.
        assert!(Facts::of_this_thread().pending_signals.is_some());
    }
}
