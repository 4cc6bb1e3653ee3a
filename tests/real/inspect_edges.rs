//! `timeshare inspect` at its edges: registers, a process that ends, what is not ours to see, and
//! what is no process.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::common::procfs;
use crate::common::program::{Launch, Running, TIMESHARE, stranger};
use crate::common::runner::skip;
use crate::common::subject::{Subject, document, inspect, inspect_alone, xv6};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, geteuid};
use serde_json::Value;
use test_attribute::test;

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn assert_fails(arguments: &[&str], status: i32, named: &[&str]) {
    let output = inspect_alone(arguments);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(status), "{told}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    assert!(told.starts_with("timeshare: "), "{told}");
    for token in named {
        assert!(told.contains(token), "no {token:?} in {told}");
    }
}

#[test]
fn what_is_no_pid_is_refused() {
    for pid in ["0", "-1", "x", "1.5", "", "99999999999999999999", " 1"] {
        let quoted = format!("'{pid}'");
        assert_fails(&[pid], 2, &[&quoted, "from 1", "self"]);
    }
    assert_fails(&[], 2, &["<PID>"]);
    assert_fails(&["self", "--watch=0"], 2, &["'0'", "50ms to 3600s"]);
    assert_fails(&["self", "--watch=never"], 2, &["'never'", "10ms"]);
    assert_fails(
        &["self", "--json", "/nonexistent/x"],
        2,
        &["/nonexistent/x"],
    );
}

#[test]
fn a_process_that_does_not_exist_is_said_not_to() {
    let never = i32::MAX.to_string();
    assert_fails(&[&never], 1, &["there is no process 2147483647"]);
    assert_fails(&[&never, "--watch"], 1, &["there is no process 2147483647"]);
}

#[test]
fn self_is_timeshare_itself() {
    let said = document(&inspect_alone(&["self", "--json", "-"]));
    assert_eq!(said["name"], "timeshare");
    assert_eq!(xv6(&said, "parent")["pid"], Pid::this().as_raw());
    assert_eq!(
        said["command_line"],
        format!("{TIMESHARE} inspect self --json -")
    );
}

#[test]
fn a_process_that_vanishes_meanwhile_is_told_whole_or_not_at_all() {
    let subject = Subject::itself(Launch::new("sh", ["-c", "while :; do /bin/true; done"]).start());
    let mut seen = 0;
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        let Some(&child) = subject.children().first() else {
            continue;
        };
        let output = inspect(&[&child.to_string(), "--json", "-"]);
        if output.status.success() {
            assert_is_whole(&document(&output));
            seen += 1;
        } else {
            assert_eq!(output.status.code(), Some(1));
            let told = told(&output);
            let expected =
                told.contains("there is no process") || told.contains("while it was read");
            assert!(expected, "{told}");
        }
    }
    assert!(
        subject.letter().is_some(),
        "it has made children all the time"
    );
    eprintln!("{seen} of them were seen");
}

/// Either it has memory and a folder, or it is a zombie and has neither; unless it is just giving
/// them back.
#[track_caller]
fn assert_is_whole(said: &Value) {
    if xv6(said, "state")["exiting"] == true {
        return;
    }
    let is_zombie = xv6(said, "state")["letter"] == "Z";
    for field in ["sz", "cwd"] {
        assert_eq!(xv6(said, field).is_null(), is_zombie, "{field}: {said}");
    }
}

#[test]
fn to_be_looked_at_disturbs_no_process() {
    let subject = Subject::in_a_pipe();
    let turns = || (procfs::switches(subject.pid), subject.file("schedstat"));
    let before = turns();
    for _ in 0..5 {
        subject.inspected();
        let pid = subject.pid.to_string();
        assert!(inspect(&[&pid, "--registers"]).status.success());
    }
    assert_eq!(turns(), before, "it has never been on a CPU");
    assert_eq!(subject.letter(), Some('S'));
}

