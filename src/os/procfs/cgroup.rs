//! `/proc/PID/cgroup` (`cgroups(7)`): which processes are counted and limited together.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Serialize;

/// The group a process is in, in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ControlGroup {
    /// What the hierarchy controls, as `cpu,cpuacct`; empty: the one hierarchy of version 2.
    pub controllers: String,
    pub path: String,
}

/// A line is `NUMBER:CONTROLLERS:PATH`; the path may contain colons.
pub fn parse(text: &str) -> Vec<ControlGroup> {
    let group = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        Some(ControlGroup {
            controllers: fields.next()?.to_owned(),
            path: fields.next()?.to_owned(),
        })
    };
    text.lines().filter_map(group).collect()
}

/// Where a controller may count and limit: the groups of `/proc/PID/cgroup` and all those around them,
/// the innermost first.
pub fn folders(groups: &str, controller: &str) -> Vec<PathBuf> {
    let of_version_1 = Path::new("/sys/fs/cgroup").join(controller);
    let of_version_2 = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(PathBuf::from);
    let mut folders = Vec::new();
    for group in parse(groups) {
        let mounts = match group.controllers.as_str() {
            "" => &of_version_2[..],
            names if names.split(',').any(|name| name == controller) => {
                std::slice::from_ref(&of_version_1)
            }
            _ => continue,
        };
        // A group outside of our namespace is not to be seen.
        if group.path.split('/').any(|part| part == "..") {
            continue;
        }
        for around in Path::new(&group.path).ancestors() {
            let inside = around.strip_prefix("/").unwrap_or(around);
            folders.extend(mounts.iter().map(|mount| mount.join(inside)));
        }
    }
    folders
}

/// The number in a file of a group, or one like it; `None`: there is none in it, as in `max`.
pub fn number<N: FromStr>(path: &Path) -> Option<N> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn there_is_a_group_for_each_hierarchy() {
        let groups = parse("2:cpu,cpuacct:/a:b\n0::/user.slice\n");
        assert_eq!(groups[0].controllers, "cpu,cpuacct");
        assert_eq!(groups[0].path, "/a:b");
        assert_eq!(groups[1].controllers, "");
        assert_eq!(groups[1].path, "/user.slice");
    }

    #[test]
    fn every_group_around_us_counts_in_either_version() {
        let folders = |groups| -> Vec<String> {
            let all = folders(groups, "pids").into_iter();
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

    proptest! {
        #[test]
        fn no_folder_is_outside_of_the_control_groups(
            text: String,
            near in "([0-9]:(|pids|cpu,pids):[/a.]{0,9}\n){0,4}",
        ) {
            for folder in folders(&text, "pids").into_iter().chain(folders(&near, "pids")) {
                prop_assert!(folder.starts_with("/sys/fs/cgroup"), "{folder:?}");
                prop_assert!(folder.components().all(|part| part.as_os_str() != ".."));
            }
        }
    }
}
