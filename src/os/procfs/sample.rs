//! What is sampled again and again of a process that may go at any time.

use super::process_dir::ProcessDir;
use super::{sched, status};

/// A process to sample. Its directory is held open: a reused pid does not mislead it.
pub struct ProcessSampler {
    directory: Option<ProcessDir>,
    /// What it had used when it was sampled first: to start.
    first: ProcessSample,
}

/// What is not to be known, or not any more, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessSample {
    pub letter: Option<char>,
    /// The function of the kernel in which it sleeps.
    pub wchan: Option<String>,
    /// CPU time in nanoseconds since the first sample.
    pub cpu_ns: Option<u64>,
    /// Context switches since the first sample: voluntary, involuntary.
    pub switches: Option<(u64, u64)>,
}

impl ProcessSampler {
    pub fn of(pid: i32) -> Self {
        let directory = ProcessDir::open(pid).ok();
        let first = directory
            .as_ref()
            .map_or_else(ProcessSample::default, total);
        Self { directory, first }
    }

    pub fn sample(&self) -> ProcessSample {
        let Some(directory) = &self.directory else {
            return ProcessSample::default();
        };
        let total = total(directory);
        let cpu_ns = self.first.cpu_ns.unwrap_or(0);
        let (voluntary, involuntary) = self.first.switches.unwrap_or((0, 0));
        ProcessSample {
            cpu_ns: total.cpu_ns.map(|ns| ns.saturating_sub(cpu_ns)),
            switches: total.switches.map(|(of_itself, taken)| {
                (
                    of_itself.saturating_sub(voluntary),
                    taken.saturating_sub(involuntary),
                )
            }),
            ..total
        }
    }
}

/// Counted from its start.
fn total(directory: &ProcessDir) -> ProcessSample {
    let text = |name| directory.text(name).ok();
    let ran_and_waited_ns = text("schedstat").and_then(|text| sched::ran_and_waited_ns(&text));
    ProcessSample {
        letter: directory.stat().ok().map(|stat| stat.state),
        wchan: directory.wchan(),
        cpu_ns: ran_and_waited_ns.map(|(ran_ns, _)| ran_ns),
        switches: text("status").and_then(|text| status::switches(&text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_the_cpu() {
        let own = ProcessSampler::of(nix::unistd::getpid().as_raw());
        let before = own.sample();
        assert!(before.letter.is_some() && before.switches.is_some());
        assert!(own.sample().cpu_ns >= before.cpu_ns);
    }

    #[test]
    fn of_no_process_nothing_is_known() {
        // Above every pid_max.
        let sample = ProcessSampler::of(i32::MAX).sample();
        assert_eq!(sample, ProcessSample::default());
    }
}
