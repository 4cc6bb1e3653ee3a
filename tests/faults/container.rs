//! What containers forbid by default, without a container.
//!
//! Docker's default: fourteen capabilities for root, none for others, and a seccomp filter. Hardened,
//! as Kubernetes' profile "restricted" demands: no capabilities at all, and no new privileges.

use nix::unistd::geteuid;

use super::machine::forbidden;
use crate::common::program::{Finished, Launch, works};
use crate::common::runner::skip;
use crate::common::trace::Trace;
use test_attribute::test;

/// What Docker's default profile forbids, of the calls that a program like this one might make
/// (<https://docs.docker.com/engine/security/seccomp/>). `clone3` is answered as by an older kernel, since
/// a filter cannot read the namespaces that it asks for. `sched_setattr`, `sched_setaffinity`, `ptrace` and
/// `prctl` are permitted; it is the missing capabilities that refuse `SCHED_FIFO`.
const PROFILE: [(i64, i32); 16] = [
    (libc::SYS_perf_event_open, libc::EPERM),
    (libc::SYS_kcmp, libc::EPERM),
    (libc::SYS_pidfd_getfd, libc::EPERM),
    (libc::SYS_unshare, libc::EPERM),
    (libc::SYS_setns, libc::EPERM),
    (libc::SYS_mount, libc::EPERM),
    (libc::SYS_umount2, libc::EPERM),
    (libc::SYS_bpf, libc::EPERM),
    (libc::SYS_keyctl, libc::EPERM),
    (libc::SYS_userfaultfd, libc::EPERM),
    (libc::SYS_io_uring_setup, libc::EPERM),
    (libc::SYS_syslog, libc::EPERM),
    (libc::SYS_open_by_handle_at, libc::EPERM),
    (libc::SYS_clock_settime, libc::EPERM),
    (libc::SYS_set_mempolicy, libc::EPERM),
    (libc::SYS_clone3, libc::ENOSYS),
];

/// Those that Docker leaves to root (`docker run`, "Runtime privilege and Linux capabilities").
const KEPT: &str = "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,\
                    +net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap";

#[derive(Clone, Copy, Debug)]
enum Container {
    /// Root in it, with Docker's default.
    Default,
    /// An ordinary user in it, with no new privileges.
    Hardened,
}

impl Container {
    /// `setpriv(1)` takes away what it is to be without.
    fn run(self, line: &str) -> Finished {
        let launch = match self {
            Self::Default => Launch::behind(&as_root_of_it(), line),
            Self::Hardened => Launch::unprivileged(&["setpriv", "--no-new-privs"], line),
        };
        forbidden(&PROFILE, launch)
    }
}

fn as_root_of_it() -> [&'static str; 5] {
    ["setpriv", "--bounding-set", KEPT, "--inh-caps", KEPT]
}

/// The containers that can be imitated here.
fn containers() -> Vec<Container> {
    if !works("setpriv", ["--no-new-privs", "true"]) {
        skip("there is no setpriv here");
    }
    if geteuid().is_root() {
        vec![Container::Default, Container::Hardened]
    } else {
        vec![Container::Hardened]
    }
}

#[test]
fn a_run_in_a_container_is_as_simulated_and_says_what_it_goes_without() {
    for container in containers() {
        let finished = container.run("run -P c2,i:c3 -L 2 --tick 2ms --json -");
        let trace = Trace::of(&finished.succeeded());
        trace.assert_model_equal(&format!("{container:?}"));
        // To have a real-time class takes a capability that is not among them.
        let class = trace["machine"]["supervisor_class"].as_str();
        let is_other = class.is_some_and(|class| class.starts_with("SCHED_OTHER"));
        assert!(is_other, "{container:?}: {class:?}");
        let why = &trace["switches"]["unavailable"]["why"];
        let why = why.as_str().unwrap_or_default();
        assert!(why.contains("perf_event_open"), "{container:?}: {why}");

        let told = container
            .run("run figure-4.4 --tick 2ms")
            .succeeded()
            .stdout;
        assert!(told.contains("No record of context switches"), "{told}");
        assert!(!told.contains("SCHED_FIFO)"), "{container:?}: {told}");
    }
}

#[test]
fn a_comparison_in_a_container_finds_no_difference() {
    for container in containers() {
        for workload in ["figure-4.4", "homework-6"] {
            let finished = container.run(&format!("compare {workload} --tick 5ms"));
            let told = finished.succeeded().stdout;
            assert!(told.contains("cells as simulated"), "{container:?}: {told}");
        }
    }
}

#[test]
fn in_a_container_no_scene_claims_what_does_not_hold() {
    for container in containers() {
        let told = container.run("demo --all --fast").succeeded().stdout;
        assert!(told.contains(" claims held."), "{container:?}: {told}");
        assert!(!told.contains('✗'), "{container:?}: {told}");
    }
}

#[test]
fn what_is_taken_for_a_container_has_its_filter_and_its_capabilities() {
    if !geteuid().is_root() || !works("setpriv", ["true"]) {
        skip("only root has capabilities that setpriv can take away");
    }
    let [setpriv, options @ ..] = as_root_of_it();
    let status = options.into_iter().chain(["cat", "/proc/self/status"]);
    let status = forbidden(&PROFILE, Launch::new(setpriv, status)).succeeded();
    // As Docker's documentation and every such container have it.
    for line in ["CapEff:\t00000000a80425fb\n", "Seccomp:\t2\n"] {
        assert!(status.stdout.contains(line), "{}", status.stdout);
    }
}
