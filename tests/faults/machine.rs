//! Faults of the machine it runs on.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal, kill};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::subcommand::{ALL, Subcommand, copy};
use crate::common::procfs::children_of;
use crate::common::program::{Finished, Launch, TIMESHARE, stranger};
use crate::common::runner::skip;
use crate::common::trace::Trace;
use crate::common::{cpus, words};
use test_attribute::test;

const SHORT: &str = "run -P c2,i:c3 -L 2 --tick 2ms --json -";

/// A command as a shell script starts it, in namespaces of its own.
fn unshared(options: &str, before: &str, subcommand: Subcommand) -> Launch {
    let flags = || words(options).into_iter().chain(["sh", "-c"]);
    let probe = Launch::new("unshare", flags().chain([before])).run();
    if probe.code() != Some(0) {
        let why = probe.stderr.trim();
        skip(&format!(
            "no such namespace is to be had here (unshare {options}: {why})"
        ));
    }
    let script = format!("{before} && exec {TIMESHARE} {}", subcommand.short());
    let launch = Launch::new("unshare", flags().chain([script.as_str()]));
    subcommand.attended(launch)
}

#[track_caller]
pub fn assert_one_message(finished: &Finished) {
    let messages = finished.stderr.lines();
    let messages = messages.filter(|line| line.starts_with("timeshare: "));
    assert_eq!(messages.count(), 1, "{}", finished.stderr);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

/// Lets what is written to standard output fail as on a terminal that is gone.
pub fn failing_output() -> BpfProgram {
    let stdout = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, 1);
    let rule = SeccompRule::new(vec![stdout.expect("it is one")]).expect("it is one");
    filter(libc::SYS_write, vec![rule], libc::EIO)
}

/// Runs it where the kernel refuses some system calls with an errno.
pub fn forbidden(calls: &[(i64, i32)], launch: Launch) -> Finished {
    let filters: Vec<BpfProgram> = calls
        .iter()
        .map(|&(call, errno)| refusing(call, errno))
        .collect();
    filtered(filters, launch)
}

fn filtered(filters: Vec<BpfProgram>, launch: Launch) -> Finished {
    // A filter stays for ever with the thread that takes it, and with all that it starts.
    let in_a_thread = thread::spawn(move || {
        for filter in &filters {
            seccompiler::apply_filter(filter).expect("a filter can be had");
        }
        launch.run()
    });
    in_a_thread.join().expect("it has run")
}

fn refusing(call: i64, errno: i32) -> BpfProgram {
    filter(call, Vec::new(), errno)
}

/// Lets this one call succeed and do nothing.
pub fn swallowing_pdeathsig() -> BpfProgram {
    let option = u64::try_from(libc::PR_SET_PDEATHSIG).expect("it is positive");
    let first = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, option);
    let rule = SeccompRule::new(vec![first.expect("it is one")]).expect("it is one");
    filter(libc::SYS_prctl, vec![rule], 0)
}

fn filter(call: i64, rules: Vec<SeccompRule>, errno: i32) -> BpfProgram {
    let errno = u32::try_from(errno).expect("errnos are positive");
    let architecture = std::env::consts::ARCH
        .try_into()
        .expect("filters know this machine");
    let filter = SeccompFilter::new(
        BTreeMap::from([(call, rules)]),
        SeccompAction::Allow,
        SeccompAction::Errno(errno),
        architecture,
    );
    let filter = filter.expect("it is one");
    filter.try_into().expect("it can be compiled")
}

#[track_caller]
fn assert_works(subcommand: Subcommand, finished: Finished) {
    let finished = finished.succeeded();
    let conclusion = subcommand.conclusion();
    assert!(
        finished.stdout.contains(conclusion),
        "{subcommand:?}: {}",
        finished.stdout
    );
}

