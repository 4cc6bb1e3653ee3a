//! `/proc/PID/cgroup` (`cgroups(7)`): which processes are counted and limited together.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_group_for_each_hierarchy() {
        let groups = parse("2:cpu,cpuacct:/a:b\n0::/user.slice\n");
        assert_eq!(groups[0].controllers, "cpu,cpuacct");
        assert_eq!(groups[0].path, "/a:b");
        assert_eq!(groups[1].controllers, "");
        assert_eq!(groups[1].path, "/user.slice");
    }
}
