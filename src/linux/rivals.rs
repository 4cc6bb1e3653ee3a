//! Which other programs have the processes' CPU, where the kernel may tell us (`CAP_PERFMON`).

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fs;

use crate::machine::Rival;
use crate::os::perf::{Happened, Switch, Switches};

/// So many are told.
const TOLD: usize = 5;

/// Adds up for how long each thread has the CPU.
pub struct RivalRecorder {
    /// `None`: it may not be told.
    switches: Option<Switches>,
    usage: Usage,
}

#[derive(Default)]
struct Usage {
    /// The thread on the CPU, and since when, in nanoseconds of `CLOCK_MONOTONIC`.
    current: Option<(i32, u64)>,
    used_ns: HashMap<i32, u64>,
    names: HashMap<i32, String>,
}

impl Usage {
    fn switched(&mut self, switch: Switch) {
        let Switch { tid, at_ns, what } = switch;
        // What exits keeps the CPU for a moment, until another thread has it.
        if what == Happened::Exited {
            return;
        }
        if let Some((before, since_ns)) = self.current.take() {
            *self.used_ns.entry(before).or_default() += at_ns.saturating_sub(since_ns);
        }
        if what == Happened::In {
            self.current = Some((tid, at_ns));
        }
    }

    /// By name, the one that used most first. `ours`: threads that are no rivals; the idle CPU is
    /// none.
    fn rivals(self, ours: &HashSet<i32>) -> Vec<Rival> {
        let mut by_name: HashMap<String, Rival> = HashMap::new();
        let is_rival = |tid: &i32| *tid > 0 && !ours.contains(tid);
        for (&tid, &used_ns) in self.used_ns.iter().filter(|(tid, _)| is_rival(tid)) {
            let name = self.names.get(&tid).cloned().or_else(|| name_of(tid));
            let name = name.unwrap_or_else(|| ENDED.to_owned());
            let rival = by_name.entry(name.clone()).or_insert(Rival {
                name,
                threads: 0,
                cpu_ns: 0,
            });
            rival.threads += 1;
            rival.cpu_ns += used_ns;
        }
        let mut rivals: Vec<_> = by_name.into_values().collect();
        rivals.sort_by_key(|rival| (Reverse(rival.cpu_ns), rival.name.clone()));
        rivals.truncate(TOLD);
        rivals
    }
}

/// Those of which no name is known any more.
const ENDED: &str = "(ended since)";

fn name_of(tid: i32) -> Option<String> {
    let name = fs::read(format!("/proc/{tid}/comm")).ok()?;
    Some(
        String::from_utf8_lossy(&name)
            .trim_end_matches('\n')
            .to_owned(),
    )
}

impl RivalRecorder {
    pub fn start(cpu: usize) -> Self {
        Self {
            switches: Switches::open_cpu_wide(cpu).ok(),
            usage: Usage::default(),
        }
    }

    /// Takes what has been recorded, if the ring would soon be full.
    pub fn make_room(&mut self) {
        if self.switches.as_ref().is_some_and(Switches::is_half_full) {
            self.collect();
        }
    }

    fn collect(&mut self) {
        let Self { switches, usage } = self;
        let mut switched = Vec::new();
        if let Some(switches) = switches {
            let name = |tid, name| drop(usage.names.insert(tid, name));
            switches.drain_all(name, |switch| switched.push(switch));
        }
        for switch in switched {
            usage.switched(switch);
        }
    }

    /// The clock of the run stands still: up to here it counts.
    pub fn pause(&mut self) {
        self.collect();
    }

    /// The clock of the run starts, or goes on: what was recorded since is no time of it.
    pub fn resume(&mut self) {
        let used_ns = std::mem::take(&mut self.usage.used_ns);
        self.collect();
        self.usage.current = None;
        self.usage.used_ns = used_ns;
    }

    /// `ours`: our threads.
    pub fn finish(mut self, ours: &HashSet<i32>) -> Vec<Rival> {
        self.collect();
        self.usage.rivals(ours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switch(tid: i32, at_ns: u64, what: Happened) -> Switch {
        Switch { tid, at_ns, what }
    }

    #[test]
    fn rivals_are_told_by_name_and_neither_ours_nor_the_idle_cpu_are_any() {
        let mut usage = Usage {
            names: [(7, "make"), (8, "make"), (9, "cc1"), (3, "ours")]
                .map(|(tid, name)| (tid, name.to_owned()))
                .into(),
            ..Usage::default()
        };
        for (tid, from_ns, until_ns) in [(7, 0, 10), (3, 10, 100), (9, 100, 140), (0, 140, 900)] {
            usage.switched(switch(tid, from_ns, Happened::In));
            usage.switched(switch(tid, until_ns, Happened::Preempted));
        }
        usage.switched(switch(8, 900, Happened::In));
        usage.switched(switch(8, 901, Happened::Exited));
        // It is still there until another one is.
        usage.switched(switch(3, 905, Happened::In));
        let rival = |name: &str, threads, cpu_ns| Rival {
            name: name.to_owned(),
            threads,
            cpu_ns,
        };
        let expected = [rival("cc1", 1, 40), rival("make", 2, 15)];
        assert_eq!(usage.rivals(&HashSet::from([3])), expected);
    }
}