#[test]
fn the_registers_of_a_stopped_process_are_read_and_it_stays_stopped() {
    let subject = Subject::stopped();
    // Its stop, as its parent hears of it: once.
    assert_eq!(next_stop(subject.pid), Some(Signal::SIGSTOP));
    let user_time = |subject: &Subject| subject.file("stat").split(' ').nth(13).map(str::to_owned);
    let before = user_time(&subject);
    for _ in 0..10 {
        let pid = subject.pid.to_string();
        let said = document(&inspect(&[&pid, "--registers", "--json", "-"]));
        assert_eq!(subject.letter(), Some('T'), "it is as it was");
        let tf = xv6(&said, "tf");
        if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
            let context = xv6(&said, "context");
            assert_eq!(
                (&tf["sp"], &tf["pc"]),
                (&context["sp"], &context["pc"]),
                "{said}"
            );
            assert!(
                tf["all"].as_array().is_some_and(|all| all.len() > 16),
                "{tf}"
            );
        }
    }
    assert_eq!(next_stop(subject.pid), None, "its parent has heard nothing");
    assert_eq!(
        procfs::status(subject.pid, "TracerPid").as_deref(),
        Some("0")
    );
    assert_eq!(user_time(&subject), before);
    subject.signal(Signal::SIGCONT);
    let subject = subject.once('S');
    assert_eq!(xv6(&subject.inspected(), "call")["name"], "restart_syscall");
}

/// What a parent hears of a child's stops; each once.
fn next_stop(child: Pid) -> Option<Signal> {
    let flags = WaitPidFlag::WSTOPPED | WaitPidFlag::WNOHANG;
    match waitid(Id::Pid(child), flags).expect("it is our child") {
        WaitStatus::Stopped(_, signal) => Some(signal),
        _ => None,
    }
}

#[test]
fn registers_of_a_process_that_is_not_stopped_are_not_read() {
    for (subject, letter) in [
        (Subject::spinning as fn() -> Subject, 'R'),
        (Subject::in_a_pipe, 'S'),
    ] {
        let subject = subject();
        let pid = subject.pid.to_string();
        let said = document(&inspect(&[&pid, "--registers", "--json", "-"]));
        let why = said["proc"]["tf"]["unreadable"]
            .as_str()
            .expect("it says why");
        assert!(
            why.contains(&format!("not stopped (T) but {letter}")),
            "{why}"
        );
        assert_eq!(subject.letter(), Some(letter));
    }
}

/// Runs timeshare as a user without privileges.
fn inspect_as_a_stranger(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().expect("a folder can be made");
    let program = home.path().join("timeshare");
    fs::copy(TIMESHARE, &program).expect("the program can be copied");
    for path in [home.path(), &program] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).expect("it is ours");
    }
    let mut command = Command::new(&program);
    command
        .arg("inspect")
        .args(arguments)
        .uid(stranger())
        .gid(stranger());
    command.current_dir("/").output().expect("it starts")
}

#[test]
fn what_is_another_users_is_told_as_far_as_it_may_be() {
    if !geteuid().is_root() {
        skip("only root can be two users");
    }
    let subject = Subject::in_a_pipe();
    let pid = subject.pid.to_string();
    let said = document(&inspect_as_a_stranger(&[&pid, "--json", "-"]));
    for field in ["mem", "chan", "call", "ofile", "cwd", "context"] {
        let why = &said["proc"][field]["unreadable"];
        assert_eq!(
            why, "not ours to read (needs root or the same user)",
            "{field}"
        );
    }
    let why = &said["proc"]["kstack"]["unreadable"];
    assert_eq!(why, "not ours to read (needs root)");
    let by_root = subject.inspected();
    for field in ["sz", "state", "pid", "parent", "killed"] {
        assert_eq!(xv6(&said, field), xv6(&by_root, field), "{field}");
    }
    drop(subject);

    // Its exit status is not 0, but hidden.
    let subject = Subject::zombie(3);
    let said = document(&inspect_as_a_stranger(&[
        &subject.pid.to_string(),
        "--json",
        "-",
    ]));
    let exit = &said["beyond"]["exit"]["unreadable"];
    assert_eq!(exit, "not ours to read (needs root or the same user)");
    drop(subject);

    let subject = Subject::stopped();
    let pid = subject.pid.to_string();
    let said = document(&inspect_as_a_stranger(&[
        &pid,
        "--registers",
        "--json",
        "-",
    ]));
    assert_eq!(
        said["proc"]["tf"]["unreadable"],
        "not read: to trace it is forbidden"
    );
    assert_eq!(subject.letter(), Some('T'));
}

