//! Why there is no `SCHED_FIFO` (`sched(7)`).

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};

use super::facts::{Capability, Facts, groups_with, sysctl};
use super::probe::{Probe, is_filtered};
use crate::os::procfs::cgroup;

/// What bears on it.
struct Surroundings {
    facts: Facts,
    errno: Errno,
    /// The call is refused whatever it asks for.
    is_filtered: bool,
    /// `RLIMIT_RTPRIO`.
    highest_priority: u64,
    /// The control group of ours that has no real-time budget (`cpu.rt_runtime_us` is 0).
    without_budget: Option<String>,
}

/// Why the calling thread did not get it, as what follows a colon.
pub fn why_no_fifo(errno: Errno) -> String {
    // A negative one switches the budgets of all groups off.
    let budgets_count = sysctl("kernel/sched_rt_runtime_us").is_none_or(|whole| whole >= 0);
    let own = groups_with("cpu").into_iter().next();
    let file = own.map(|folder| folder.join("cpu.rt_runtime_us"));
    let without = file.filter(|file| budgets_count && cgroup::number::<i64>(file) == Some(0));
    tell(&Surroundings {
        facts: Facts::of_this_thread(),
        errno,
        is_filtered: is_filtered(Probe::Scheduling, errno),
        highest_priority: getrlimit(Resource::RLIMIT_RTPRIO).map_or(0, |(soft, _)| soft),
        without_budget: without.map(|file| file.display().to_string()),
    })
}

fn tell(around: &Surroundings) -> String {
    let facts = &around.facts;
    let errno = around.errno;
    if around.is_filtered {
        return match (facts.has_filter, errno) {
            (true, _) => format!(
                "a seccomp filter answers sched_setattr with {errno:?}, as the profile of a \
                 container does"
            ),
            (false, Errno::ENOSYS) => "this kernel has no sched_setattr".to_owned(),
            (false, _) => format!("sched_setattr is refused with {errno:?}, whatever it asks for"),
        };
    }
    let mut causes = Vec::new();
    if !facts.has_of_machine(Capability::SysNice) && around.highest_priority == 0 {
        causes.push(if facts.has(Capability::SysNice) {
            "CAP_SYS_NICE of a user namespace does not permit it, and ulimit -r is 0 (1 suffices)"
                .to_owned()
        } else {
            "it takes CAP_SYS_NICE, or ulimit -r 1".to_owned()
        });
    }
    if let Some(file) = &around.without_budget {
        causes.push(format!(
            "its control group has no real-time budget ({file} is 0; 10000 suffices)"
        ));
    }
    if causes.is_empty() {
        return format!(
            "refused with {errno:?}, though privilege, limit and control group would permit it"
        );
    }
    causes.join(", and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "/sys/fs/cgroup/cpu/a/cpu.rt_runtime_us";

    fn around(capabilities: u64) -> Surroundings {
        Surroundings {
            facts: Facts {
                capabilities,
                ..Facts::default()
            },
            errno: Errno::EPERM,
            is_filtered: false,
            highest_priority: 0,
            without_budget: None,
        }
    }

    #[test]
    fn each_cause_is_told_apart() {
        let nice = 1 << Capability::SysNice as u8;
        assert_eq!(tell(&around(0)), "it takes CAP_SYS_NICE, or ulimit -r 1");

        let mut group = around(nice);
        group.without_budget = Some(FILE.to_owned());
        let told = tell(&group);
        assert!(
            told.contains(FILE) && !told.contains("CAP_SYS_NICE"),
            "{told}"
        );
        group.facts.capabilities = 0;
        let told = tell(&group);
        assert!(
            told.contains(FILE) && told.contains("CAP_SYS_NICE"),
            "{told}"
        );
        group.highest_priority = 1;
        assert!(!tell(&group).contains("CAP_SYS_NICE"));

        let mut filtered = around(nice);
        filtered.is_filtered = true;
        filtered.facts.has_filter = true;
        assert!(tell(&filtered).contains("seccomp filter"));

        let mut namespace = around(nice);
        namespace.facts.in_user_namespace = true;
        assert!(tell(&namespace).contains("user namespace"));

        let told = tell(&around(nice));
        assert!(told.contains("would permit it"), "{told}");
    }
}