#[test]
pub fn without_perf_events_it_works_and_says_what_is_lost() {
    let forbids = [(libc::SYS_perf_event_open, libc::EPERM)];
    let json = Launch::timeshare(words(SHORT));
    let finished = forbidden(&forbids, json).succeeded();
    let trace = Trace::of(&finished);
    trace.assert_model_equal("without perf events");
    let switches = &trace["switches"];
    assert!(switches["unavailable"]["why"].is_string(), "{switches}");
    for subcommand in ALL {
        let finished = forbidden(&forbids, subcommand.behind(&[]));
        if subcommand == Subcommand::Run {
            for told in ["No record of context switches", "seccomp filter"] {
                let is_told = finished.stdout.contains(told);
                assert!(is_told, "{subcommand:?}: {}", finished.stdout);
            }
        }
        assert_works(subcommand, finished);
    }
}

#[test]
pub fn without_a_scheduling_class_it_works() {
    let forbids = [
        (libc::SYS_sched_setattr, libc::EPERM),
        (libc::SYS_sched_getattr, libc::EPERM),
    ];
    let trace = Trace::of(&forbidden(&forbids, Launch::timeshare(words(SHORT))).succeeded());
    trace.assert_model_equal("without sched_setattr");
    assert_eq!(trace["machine"]["supervisor_class"], "SCHED_OTHER");
    for subcommand in ALL {
        assert_works(subcommand, forbidden(&forbids, subcommand.behind(&[])));
    }
}

#[test]
fn a_class_that_the_kernel_accepts_and_ignores_is_not_said_to_be_had() {
    let ignored = [(libc::SYS_sched_setattr, 0)];
    let trace = Trace::of(&forbidden(&ignored, Launch::timeshare(words(SHORT))).succeeded());
    assert_eq!(trace["machine"]["supervisor_class"], "SCHED_OTHER");
    let finished = forbidden(&ignored, hurried_doctor()).succeeded();
    let told = unwrapped(&finished.stdout);
    assert!(told.contains("no SCHED_FIFO: the kernel accepts"), "{told}");
    assert!(!told.contains("With a short slice"), "{told}");
}

/// With so little CPU time that it leaves its longer trials out.
fn hurried_doctor() -> Launch {
    Launch::behind(&["prlimit", "--cpu=1:1"], "doctor")
}

/// As if it stood on one line.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_doctor_names_a_filter_as_the_cause_of_what_it_forbids() {
    let forbids = [
        (libc::SYS_sched_setattr, libc::EPERM),
        (libc::SYS_perf_event_open, libc::EPERM),
    ];
    let finished = forbidden(&forbids, hurried_doctor()).succeeded();
    let told = unwrapped(&finished.stdout);
    for expected in [
        "no SCHED_FIFO: a seccomp filter answers sched_setattr with EPERM",
        "perf_event_open): a seccomp filter forbids the call",
    ] {
        assert!(told.contains(expected), "{told}");
    }
    for wrong in ["CAP_SYS_NICE", "perf_event_paranoid"] {
        assert!(!told.contains(wrong), "{told}");
    }
}

#[test]
fn where_there_is_little_time_the_doctor_leaves_trials_out_and_says_which() {
    let told = unwrapped(&hurried_doctor().run().succeeded().stdout);
    // Less time than one run of them takes on paper.
    assert!(told.contains("Left out: ticks of 10ms"), "{told}");
    assert!(told.contains("1 s for each process"), "{told}");
}

#[test]
fn a_control_group_without_real_time_budget_is_named_as_the_cause_of_it() {
    let own = format!("/sys/fs/cgroup/cpu/timeshare-test-{}", std::process::id());
    let budget = format!("{own}/cpu.rt_runtime_us");
    if fs::create_dir(&own).is_err() {
        skip("no control group of version 1 that shares the CPU can be made here");
    }
    let is_zero = fs::read_to_string(&budget).is_ok_and(|text| text.trim() == "0");
    let mut told = String::new();
    if is_zero {
        let script =
            format!("echo $$ >{own}/cgroup.procs && exec prlimit --cpu=1:1 {TIMESHARE} doctor");
        told = unwrapped(&Launch::new("sh", ["-c", &script]).run().succeeded().stdout);
    }
    // Who has just been waited for may still count.
    for _ in 0..100 {
        if fs::remove_dir(&own).is_ok() {
            break;
        }
        thread::sleep(Duration::from_millis(2));
    }
    if !is_zero {
        skip("this kernel gives no real-time budgets to control groups");
    }
    assert!(told.contains(&format!("{budget} is 0")), "{told}");
    assert!(!told.contains("CAP_SYS_NICE"), "{told}");
}

