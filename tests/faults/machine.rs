//! Faults of the machine it runs on.

use std::collections::BTreeMap;
use std::thread;

use nix::sys::signal::Signal;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use crate::common::program::{Finished, Launch, TIMESHARE};
use crate::common::trace::Trace;
use crate::common::words;
use crate::skipped;

const SHORT: &str = "run -P c2,i:c3 -L 2 --tick 2ms --json -";

/// Timeshare as a shell script starts it, in namespaces of its own. `None`: those are not to be
/// had here.
fn unshared(options: &str, before: &str, line: &str) -> Option<Launch> {
    let flags = || words(options).into_iter().chain(["sh", "-c"]);
    let probe = Launch::new("unshare", flags().chain([before])).run();
    if probe.code() != Some(0) {
        skipped(&format!("unshare {options}: {}", probe.stderr));
        return None;
    }
    let script = format!("{before} && exec {TIMESHARE} {line}");
    Some(Launch::new("unshare", flags().chain([script.as_str()])))
}

#[track_caller]
fn assert_one_message(finished: &Finished) {
    let messages = finished.stderr.lines();
    let messages = messages.filter(|line| line.starts_with("timeshare: "));
    assert_eq!(messages.count(), 1, "{}", finished.stderr);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

#[test]
fn with_any_number_of_open_files_it_works_or_says_why_not() {
    for (command, step) in [("run", 1), ("compare", 9)] {
        let mut worked = 0;
        for limit in (4..80).step_by(step) {
            let limit = format!("--nofile={limit}:{limit}");
            let line = format!("{command} -P c1:i:c1:c1 -L 1 --tick 1ms -q");
            let finished = Launch::behind(&["prlimit", &limit], &line).run();
            match finished.code() {
                Some(0) => worked += 1,
                Some(1 | 2) => assert_one_message(&finished),
                _ => panic!("{limit}: {finished:?}"),
            }
        }
        assert!(worked > 1, "{worked}");
    }
}

#[test]
fn repeated_runs_need_no_more_open_files_than_one() {
    let line = "compare --repeat 12 -P c1:c1 --tick 1ms -q";
    Launch::behind(&["prlimit", "--nofile=50:50"], line)
        .run()
        .succeeded();
}

#[test]
fn with_however_little_memory_nobody_is_left() {
    for mebibytes in [4, 8, 12, 16, 24, 32, 64, 96, 128, 160] {
        let limit = format!("--as={}", mebibytes << 20);
        let line = "run -P c3:c3:i --tick 1ms -L 1";
        let running = Launch::behind(&["prlimit", &limit], line).start();
        // Without memory, a program of this language aborts; or it was not even loaded.
        let finished = running.try_finish(std::time::Duration::from_secs(2));
        finished.expect("nobody is left");
    }
}

/// Runs it where the kernel refuses some system calls with an errno.
fn forbidden(calls: &[(i64, i32)], line: &str) -> Finished {
    let line = line.to_owned();
    let filters: Vec<BpfProgram> = calls
        .iter()
        .map(|&(call, errno)| refusing(call, errno))
        .collect();
    // A filter stays for ever with the thread that takes it, and with all that it starts.
    let in_a_thread = thread::spawn(move || {
        for filter in &filters {
            seccompiler::apply_filter(filter).expect("a filter can be had");
        }
        Launch::timeshare(words(&line)).run()
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

#[test]
fn without_perf_events_it_works_and_says_what_is_lost() {
    let forbids = [(libc::SYS_perf_event_open, libc::EPERM)];
    let finished = forbidden(&forbids, SHORT).succeeded();
    let trace = Trace::of(&finished);
    trace.assert_model_equal("without perf events");
    assert!(
        trace["switches"]["unavailable"]["why"].is_string(),
        "{}",
        trace["switches"]
    );
    let told = forbidden(&forbids, &SHORT.replace(" --json -", "")).succeeded();
    assert!(
        told.stdout.contains("No record of context switches"),
        "{}",
        told.stdout
    );
}

#[test]
fn without_a_scheduling_class_it_works() {
    let forbids = [
        (libc::SYS_sched_setattr, libc::EPERM),
        (libc::SYS_sched_getattr, libc::EPERM),
    ];
    let trace = Trace::of(&forbidden(&forbids, SHORT).succeeded());
    trace.assert_model_equal("without sched_setattr");
    assert_eq!(trace["machine"]["supervisor_class"], "SCHED_OTHER");
}

#[test]
fn without_pidfds_it_says_so() {
    for call in [libc::SYS_pidfd_open, libc::SYS_pidfd_send_signal] {
        // Found before any fork: a child that cannot be signalled could not be ended.
        let finished = forbidden(&[(call, libc::ENOSYS)], "run -P c1:c1 --tick 1ms");
        assert_eq!(finished.code(), Some(1), "{finished:?}");
        assert!(!finished.had_children, "{finished:?}");
        assert_one_message(&finished);
        assert!(finished.stderr.contains("ENOSYS"), "{}", finished.stderr);
        assert!(finished.stderr.contains("Linux 5.9"), "{}", finished.stderr);
    }
}

#[test]
fn without_proc_it_says_so_before_any_fork() {
    let before = "umount -l /proc";
    for line in ["run -P c1 --tick 1ms", "compare -P c1 --tick 1ms"] {
        let Some(launch) = unshared("-m", before, line) else {
            return;
        };
        let finished = launch.run();
        assert_eq!(finished.code(), Some(2), "{finished:?}");
        assert_one_message(&finished);
        assert!(
            finished.stderr.contains("is /proc mounted?"),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn with_other_users_hidden_in_proc_it_works() {
    // As root one sees everybody; the capability to is dropped with the others.
    let before = "mount -t proc -o hidepid=2 proc /proc && setpriv --version >/dev/null";
    let script = format!(
        "{before} && exec setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --regid=65534 --clear-groups"
    );
    let Some(_) = unshared("-m", before, SHORT) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let program = folder.path().join("timeshare");
    std::fs::copy(TIMESHARE, &program).expect("it can be copied");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).expect("it is ours");
    let script = format!("{script} {} {SHORT}", program.display());
    let finished = Launch::new("unshare", ["-m", "sh", "-c", &script])
        .run()
        .succeeded();
    Trace::of(&finished).assert_model_equal("with hidepid");
}

#[test]
fn with_a_read_only_proc_it_works() {
    let before = "mount -t proc -o ro proc /proc && ! echo 1 2>/dev/null >/proc/self/oom_score_adj";
    let Some(launch) = unshared("-m", before, SHORT) else {
        return;
    };
    Trace::of(&launch.run().succeeded()).assert_model_equal("with a read-only /proc");
}

#[test]
fn as_the_first_process_of_a_namespace_it_works_and_hears_signals() {
    let options = "--pid --fork --mount-proc";
    let Some(launch) = unshared(options, "test $$ = 1", SHORT) else {
        return;
    };
    Trace::of(&launch.run().succeeded()).assert_model_equal("as PID 1");

    // Whoever is PID 1 gets only the signals it listens for.
    let launch = unshared(options, "true", "run -P c1000:c1000").expect("as before");
    let running = launch.start();
    running.until("it has begun", |running| {
        running.stdout_so_far().contains("\n  5 ")
    });
    let [first] = running.children()[..] else {
        panic!("unshare has one child");
    };
    nix::sys::signal::kill(first, Signal::SIGTERM).expect("it is there");
    let finished = running.finish();
    assert_eq!(finished.code(), Some(143), "{finished:?}");
    assert!(
        finished.stdout.contains("ended by SIGTERM"),
        "{}",
        finished.stdout
    );
}

#[test]
fn in_a_session_without_a_terminal_it_works() {
    let arguments = ["--wait", TIMESHARE].into_iter().chain(words(SHORT));
    let finished = Launch::new("setsid", arguments).run().succeeded();
    Trace::of(&finished).assert_model_equal("without a terminal");
}
