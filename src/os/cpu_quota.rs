//! CPU quotas of the control groups around this process, and for how long each was throttled
//! (`cpu.max` of `cgroups(7)` version 2, `cpu.cfs_quota_us` of version 1).
//!
//! A group that has used up its quota gets no CPU until its period is over. Groups above the root of
//! a container's own view cannot be seen from inside.

use std::fs;
use std::path::{Path, PathBuf};

use procfs_core::process::MountInfo;

use super::procfs::cgroup::{self, ControlGroup};

/// A group with a quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaGroup {
    /// Its path in its hierarchy, as far as it is visible.
    pub path: String,
    /// Microseconds of CPU time in each period, for all its threads together.
    pub quota_us: u64,
    pub period_us: u64,
    directory: PathBuf,
    version: Version,
}

/// How a group has been throttled since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttled {
    /// In how many of its periods.
    pub periods: u64,
    /// For how long, in nanoseconds, added up over the CPUs on which it had something to run.
    pub ns: u64,
}

impl Throttled {
    pub const fn since(self, before: Self) -> Self {
        Self {
            periods: self.periods.saturating_sub(before.periods),
            ns: self.ns.saturating_sub(before.ns),
        }
    }
}

/// Counts how the groups around this process are throttled from one moment on.
pub struct QuotaMeter(Vec<(QuotaGroup, Throttled)>);

impl QuotaMeter {
    pub fn start() -> Self {
        let groups = QuotaGroup::around_this_process().into_iter();
        let counted = |group: QuotaGroup| {
            let throttled = group.throttled().unwrap_or_default();
            (group, throttled)
        };
        Self(groups.map(counted).collect())
    }

    /// Counts from now on.
    pub fn restart(&mut self) {
        for (group, before) in &mut self.0 {
            *before = group.throttled().unwrap_or(*before);
        }
    }

