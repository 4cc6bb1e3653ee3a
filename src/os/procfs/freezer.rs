//! Whether a process is frozen with its control group (`cgroup.freeze` of `cgroups(7)` version 2, the
//! freezer of version 1).
//!
//! The state letter does not say: a frozen process shows `S` under version 2 and `D` under version 1,
//! as one that sleeps by itself.

use std::fs;
use std::path::Path;

use procfs_core::process::MountInfo;

use super::cgroup::{self, ControlGroup};
use super::process_dir::ProcessDir;

/// `false` also where no file says so: the hierarchy is not mounted here, or the group cannot be seen
/// from our namespace.
pub fn is_frozen(process: &ProcessDir) -> bool {
    let groups = process.text("cgroup").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    is_any_frozen(&groups, &mounts, Path::new("/"))
}

/// `root`: where the mount points of `mountinfo` lie.
fn is_any_frozen(groups: &str, mountinfo: &str, root: &Path) -> bool {
    let groups = cgroup::parse(groups);
    let mounts = mountinfo.lines();
    mounts
        .filter_map(|line| MountInfo::from_line(line).ok())
        .any(|mount| is_frozen_in(&mount, &groups, root) == Some(true))
}

/// Both files count the groups above as well. `None`: this mount does not say.
fn is_frozen_in(mount: &MountInfo, groups: &[ControlGroup], root: &Path) -> Option<bool> {
    let is_version_1 = mount.fs_type == "cgroup" && mount.super_options.contains_key("freezer");
    let (controllers, file, line) = match mount.fs_type.as_str() {
        "cgroup2" => ("", "cgroup.events", "frozen 1"),
        _ if is_version_1 => ("freezer", "freezer.state", "FROZEN"),
        _ => return None,
    };
    let is_its = |group: &&ControlGroup| group.controllers.split(',').any(|of| of == controllers);
    let group = groups.iter().find(is_its)?;
    let below = Path::new(&group.path).strip_prefix(&mount.root).ok()?;
    let mount_point = mount.mount_point.strip_prefix("/").ok()?;
    let text = fs::read_to_string(root.join(mount_point).join(below).join(file)).ok()?;
    Some(text.lines().any(|of| of == line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "32 31 0:29 / /cg/freezer rw,relatime - cgroup cgroup rw,freezer\n";
    const V2: &str = "41 31 0:38 / /cg/unified rw,relatime - cgroup2 cgroup2 rw\n";
    const GROUPS: &str = "6:freezer:/one\n5:cpu,cpuacct:/\n0::/two/deep\n";

    fn frozen(mountinfo: &str, file: &str, text: &str) -> bool {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        is_any_frozen(GROUPS, mountinfo, root.path())
    }

    #[test]
    fn the_group_of_either_version_says_whether_it_is_frozen() {
        let v1 = "cg/freezer/one/freezer.state";
        assert!(frozen(V1, v1, "FROZEN\n"));
        assert!(!frozen(V1, v1, "THAWED\n"));
        assert!(!frozen(V1, v1, "FREEZING\n"));
        let v2 = "cg/unified/two/deep/cgroup.events";
        assert!(frozen(V2, v2, "populated 1\nfrozen 1\n"));
        assert!(!frozen(V2, v2, "populated 1\nfrozen 0\n"));
    }

    #[test]
    fn another_group_or_another_hierarchy_says_nothing_of_it() {
        assert!(!frozen(V1, "cg/freezer/other/freezer.state", "FROZEN\n"));
        assert!(!frozen(V2, "cg/unified/cgroup.events", "frozen 1\n"));
        assert!(!frozen("", "cg/freezer/one/freezer.state", "FROZEN\n"));
    }
}
