//! The harness itself: it must be able to fail.

use std::fs::{self, File};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::program::Launch;
use crate::common::timeshare;

/// How long the processes that are left behind here would live.
const SLEEP: &str = "30";

fn shell(script: &str) -> Launch {
    Launch::new("sh", ["-c", script])
}

#[test]
fn a_process_left_behind_is_found_and_killed() {
    for script in [
        format!("sleep {SLEEP} & exec true"),
        // The grandchild of a child that is gone, and one in a session of its own.
        format!("(sleep {SLEEP} &) ; exec true"),
        format!("setsid sleep {SLEEP} & sleep 0.2; exec true"),
        format!("sleep {SLEEP} & sleep 0.2; kill -STOP $!; exec true"),
    ] {
        let start = Instant::now();
        let left = shell(&script)
            .start()
            .try_finish(Duration::from_millis(300));
        let message = left.expect_err(&script).to_string();
        assert!(message.contains("sleep"), "{script}: {message}");

        let next = shell("exit 3").run();
        assert_eq!((next.code(), next.orphans), (Some(3), 0), "it was killed");
        assert!(start.elapsed() < Duration::from_secs(20), "not waited for");
    }
}

#[test]
fn what_a_program_leaves_behind_besides_processes_is_found() {
    for (script, found) in [
        ("mktemp >/dev/null", "/tmp."),
        (
            "touch /dev/shm/timeshare-harness",
            "/dev/shm/timeshare-harness",
        ),
        ("ipcmk -M 4096 >/dev/null", "shm "),
        ("ipcmk -S 1 >/dev/null", "sem "),
        ("ipcmk -Q >/dev/null", "msg "),
    ] {
        let left = shell(script).start().try_finish(Duration::from_secs(2));
        let message = left.expect_err(script).to_string();
        assert!(message.contains(found), "{script}: {message}");
        remove(&message);
    }
    // Others make some meanwhile, and live: they are not the program's.
    let running = shell("sleep 0.3").start();
    let theirs = "/dev/shm/timeshare-harness-2";
    let file = File::create(theirs).expect("it can be made");
    let finished = running.try_finish(Duration::ZERO);
    fs::remove_file(theirs).expect("it is there");
    drop(file);
    finished.expect("nothing is left behind");
}

/// The objects of a message of the check.
fn remove(message: &str) {
    let objects = message.split_once(": ").map_or("", |(_, objects)| objects);
    for object in objects.split(", ") {
        let words: Vec<_> = object.split(' ').collect();
        let option = match words[0] {
            "shm" => "-m",
            "sem" => "-s",
            "msg" => "-q",
            path => {
                let _ = fs::remove_file(path);
                continue;
            }
        };
        let removed = Command::new("ipcrm").args([option, words[1]]).status();
        assert!(removed.is_ok_and(|status| status.success()), "{message}");
    }
}

#[test]
fn an_orphan_that_ends_in_time_is_counted_but_not_a_leak() {
    let finished = shell("sleep 0.1 & exec true")
        .start()
        .try_finish(Duration::from_secs(5));
    assert_eq!(finished.expect("nobody is left").orphans, 1);
}

#[test]
#[should_panic(expected = "it does not end")]
fn a_program_that_does_not_end_is_killed_at_the_deadline() {
    let launch = shell("sleep 30; exit 0").patience(Duration::from_millis(200));
    launch.run();
}

#[test]
fn a_test_that_fails_leaves_no_process_behind() {
    let failed = std::panic::catch_unwind(|| {
        let running = shell("sleep 30 & sleep 30; exit 0").start();
        running.until("both were there", |running| running.children().len() == 2);
        panic!("as a test does");
    });
    assert!(failed.is_err());
    let next = shell("exit 0").start();
    let finished = next.try_finish(Duration::ZERO).expect("nobody is left");
    assert_eq!(finished.orphans, 0);
}

#[test]
fn a_program_that_forks_is_told_from_one_that_does_not() {
    assert!(!shell("exec true").run().had_children);
    assert!(shell("env true; exit 0").run().had_children);
    assert!(!timeshare("simulate -P c1 -c").had_children);
    assert!(timeshare("run -P c1 --tick 1ms").had_children);
}