/// A shell that starts a script in the background, has timeshare watch it, and waits for both.
fn watched(script: &str) -> Running {
    let watch = format!("{TIMESHARE} inspect $subject --watch=50ms & watch=$!");
    let whole = format!("{script} & subject=$!; {watch}; wait $subject; wait $watch");
    Launch::new("sh", ["-c", &whole]).start()
}

#[track_caller]
fn until_told(watching: &Running, what: &str) {
    watching.until(what, |watching| watching.stdout_so_far().contains(what));
}

#[test]
fn to_watch_is_to_see_each_change_until_the_end() {
    let shell = watched("sleep 60");
    until_told(&shell, "S (sleeping)");
    let subject = shell.children()[0];
    let signal = |signal| kill(subject, signal).expect("it has not been waited for");
    signal(Signal::SIGSTOP);
    until_told(&shell, " state*        T (stopped)");
    signal(Signal::SIGCONT);
    until_told(&shell, " state*        S (sleeping)");
    // A parent that is stopped does not wait for it.
    shell.signal(Signal::SIGSTOP);
    shell.until("the shell is stopped", |shell| {
        procfs::stat(shell.pid()).is_some_and(|stat| stat.letter == 'T')
    });
    signal(Signal::SIGTERM);
    until_told(&shell, "killed by SIGTERM");
    shell.signal(Signal::SIGCONT);

    let finished = shell.finish();
    assert_eq!(finished.code(), Some(0));
    let last = finished.stdout.lines().last();
    let expected = format!("Process {subject} (sleep) is gone: killed by SIGTERM.");
    assert_eq!(last, Some(expected.as_str()));
    assert!(!finished.stdout.contains('\x1b'), "no terminal, no codes");
}

#[test]
fn how_a_process_ended_is_told_if_the_kernel_does() {
    // Waited for at once, it is hardly ever seen as a zombie.
    let shell = watched("(sleep 0.5; exit 7)");
    let finished = shell.finish();
    assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
    let last = finished.stdout.lines().last().expect("it says something");
    let is_known = last.ends_with("(sh) is gone: exit status 7.");
    let is_unknown = last.ends_with("(sh) is gone: how, its parent knows.");
    assert!(is_known || is_unknown && kernel() < (6, 15), "{last}");
}

/// Major and minor version.
fn kernel() -> (u32, u32) {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("every Linux has one");
    let mut numbers = release
        .split(['.', '-'])
        .map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

fn watch_self(more: &str) -> Running {
    let line = format!("inspect self --watch=50ms {more}");
    Launch::timeshare(crate::common::words(&line)).start()
}

#[test]
fn a_watch_ends_when_it_is_asked_to() {
    for (signal, status) in [(Signal::SIGINT, 0), (Signal::SIGTERM, 143)] {
        let watching = watch_self("");
        until_told(&watching, "beyond xv6");
        watching.signal(signal);
        assert_eq!(watching.finish().code(), Some(status), "{signal}");
    }
}

#[test]
fn a_watch_as_json_has_a_line_for_each_look() {
    let watching = watch_self("--json -");
    watching.until("it has looked thrice", |watching| {
        watching.stdout_so_far().lines().count() >= 3
    });
    let pid = watching.pid().as_raw();
    watching.signal(Signal::SIGINT);
    let finished = watching.finish().succeeded();
    for line in finished.stdout.lines() {
        let said: Value = serde_json::from_str(line).expect("each line is a document");
        assert_eq!(said["pid"], pid);
    }
}
