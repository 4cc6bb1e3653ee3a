//! What kind of machine it is, and whether this is a container: told on evidence only.

use std::fs;
use std::path::Path;

use procfs_core::process::MountInfo;

/// Whether the machine is a virtual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hypervisor {
    /// By this it shows.
    Shows(&'static str),
    /// The processor has a flag for it, which is not set.
    NotShown,
    /// Nothing says so, and nothing says the contrary.
    Unknown,
}

impl Hypervisor {
    /// `steal`: whether a hypervisor has ever taken time from this machine.
    pub fn find(steal: bool) -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let vendor = text("/sys/class/dmi/id/sys_vendor") + &text("/sys/class/dmi/id/product_name");
        let in_tree = Path::new("/proc/device-tree/hypervisor").exists();
        let xen = Path::new("/sys/hypervisor/type").exists();
        Self::of(&text("/proc/cpuinfo"), &vendor, xen || in_tree, steal)
    }

    fn of(cpuinfo: &str, vendor: &str, has_interface: bool, steal: bool) -> Self {
        const VENDORS: [&str; 8] = [
            "QEMU",
            "KVM",
            "VMware",
            "VirtualBox",
            "Virtual Machine",
            "Amazon EC2",
            "Google Compute",
            "Xen",
        ];
        // x86 has `flags`, whose bit a hypervisor sets; other architectures have none for it.
        let flags = cpuinfo.lines().find(|line| line.starts_with("flags"));
        let is_set = flags.map(|flags| flags.split_whitespace().any(|flag| flag == "hypervisor"));
        if is_set == Some(true) {
            Self::Shows("a flag of its processor")
        } else if has_interface {
            Self::Shows("the interface of a hypervisor")
        } else if VENDORS.iter().any(|name| vendor.contains(name)) {
            Self::Shows("the name of its vendor")
        } else if steal {
            Self::Shows("time that was stolen from it")
        } else if is_set == Some(false) {
            Self::NotShown
        } else {
            Self::Unknown
        }
    }
}

/// Files in which the engine of a container tells that there is one, and its name.
const MARKS: [(&str, &str); 2] = [("/.dockerenv", "Docker"), ("/run/.containerenv", "Podman")];

/// The engine of the container this is.
///
/// The file alone tells nothing: it is also in a machine that was made from an image. A container has
/// its own name, in a file that its engine mounts.
pub fn container() -> Option<&'static str> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let marks = MARKS.into_iter();
    let mut there = marks.filter(|(file, _)| fs::exists(file).unwrap_or(false));
    there
        .next()
        .filter(|_| has_own_name(&mounts))
        .map(|(_, name)| name)
}

fn has_own_name(mountinfo: &str) -> bool {
    let mounts = mountinfo
        .lines()
        .filter_map(|line| MountInfo::from_line(line).ok());
    let names = ["/etc/hostname", "/etc/hosts"].map(Path::new);
    mounts
        .into_iter()
        .any(|mount| names.contains(&mount.mount_point.as_path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_called_virtual_or_not_on_evidence_only() {
        let of = |cpuinfo, vendor| Hypervisor::of(cpuinfo, vendor, false, false);
        let (bare, guest) = ("flags\t: fpu vme\n", "flags\t: fpu hypervisor\n");
        assert_eq!(of(bare, ""), Hypervisor::NotShown);
        assert!(matches!(of(guest, ""), Hypervisor::Shows(_)));
        // As of aarch64, with no word on it, and where there is no file.
        let arm = "processor\t: 0\nFeatures\t: fp asimd\n";
        assert_eq!(of(arm, ""), Hypervisor::Unknown);
        assert_eq!(of("", ""), Hypervisor::Unknown);
        assert!(matches!(of(arm, "QEMU\n"), Hypervisor::Shows(_)));
        let stolen = Hypervisor::of(arm, "", false, true);
        assert!(matches!(stolen, Hypervisor::Shows(_)));
    }

    #[test]
    fn a_container_has_a_name_of_its_own() {
        let host = "22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n";
        let own = "612 599 254:1 /var/lib/docker/containers/4f/hostname /etc/hostname rw,relatime \
                   - ext4 /dev/vda1 rw\n";
        assert!(!has_own_name(host));
        assert!(has_own_name(&format!("{host}{own}")));
        assert!(!has_own_name("nonsense\n"));
    }
}
