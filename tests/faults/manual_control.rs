//! Faults of processes that a person drives, and of what the person says.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};

use super::interference::with_pid;
use super::machine::assert_one_message;
use crate::common::console::{Console, letter};
use crate::common::procfs;
use crate::common::program::{GRACE, Launch};
use crate::common::runner::skip;
use crate::common::speed;
use test_attribute::test;

#[test]
pub fn a_command_that_ignores_all_signals_it_can_ends_with_the_console() {
    let mut console = Console::open("shell");
    let ignores = "trap \"\" TERM INT HUP QUIT; while :; do sleep 60 & wait; done";
    let pid = console.create(&format!("-- sh -c '{ignores}'"));
    console.tell("run P0", "SIGCONT");
    console.running.until("it ignores them", |_| {
        let mask = procfs::status(pid, "SigIgn").unwrap_or_default();
        u64::from_str_radix(&mask, 16).is_ok_and(|mask| mask & (1 << 14) != 0)
    });
    console.tell("kill P0", "SIGTERM) = 0\n");
    sleep(Duration::from_millis(50));
    assert!(letter(pid).is_some_and(|letter| letter != 'Z'));
    let sent = Instant::now();
    console.close();
    assert!(sent.elapsed() < speed::quiet(Duration::from_secs(2)));
}

#[test]
pub fn a_process_with_the_pid_of_one_that_was_waited_for_is_left_alone() {
    let mut console = Console::open("shell --tick 1ms");
    let pid = console.create("c1");
    console.tell("run P0", "has ended");
    console.tell("wait P0", "exit status 0\n");
    let Some(mut impostor) = with_pid(pid) else {
        skip("pids cannot be chosen here");
    };
    let before = procfs::switches(pid);
    // It names one who is gone: that ends a script.
    console.say("kill -9 P0");
    console.running.until_ended();
    assert_eq!(procfs::switches(pid), before, "it has been woken");
    let alive = impostor.try_wait().expect("it is ours").is_none();
    impostor.kill().expect("it is ours");
    impostor.wait().expect("it is ours");
    assert!(alive);
    let finished = console.running.finish();
    assert_eq!(finished.code(), Some(1), "{finished:?}");
    assert!(finished.stderr.contains("has been reaped"), "{finished:?}");
}

#[test]
pub fn fifty_that_die_at_once_are_all_told() {
    let mut console = Console::open("shell");
    let children: Vec<_> = (0..50).map(|_| console.create("c1")).collect();
    console.running.signal(Signal::SIGSTOP);
    for &child in &children {
        kill(child, Signal::SIGKILL).expect("it is there");
    }
    console.running.until("all of them are dead", |_| {
        children.iter().all(|&child| letter(child) == Some('Z'))
    });
    console.running.signal(Signal::SIGCONT);
    console.running.until("all of them are told", |running| {
        let out = running.stdout_so_far();
        out.matches("has ended (killed by SIGKILL)").count() == 50
    });
    console.close();
}

#[test]
pub fn a_death_by_a_signal_is_told_with_it_also_of_a_blocked_process() {
    let mut console = Console::open("shell");
    console.tell("policy iolength 100000", "iolength");
    let blocked = console.create("i");
    console.tell("run P0", "P0 issued an I/O");
    kill(blocked, Signal::SIGKILL).expect("it is there");
    console.until("P0 has ended (killed by SIGKILL)");
    for (id, signal) in [(1, Signal::SIGSEGV), (2, Signal::SIGABRT)] {
        let pid = console.create("c100000");
        console.tell(&format!("run P{id}"), "SIGCONT) = 0\n");
        console.running.until("it is dead", |_| {
            let _ = kill(pid, signal);
            letter(pid) == Some('Z')
        });
        console.until(&format!("P{id} has ended (killed by {signal}"));
    }
    let pid = console.create("-- sh -c 'exit 127'");
    console.tell("run P3", "P3 has ended (exit status 127)");
    assert_eq!(letter(pid), Some('Z'));
    console.close();
}

#[test]
pub fn what_others_do_shows_in_the_status_and_can_be_undone() {
    let mut console = Console::open("shell");
    let pid = console.create("c100000");
    kill(pid, Signal::SIGCONT).expect("it is there");
    console.until_letter(pid, 'R');
    console.tell("status P0", "R  running");
    console.tell("stop P0", "stopped by SIGSTOP\n");
    assert_eq!(letter(pid), Some('T'));
    console.tell("run P0", "SIGCONT) = 0\n");
    console.until_letter(pid, 'R');
    kill(pid, Signal::SIGSTOP).expect("it is there");
    console.until_letter(pid, 'T');
    console.tell("status P0", "not sent from here");
    console.tell("run P0", "SIGCONT) = 0\n");
    console.until_letter(pid, 'R');
    console.close();
}