#[test]
fn what_a_filter_answers_with_is_not_put_down_to_a_limit() {
    // What the harness starts once must be able to fork; and so, it starts a program (posix_spawn).
    Launch::new("true", [""; 0]).run();
    let spawns = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    let spawns = u64::try_from(spawns).expect("it is positive");
    let other = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, spawns);
    let rule = SeccompRule::new(vec![other.expect("it is one")]).expect("it is one");
    let filters = vec![
        filter(libc::SYS_clone, vec![rule], libc::EAGAIN),
        refusing(libc::SYS_clone3, libc::ENOSYS),
    ];
    let finished = filtered(filters, Launch::timeshare(words(SHORT)));
    assert_eq!(finished.code(), Some(1), "{finished:?}");
    assert_one_message(&finished);
    let told = &finished.stderr;
    assert!(told.contains("A seccomp filter answers"), "{told}");
    assert!(!told.contains("ulimit"), "{told}");
}

#[test]
fn the_doctor_asks_whose_proc_it_is_before_it_says_anything() {
    let probe = Launch::new("unshare", words("--pid --fork true")).run();
    if probe.code() != Some(0) {
        skip("no pid namespace is to be had here");
    }
    let doctor = ["--pid", "--fork", TIMESHARE, "doctor"];
    let finished = Launch::new("unshare", doctor).run();
    assert_eq!(finished.code(), Some(1), "{finished:?}");
    assert_eq!(finished.stdout, "");
    let told = finished.stderr.contains("another pid namespace");
    assert!(told, "{}", finished.stderr);
}

#[test]
pub fn without_pidfds_it_says_so() {
    for subcommand in ALL {
        for call in [libc::SYS_pidfd_open, libc::SYS_pidfd_send_signal] {
            let finished = forbidden(&[(call, libc::ENOSYS)], subcommand.behind(&[]));
            if subcommand == Subcommand::Demo && call == libc::SYS_pidfd_send_signal {
                // It ends its processes by closing a pipe, and sends no signal but those that a scene shows.
                assert_works(subcommand, finished);
                continue;
            }
            assert_eq!(finished.code(), Some(1), "{subcommand:?}: {finished:?}");
            // Found before any fork: a child that cannot be signalled could not be ended. An actor
            // needs no signal to end, and says itself that it has no pidfd.
            assert!(
                subcommand == Subcommand::Demo || !finished.had_children,
                "{finished:?}"
            );
            assert_one_message(&finished);
            assert!(finished.stderr.contains("ENOSYS"), "{}", finished.stderr);
            assert!(finished.stderr.contains("Linux 5.9"), "{}", finished.stderr);
        }
    }
}

#[track_caller]
fn assert_refused_in(options: &str, before: &str, subcommand: Subcommand, told: &str) {
    let finished = unshared(options, before, subcommand).run();
    assert_eq!(finished.code(), Some(2), "{subcommand:?}: {finished:?}");
    assert_one_message(&finished);
    assert!(finished.stderr.contains(told), "{}", finished.stderr);
}

#[test]
pub fn without_proc_it_says_so_before_any_fork() {
    for subcommand in ALL {
        assert_refused_in("-m", "umount -l /proc", subcommand, "is /proc mounted?");
    }
}

#[test]
pub fn with_the_proc_of_another_namespace_it_says_so_before_any_fork() {
    for subcommand in ALL {
        assert_refused_in(
            "--pid --fork",
            "test $$ = 1",
            subcommand,
            "another pid namespace",
        );
    }
}

