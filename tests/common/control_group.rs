//! A control group of the test's own, of whichever version is writable here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::thread::sleep;
use std::time::Duration;

use nix::unistd::Pid;

use super::procfs;
use super::program::Launch;

/// It must be empty when it is dropped.
pub struct ControlGroup {
    folder: PathBuf,
    is_version_1: bool,
}

impl ControlGroup {
    /// In the hierarchy that controls this, as `cpu`; `None`: there is none, or it is not ours.
    pub fn new(controller: &str) -> Option<Self> {
        let name = format!("timeshare-test-{}", process::id());
        let version_1 = Path::new("/sys/fs/cgroup").join(controller);
        // Version 2 has each file only where the controller is let down to us.
        let files = [
            (version_1.as_path(), version_1_file(controller)),
            (Path::new("/sys/fs/cgroup"), version_2_file(controller)),
            (
                Path::new("/sys/fs/cgroup/unified"),
                version_2_file(controller),
            ),
        ];
        for (root, file) in files {
            let group = Self {
                folder: root.join(&name),
                is_version_1: root == version_1,
            };
            if fs::create_dir(&group.folder).is_ok() && group.folder.join(file).exists() {
                return Some(group);
            }
        }
        None
    }

    fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.folder.join(file);
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Timeshare, started in it.
    pub fn launch(&self, line: &str) -> Launch {
        let procs = self.folder.join("cgroup.procs");
        let enter = format!("echo $$ > {} && exec \"$0\" \"$@\"", procs.display());
        Launch::behind(&["sh", "-c", &enter], line)
    }

    /// Takes a process in that may start so many more, threads included.
    pub fn limit_processes(&self, pid: Pid, more: u32) {
        self.write("cgroup.procs", pid.to_string());
        let threads =
            procfs::status(pid, "Threads").and_then(|threads| threads.parse::<u32>().ok());
        let most = threads.expect("it is there") + more;
        self.write("pids.max", most.to_string());
    }

    /// CPU time for all of it together, in microseconds of each period of 100 ms.
    pub fn limit_cpu_time(&self, quota_us: u32) {
        if self.is_version_1 {
            self.write("cpu.cfs_period_us", "100000");
            self.write("cpu.cfs_quota_us", quota_us.to_string());
        } else {
            self.write("cpu.max", format!("{quota_us} 100000"));
        }
    }

    /// All of it stands still, or goes on.
    pub fn freeze(&self, frozen: bool) {
        if self.is_version_1 {
            self.write("freezer.state", if frozen { "FROZEN" } else { "THAWED" });
        } else {
            self.write("cgroup.freeze", if frozen { "1" } else { "0" });
        }
    }

    /// The CPUs it may use.
    pub fn set_cpus(&self, cpus: &[usize]) {
        let numbers: Vec<_> = cpus.iter().map(usize::to_string).collect();
        if self.is_version_1 {
            // Without a memory node it takes no process in.
            let nodes = self.folder.join("../cpuset.mems");
            self.write("cpuset.mems", fs::read(nodes).expect("it can be read"));
        }
        self.write("cpuset.cpus", numbers.join(","));
    }
}

fn version_1_file(controller: &str) -> &'static str {
    match controller {
        "cpu" => "cpu.cfs_quota_us",
        "cpuset" => "cpuset.cpus",
        "freezer" => "freezer.state",
        _ => "pids.max",
    }
}

fn version_2_file(controller: &str) -> &'static str {
    match controller {
        "cpu" => "cpu.max",
        "cpuset" => "cpuset.cpus",
        "freezer" => "cgroup.freeze",
        _ => "pids.max",
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // What has just been reaped may still count.
        for _ in 0..100 {
            if fs::remove_dir(&self.folder).is_ok() || !self.folder.exists() {
                return;
            }
            sleep(Duration::from_millis(2));
        }
    }
}