    /// What was throttled since. A group that is gone was not.
    pub fn so_far(&self) -> impl Iterator<Item = (&QuotaGroup, Throttled)> {
        self.0.iter().map(|(group, before)| {
            let throttled = group.throttled().map(|now| now.since(*before));
            (group, throttled.unwrap_or_default())
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl QuotaGroup {
    /// Those around this process, the innermost first. None where nothing can be read.
    pub fn around_this_process() -> Vec<Self> {
        let text = |file| fs::read_to_string(file).unwrap_or_default();
        Self::around(
            &text("/proc/self/cgroup"),
            &text("/proc/self/mountinfo"),
            Path::new("/"),
        )
    }

    /// `root`: where the mount points of `mountinfo` lie.
    fn around(groups: &str, mountinfo: &str, root: &Path) -> Vec<Self> {
        let groups = cgroup::parse(groups);
        let mounts = mountinfo
            .lines()
            .filter_map(|line| MountInfo::from_line(line).ok());
        let mut found = Vec::new();
        for mount in mounts {
            let Some((version, group)) = hierarchy(&mount, &groups) else {
                continue;
            };
            // A mount of something above or beside the group shows nothing of it.
            let Some(below) = below(&group.path, &mount.root) else {
                continue;
            };
            let top = root.join(
                mount
                    .mount_point
                    .strip_prefix("/")
                    .unwrap_or(&mount.mount_point),
            );
            let innermost = top.join(below);
            let levels = innermost
                .ancestors()
                .take_while(|level| level.starts_with(&top));
            let known: Vec<_> = levels
                .filter_map(|level| Self::read(level, &top, version))
                .filter(|group| !found.contains(group))
                .collect();
            found.extend(known);
        }
        found
    }

    fn read(directory: &Path, top: &Path, version: Version) -> Option<Self> {
        let number = |file: &str| {
            let text = fs::read_to_string(directory.join(file)).ok()?;
            text.trim().parse::<u64>().ok()
        };
        let (quota_us, period_us) = match version {
            // `max 100000`, or `20000 100000`.
            Version::Two => {
                let text = fs::read_to_string(directory.join("cpu.max")).ok()?;
                let (quota, period) = text.trim().split_once(' ')?;
                (quota.parse().ok()?, period.parse().ok()?)
            }
            // -1: none.
            Version::One => (number("cpu.cfs_quota_us")?, number("cpu.cfs_period_us")?),
        };
        let below = directory.strip_prefix(top).ok()?;
        Some(Self {
            path: format!("/{}", below.display()),
            quota_us,
            period_us,
            directory: directory.to_owned(),
            version,
        })
    }

    /// `None` where that cannot be read any more.
    pub fn throttled(&self) -> Option<Throttled> {
        let text = fs::read_to_string(self.directory.join("cpu.stat")).ok()?;
        let value = |key: &str| {
            text.lines()
                .filter_map(|line| line.split_once(' '))
                .find_map(|(name, value)| (name == key).then(|| value.parse::<u64>().ok())?)
        };
        Some(Throttled {
            periods: value("nr_throttled")?,
            ns: match self.version {
                Version::One => value("throttled_time")?,
                Version::Two => value("throttled_usec")?.saturating_mul(1_000),
            },
        })
    }

    /// Whether it can hold back a run, whose threads share one CPU.
    pub const fn is_below_one_cpu(&self) -> bool {
        self.quota_us < self.period_us
    }
}

/// Which of our groups belongs to a mount, where that is a hierarchy that controls the CPU.
fn hierarchy<'a>(
    mount: &MountInfo,
    groups: &'a [ControlGroup],
) -> Option<(Version, &'a ControlGroup)> {
    let has_cpu = |controllers: &str| controllers.split(',').any(|one| one == "cpu");
    match mount.fs_type.as_str() {
        "cgroup2" => {
            let own = groups.iter().find(|group| group.controllers.is_empty())?;
            Some((Version::Two, own))
        }
        "cgroup" if mount.super_options.contains_key("cpu") => {
            let own = groups.iter().find(|group| has_cpu(&group.controllers))?;
            Some((Version::One, own))
        }
        _ => None,
    }
}

/// Where a group lies below the root of a mount, both as paths of the hierarchy.
fn below(group: &str, root: &str) -> Option<PathBuf> {
    let below = Path::new(group).strip_prefix(root).ok()?;
    Some(below.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "32 31 0:29 / /cg/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n";
    const V2: &str = "41 31 0:38 / /cg rw,relatime - cgroup2 cgroup2 rw\n";

    /// A tree of files; the folder is removed with what this returns.
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn quotas(groups: &[QuotaGroup]) -> Vec<(&str, u64, u64)> {
        let quota = |group: &QuotaGroup| (group.quota_us, group.period_us);
        let all = groups
            .iter()
            .map(|group| (group.path.as_str(), quota(group)));
        all.map(|(path, (quota, period))| (path, quota, period))
            .collect()
    }

    #[test]
    fn in_version_2_every_level_around_us_counts() {
        let tree = tree(&[
            ("cg/a/cpu.max", "50000 100000\n"),
            ("cg/a/b/cpu.max", "max 100000\n"),
            ("cg/a/b/c/cpu.max", "20000 100000\n"),
            (
                "cg/a/b/c/cpu.stat",
                "usage_usec 5\nnr_periods 9\nnr_throttled 7\nthrottled_usec 932925\n",
            ),
        ]);
        let groups = QuotaGroup::around("0::/a/b/c\n", V2, tree.path());
        let expected = [("/a/b/c", 20_000, 100_000), ("/a", 50_000, 100_000)];
        assert_eq!(quotas(&groups), expected);
        let throttled = Throttled {
            periods: 7,
            ns: 932_925_000,
        };
        assert_eq!(groups[0].throttled(), Some(throttled));
        // Its file is not there.
        assert_eq!(groups[1].throttled(), None);
    }

    #[test]
    fn in_version_1_the_quota_is_in_the_hierarchy_of_the_cpu_and_minus_one_is_none() {
        let tree = tree(&[
            ("cg/cpu/cpu.cfs_quota_us", "-1\n"),
            ("cg/cpu/cpu.cfs_period_us", "100000\n"),
            ("cg/cpu/q/cpu.cfs_quota_us", "20000\n"),
            ("cg/cpu/q/cpu.cfs_period_us", "100000\n"),
            (
                "cg/cpu/q/cpu.stat",
                "nr_periods 10\nnr_throttled 10\nthrottled_time 1141412328\n",
            ),
        ]);
        let own = "3:cpuset:/other\n1:cpu,cpuacct:/q\n0::/elsewhere\n";
        let groups = QuotaGroup::around(own, &format!("{V1}{V2}"), tree.path());
        assert_eq!(quotas(&groups), [("/q", 20_000, 100_000)]);
        assert_eq!(groups[0].throttled().unwrap().ns, 1_141_412_328);
    }

    #[test]
    fn a_container_whose_mount_begins_at_its_group_sees_its_quota_and_another_group_does_not() {
        let tree = tree(&[("cg/cpu.max", "20000 100000\n")]);
        let mounted = "41 31 0:38 /docker/4f /cg rw - cgroup2 cgroup2 rw\n";
        let groups = QuotaGroup::around("0::/docker/4f\n", mounted, tree.path());
        assert_eq!(quotas(&groups), [("/", 20_000, 100_000)]);
        assert_eq!(
            QuotaGroup::around("0::/docker/5a\n", mounted, tree.path()),
            []
        );
    }

    #[test]
    fn what_is_no_list_of_mounts_has_no_quotas() {
        assert_eq!(QuotaGroup::around("", "nonsense\n\n", Path::new("/")), []);
        // Whatever is around us here can be read.
        let _ = QuotaGroup::around_this_process();
    }
}