#[test]
pub fn with_other_users_hidden_in_proc_it_works() {
    // Root sees every process; the capability to is dropped with the others.
    let hidden = "mount -t proc -o hidepid=2 proc /proc && setpriv --version >/dev/null";
    let user = stranger();
    let unprivileged = format!(
        "setpriv --bounding-set=-all --inh-caps=-all --reuid={user} --regid={user} --clear-groups"
    );
    let (_folder, program) = copy();
    for subcommand in ALL {
        // Whether it is to be had.
        unshared("-m", hidden, subcommand);
        let (program, line) = (program.display(), subcommand.short());
        let script = format!("{hidden} && exec {unprivileged} {program} {line}");
        let launch = Launch::new("unshare", ["-m", "sh", "-c", &script]);
        assert_works(subcommand, subcommand.attended(launch).run());
    }
}

#[test]
pub fn with_a_read_only_proc_it_works() {
    let before = "mount -t proc -o ro proc /proc && ! echo 1 2>/dev/null >/proc/self/oom_score_adj";
    for subcommand in ALL {
        assert_works(subcommand, unshared("-m", before, subcommand).run());
    }
}

#[test]
pub fn as_the_first_process_of_a_namespace_it_works_and_hears_signals() {
    let options = "--pid --fork --mount-proc";
    for subcommand in ALL {
        assert_works(
            subcommand,
            unshared(options, "test $$ = 1", subcommand).run(),
        );

        // The process with pid 1 gets only the signals it listens for.
        let as_first = |line: &str| {
            let script = format!("exec {TIMESHARE} {line}");
            let arguments = words(options).into_iter().chain(["sh", "-c", &script]);
            Launch::new("unshare", arguments.collect::<Vec<_>>())
        };
        let (reader, mut input) = std::io::pipe().expect("a pipe can be made");
        let script = "create c100000\nrun P0\n";
        std::io::Write::write_all(&mut input, script.as_bytes()).expect("it fits");
        let launch = as_first(subcommand.long());
        let launch = match subcommand {
            Subcommand::Watch => subcommand.attended(launch),
            _ => launch.stdin(reader),
        };
        let running = launch.start();
        let first = running.pid();
        running.until("it has children", |_| {
            let firsts = children_of(first).into_iter();
            firsts.flat_map(children_of).count() > 0
        });
        for first in running.children() {
            kill(first, Signal::SIGTERM).expect("it is there");
        }
        let finished = running.finish();
        assert_eq!(finished.code(), Some(143), "{subcommand:?}: {finished:?}");
        let told = finished.stderr.contains("SIGTERM");
        assert!(told, "{subcommand:?}: {}", finished.stderr);
    }
}

#[test]
pub fn with_a_single_cpu_and_without_privileges_or_a_terminal_it_works() {
    let cpu = cpus::allowed()[0].to_string();
    for subcommand in ALL {
        assert_works(
            subcommand,
            subcommand.behind(&["taskset", "-c", &cpu]).run(),
        );
        assert_works(subcommand, subcommand.unprivileged(&[]).run());
        if subcommand != Subcommand::Watch {
            assert_works(subcommand, subcommand.behind(&["setsid", "--wait"]).run());
        }
    }
}

#[test]
pub fn started_with_sigchld_ignored_or_signals_blocked_it_works() {
    let mut blocked = SigSet::empty();
    for signal in [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT] {
        blocked.add(signal);
    }
    for subcommand in ALL {
        let ignoring = ["env", "--ignore-signal=CHLD"];
        assert_works(subcommand, subcommand.behind(&ignoring).run());
        // A program inherits the mask of the thread that starts it.
        blocked.thread_block().expect("a mask can be set");
        let running = subcommand.behind(&[]).start();
        blocked.thread_unblock().expect("a mask can be set");
        assert_works(subcommand, running.finish());
    }
}
