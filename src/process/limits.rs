//! How many children the limits allow, before the first is forked.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::getuid;

use crate::os::error::{Error, system};
use crate::os::procfs::{cgroup, status};

/// Descriptors the supervisor holds for each child: its pidfd, two pipe ends, its stat file twice,
/// its perf event; in a console, its pidfd twice.
pub const DESCRIPTORS_EACH: u64 = 7;
/// And those it needs besides, at most.
const DESCRIPTORS_MORE: u64 = 32;

/// `CAP_SYS_ADMIN` and `CAP_SYS_RESOURCE` (`capabilities(7)`): with one of them, one may fork beyond
/// `RLIMIT_NPROC`.
const MAY_FORK: u64 = 1 << 21 | 1 << 24;

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
    let of_user = getrlimit(Resource::RLIMIT_NPROC)
        .ok()
        .filter(|_| !is_exempt())
        .map(|(soft, _)| Limit {
            children: soft,
            by: "processes, ulimit -u".to_owned(),
        });
    let of_machine = ["pid_max", "threads-max"].into_iter().filter_map(|name| {
        Some(Limit {
            children: number(Path::new(&format!("/proc/sys/kernel/{name}")))?,
            by: format!("processes of the machine, kernel.{name}"),
        })
    });
    of_user.into_iter().chain(of_machine)
}

/// Whether `RLIMIT_NPROC` does not bind us (`setrlimit(2)`).
fn is_exempt() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status::field(&status, "CapEff");
    let effective = effective.and_then(|mask| u64::from_str_radix(mask, 16).ok());
    getuid().is_root() || effective.is_some_and(|mask| mask & MAY_FORK != 0)
}

/// What the control groups that we are in leave for others to come (`pids.max`).
fn of_groups() -> impl Iterator<Item = Limit> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    folders(&groups).into_iter().filter_map(|folder| {
        let max = folder.join("pids.max");
        let children = number(&max)?.saturating_sub(number(&folder.join("pids.current"))?);
        let by = format!("processes of the control group, {}", max.display());
        Some(Limit { children, by })
    })
}

/// Where processes may be counted: our own groups and all those around them, from
/// `/proc/PID/cgroup`.
fn folders(groups: &str) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for group in cgroup::parse(groups) {
        let mounts: &[&str] = match group.controllers.as_str() {
            "" => &["/sys/fs/cgroup", "/sys/fs/cgroup/unified"],
            names if names.split(',').any(|name| name == "pids") => &["/sys/fs/cgroup/pids"],
            _ => continue,
        };
        // A group outside of our namespace is not to be seen.
        if group.path.split('/').any(|part| part == "..") {
            continue;
        }
        for around in Path::new(&group.path).ancestors() {
            let inside = around.strip_prefix("/").unwrap_or(around);
            folders.extend(mounts.iter().map(|mount| Path::new(mount).join(inside)));
        }
    }
    folders
}

/// The number in a file; `None`: there is none in it, as in `max`.
fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_group_around_us_counts_in_either_version() {
        let folders = |groups| -> Vec<String> {
            let all = folders(groups).into_iter();
            all.map(|folder| folder.display().to_string()).collect()
        };
        assert_eq!(
            folders("9:cpu,pids:/a/b\n8:memory:/c\n"),
            [
                "/sys/fs/cgroup/pids/a/b",
                "/sys/fs/cgroup/pids/a",
                "/sys/fs/cgroup/pids/"
            ]
        );
        assert!(folders("0::/user.slice\n").contains(&"/sys/fs/cgroup/user.slice".to_owned()));
        assert_eq!(folders("0::/../other\n"), [""; 0]);
    }

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

    proptest! {
        #[test]
        fn no_folder_is_outside_of_the_control_groups(
            text: String,
            near in "([0-9]:(|pids|cpu,pids):[/a.]{0,9}\n){0,4}",
        ) {
            for folder in folders(&text).into_iter().chain(folders(&near)) {
                prop_assert!(folder.starts_with("/sys/fs/cgroup"), "{folder:?}");
                prop_assert!(folder.components().all(|part| part.as_os_str() != ".."));
            }
        }
    }
}
