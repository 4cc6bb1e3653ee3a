//! How many children the limits allow, before the first is forked.

use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::os::error::{Error, system};
use crate::os::procfs::cgroup::number;
use crate::os::refusal;
use crate::os::refusal::facts::{Facts, groups_with, sysctl};
use crate::scheduler::ProcId;

/// Descriptors the supervisor holds for each child: its pidfd, two pipe ends, its stat file twice,
/// its perf event; in a console, its pidfd twice.
pub const DESCRIPTORS_EACH: u64 = 7;
/// And those it needs besides, at most.
const DESCRIPTORS_MORE: u64 = 32;

/// Something that limits how many children there can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub children: u64,
    /// What it is, and what shows it: `processes, ulimit -u`.
    pub by: String,
}

/// The one that allows the fewest children.
pub fn narrowest() -> Option<Limit> {
    let files = getrlimit(Resource::RLIMIT_NOFILE)
        .ok()
        .map(|(_, hard)| Limit {
            children: by_files(hard),
            by: "open files, ulimit -Hn".to_owned(),
        });
    let all = files
        .into_iter()
        .chain(on_all_processes())
        .chain(of_groups());
    all.min_by_key(|limit| limit.children)
}

/// Makes sure that the limits allow this many children, of which some are yet to be forked, and raises
/// the limit on descriptors if need be. What else counts towards them, of this user or of others,
/// cannot be known before; then the fork fails.
pub fn ensure(children: usize, of_them_new: usize) -> Result<(), Error> {
    ensure_descriptors(children)?;
    let on_all = on_all_processes().map(|limit| (limit, children));
    let of_groups = of_groups().map(|limit| (limit, of_them_new));
    let is_enough = |(limit, wanted): &(Limit, usize)| limit.children >= *wanted as u64;
    match on_all.chain(of_groups).find(|one| !is_enough(one)) {
        None => Ok(()),
        Some((Limit { children: most, by }, wanted)) => Err(Error::Refused(format!(
            "there is no room for {wanted} real process(es), for {most} at most ({by}). Use fewer, \
             or raise the limit"
        ))),
    }
}

/// The limit on CPU time, in seconds, if there is one (`RLIMIT_CPU`): of us and, each by itself, of
/// our children.
pub fn cpu_seconds() -> Option<u64> {
    let (soft, _) = getrlimit(Resource::RLIMIT_CPU).ok()?;
    (soft != libc::RLIM_INFINITY).then_some(soft)
}

/// Makes sure that a process comes to the end of its program before the limit on CPU time ends it.
pub fn ensure_cpu_time(process: ProcId, instructions: u64, tick: Duration) -> Result<(), Error> {
    let Some(limit) = cpu_seconds() else {
        return Ok(());
    };
    let needed = tick.saturating_mul(u32::try_from(instructions).unwrap_or(u32::MAX));
    // To start takes some, too.
    if needed < Duration::from_secs(limit) {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "{process} takes more than {needed:?} of CPU time ({instructions} instructions, {tick:?} \
         each), and the limit is {limit} s (ulimit -t). Use a shorter tick or program, or raise the \
         limit"
    )))
}

const fn by_files(limit: u64) -> u64 {
    limit.saturating_sub(DESCRIPTORS_MORE) / DESCRIPTORS_EACH
}

fn ensure_descriptors(children: usize) -> Result<(), Error> {
    let needed = DESCRIPTORS_EACH * children as u64 + DESCRIPTORS_MORE;
    let (soft, hard) =
        getrlimit(Resource::RLIMIT_NOFILE).map_err(system("read the limit on open files"))?;
    if needed <= soft {
        return Ok(());
    }
    if needed > hard {
        return Err(Error::Refused(format!(
            "to run {children} real process(es) takes {needed} open files, and the limit is {hard} \
             (ulimit -Hn): at most {} can run. Use fewer, or raise the limit",
            by_files(hard)
        )));
    }
    setrlimit(Resource::RLIMIT_NOFILE, needed, hard)
        .map_err(system(format!("raise the limit on open files to {needed}")))
}

/// What limits all processes of this user, or of the machine: there cannot be more children than
/// that.
fn on_all_processes() -> impl Iterator<Item = Limit> {
    let of_user = refusal::user_limit(&Facts::of_this_thread()).map(|limit| Limit {
        children: limit,
        by: "processes, ulimit -u".to_owned(),
    });
    let of_machine = ["pid_max", "threads-max"].into_iter().filter_map(|name| {
        Some(Limit {
            children: sysctl(&format!("kernel/{name}"))?.try_into().ok()?,
            by: format!("processes of the machine, kernel.{name}"),
        })
    });
    of_user.into_iter().chain(of_machine)
}

/// What the control groups that we are in leave for others to come (`pids.max`).
fn of_groups() -> impl Iterator<Item = Limit> {
    groups_with("pids").into_iter().filter_map(|folder| {
        let max = folder.join("pids.max");
        let current = number(&folder.join("pids.current"))?;
        let children = number::<u64>(&max)?.saturating_sub(current);
        let by = format!("processes of the control group, {}", max.display());
        Some(Limit { children, by })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_cannot_have_is_refused_with_the_limit() {
        let most = narrowest().unwrap();
        assert!(!most.by.is_empty());
        let refused = ensure(1, 1 << 40)
            .err()
            .or_else(|| ensure(1 << 40, 0).err());
        assert!(matches!(refused, Some(Error::Refused(_))), "{refused:?}");
        assert_eq!(ensure(1, 1).is_ok(), most.children > 0);
    }
}