#[test]
pub fn a_stop_that_a_debugger_keeps_from_being_confirmed_is_given_up_on_a_signal() {
    let mut console = Console::open("shell");
    let pid = console.create("c100000");
    console.tell("run P0", "SIGCONT) = 0\n");
    ptrace::seize(pid, ptrace::Options::empty()).expect("one may trace it");
    console.say("stop P0");
    console.until_letter(pid, 't');
    let sent = Instant::now();
    console.running.signal(Signal::SIGTERM);
    sleep(Duration::from_millis(50));
    console.running.signal(Signal::SIGTERM);
    console.running.until_ended();
    let took = sent.elapsed();
    assert!(
        took < speed::quiet(Duration::from_millis(1_500)),
        "{took:?}"
    );
    let finished = console.running.try_finish(GRACE);
    assert_eq!(finished.expect("none is left").code(), Some(143));
}

#[test]
pub fn each_process_has_the_files_it_needs_and_no_others() {
    let mut console = Console::open("shell");
    let worker = console.create("c100000");
    console.create("c100000");
    let command = console.create("-- sleep 60");
    console.tell("run P2", "SIGCONT) = 0\n");
    console.running.until("it is executed", |_| {
        procfs::stat(command).is_some_and(|stat| stat.name == "sleep")
    });
    let numbers = |pid| -> Vec<_> {
        let files = procfs::open_files(pid).into_iter();
        files.map(|(number, _)| number).collect()
    };
    assert_eq!(numbers(worker), [0, 1, 2, 3, 4, 5]);
    // Its loader has the libraries open for a moment.
    console
        .running
        .until("it has no others", |_| numbers(command) == [0, 1, 2]);
    console.close();

    let running = Launch::timeshare(["demo", "time-sharing", "--fast"]).start();
    let actors = running.until_children(2);
    for actor in actors {
        // It sends a pidfd of itself when it is ready, and has that until then.
        running.until("it is ready", |_| procfs::open_files(actor).len() == 5);
        let files = procfs::open_files(actor);
        let ours = |target: &str| {
            let is = |file: &&(i32, PathBuf)| file.1.to_string_lossy().starts_with(target);
            files.iter().filter(is).count()
        };
        // Its channel, and its lifeline.
        let kinds = ["/dev/null", "socket:", "pipe:"].map(ours);
        assert_eq!(kinds, [3, 1, 1], "{files:?}");
    }
    running.signal(Signal::SIGTERM);
    assert_eq!(running.finish().code(), Some(143));
}

#[test]
pub fn a_script_that_is_none_is_refused_in_time() {
    let endless = File::open("/dev/zero").expect("it is there");
    let long = tempfile::tempfile().expect("a temporary file can be made");
    let mut binary = long.try_clone().expect("it can");
    binary
        .write_all(b"policy\n\xff\xfe\n")
        .expect("it can be written");
    std::io::Seek::rewind(&mut binary).expect("it can be read again");
    let folder = File::open("/").expect("it is there");
    for (what, from, told) in [
        ("/dev/zero", endless, "65536 bytes"),
        ("no text", binary, "UTF-8"),
        ("a directory", folder, "directory"),
    ] {
        let started = Instant::now();
        let finished = Launch::timeshare(["shell"]).stdin(from).run();
        assert_eq!(finished.code(), Some(1), "{what}: {finished:?}");
        assert_one_message(&finished);
        assert!(
            finished.stderr.contains(told),
            "{what}: {}",
            finished.stderr
        );
        assert!(
            started.elapsed() < speed::quiet(Duration::from_secs(5)),
            "{what}"
        );
    }
}

#[test]
pub fn more_processes_than_open_files_allow_are_refused_with_the_limit_named() {
    let script = "create c1\n".repeat(30);
    let limit = ["prlimit", "--nofile=100:100"];
    let finished = Launch::behind(&limit, "shell").input(&script).run();
    assert_eq!(finished.code(), Some(2), "{finished:?}");
    assert_one_message(&finished);
    for told in ["line 10: ", "open files", "ulimit -Hn"] {
        assert!(finished.stderr.contains(told), "{}", finished.stderr);
    }
}
