//! Why the kernel does not record context switches for us (`perf_event_open(2)`).

use std::fmt;

use nix::errno::Errno;

use super::facts::{Capability, Facts, sysctl};
use super::probe::{Probe, is_filtered};

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Open,
    /// To map the memory that records are written to.
    Map,
}

/// Why there is no record of context switches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerfRefused {
    step: Step,
    errno: Errno,
    why: String,
}

/// `Permission denied (EACCES, perf_event_open): kernel.perf_event_paranoid is 3, and 2 suffices`.
impl fmt::Display for PerfRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = match self.step {
            Step::Open => "perf_event_open",
            Step::Map => "mmap of a perf event",
        };
        let errno = self.errno;
        write!(f, "{} ({errno:?}, {call})", errno.desc())?;
        if self.why.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.why)
        }
    }
}

impl PerfRefused {
    /// Finds out why.
    pub fn of(step: Step, errno: Errno) -> Self {
        let why = tell(&Surroundings {
            step,
            errno,
            facts: Facts::of_this_thread(),
            is_filtered: is_filtered(Probe::Perf, errno),
            paranoid: sysctl("kernel/perf_event_paranoid"),
        });
        Self { step, errno, why }
    }
}

/// What bears on it.
struct Surroundings {
    step: Step,
    errno: Errno,
    facts: Facts,
    /// The call is refused whatever it asks for.
    is_filtered: bool,
    /// `None`: this kernel has no perf events.
    paranoid: Option<i64>,
}

fn tell(around: &Surroundings) -> String {
    const FILTER: &str = "a seccomp filter forbids the call, as Docker's default profile does \
                          (there, --cap-add PERFMON permits it)";
    let facts = &around.facts;
    let is_privileged =
        facts.has_of_machine(Capability::Perfmon) || facts.has_of_machine(Capability::SysAdmin);
    match (around.step, around.errno, around.paranoid) {
        (Step::Map, Errno::EPERM, _) => {
            "the memory that this user may lock for it is used up (kernel.perf_event_mlock_kb, \
             ulimit -l); other runs of this user count, too"
                .to_owned()
        }
        (_, Errno::EMFILE, _) => "there is no descriptor left (ulimit -n)".to_owned(),
        (_, Errno::ENOSYS, None) => "this kernel was built without perf events".to_owned(),
        _ if around.is_filtered && facts.has_filter => FILTER.to_owned(),
        (_, Errno::EACCES | Errno::EPERM, Some(level @ 3..)) if !is_privileged => format!(
            "kernel.perf_event_paranoid is {level}, and 2 suffices (sysctl -w \
             kernel.perf_event_paranoid=2), or CAP_PERFMON"
        ),
        (_, Errno::EACCES | Errno::EPERM, Some(level)) => format!(
            "forbidden by something else than kernel.perf_event_paranoid ({level}) and a seccomp \
             filter"
        ),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(errno: Errno, paranoid: Option<i64>) -> Surroundings {
        Surroundings {
            step: Step::Open,
            errno,
            facts: Facts::default(),
            is_filtered: false,
            paranoid,
        }
    }

    #[test]
    fn what_forbids_it_is_told_with_the_cure() {
        let told = tell(&around(Errno::EACCES, Some(3)));
        assert!(told.contains("paranoid is 3, and 2 suffices"), "{told}");
        // Two suffices: it must be something else.
        let told = tell(&around(Errno::EACCES, Some(2)));
        assert!(told.contains("something else"), "{told}");
        let mut privileged = around(Errno::EACCES, Some(4));
        privileged.facts.capabilities = 1 << Capability::Perfmon as u8;
        assert!(tell(&privileged).contains("something else"));
        let mut docker = around(Errno::EPERM, Some(2));
        docker.is_filtered = true;
        docker.facts.has_filter = true;
        let told = tell(&docker);
        assert!(
            told.contains("seccomp filter") && told.contains("PERFMON"),
            "{told}"
        );
        docker.errno = Errno::ENOSYS;
        assert!(tell(&docker).contains("seccomp filter"));
        assert!(tell(&around(Errno::ENOSYS, None)).contains("built without"));
        assert_eq!(tell(&around(Errno::EINVAL, Some(2))), "");
        let mut map = around(Errno::EPERM, Some(2));
        map.step = Step::Map;
        assert!(tell(&map).contains("perf_event_mlock_kb"));
    }

    #[test]
    fn the_errno_comes_first() {
        let refused = PerfRefused::of(Step::Open, Errno::ENOENT).to_string();
        assert_eq!(
            refused,
            "No such file or directory (ENOENT, perf_event_open)"
        );
    }
}
