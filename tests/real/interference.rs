//! What outsiders and misfortune do to the children is noticed, told, and survived.

use std::thread::sleep;
use std::time::Duration;

use crate::common::program::{Finished, Launch, Running};
use crate::common::runner::skip;
use crate::common::trace::Trace;
use crate::common::{procfs, words};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use serde_json::{Value, json};
use test_attribute::test;

/// P0 runs for a second, while P1 is ready; then P1 does.
const LONG: &str = "run -P c200:c200 --tick 5ms --json -";

/// Starts [`LONG`] and waits until P0 runs and P1 is stopped.
fn start() -> (Running, [Pid; 2]) {
    let running = Launch::timeshare(words(LONG)).start();
    running.until_children(2);
    let named = |name: &str| {
        let is_it = |child: &Pid| procfs::stat(*child).is_some_and(|stat| stat.name == name);
        running
            .children()
            .into_iter()
            .find(is_it)
            .expect("it was there")
    };
    let children = ["ts:P0", "ts:P1"].map(named);
    running.until("P0 runs and P1 is ready", |_| {
        let letters = children.map(|child| procfs::stat(child).map(|stat| stat.letter));
        letters == [Some('R'), Some('T')]
    });
    // P1 is born after P0 and stopped after it: from now on the first tick begins.
    sleep(Duration::from_millis(50));
    (running, children)
}

#[track_caller]
fn send(to: Pid, signal: Signal) {
    kill(to, signal).expect("it is there");
}

fn finish(running: Running) -> Trace {
    let trace = Trace::of(&running.finish().succeeded());
    assert_eq!(trace["outcome"], "complete");
    trace
}

/// The exit of the process that was killed, and of those that were not.
fn assert_exits(trace: &Trace, killed: usize) {
    for (index, process) in trace.list("processes").iter().enumerate() {
        let expected = if index == killed {
            json!({"signal": {"number": 9, "core_dumped": false}})
        } else {
            json!({"code": 0})
        };
        assert_eq!(process["exit"], expected, "{process}");
    }
}

fn assert_difference(trace: &Trace) -> &Value {
    let agreement = &trace["agreement"];
    let count = |field: &str| agreement[field].as_u64().expect("it is a number");
    assert!(count("model_equal") < count("cells"), "{agreement}");
    let difference = &agreement["first_difference"];
    assert!(difference["tick"].is_u64(), "{agreement}");
    difference
}

#[test]
pub fn when_the_running_process_is_killed_the_next_one_gets_the_cpu() {
    let (running, [p0, _]) = start();
    send(p0, Signal::SIGKILL);
    let trace = finish(running);
    assert_exits(&trace, 0);
    assert_difference(&trace);
    assert!(trace.list("ticks").len() < 400, "P0 did not finish");
    let decisions = trace.list("decisions").iter();
    let died = decisions.filter(|decision| decision["reason"] == "died");
    assert_eq!(died.count(), 1);
}

#[test]
pub fn when_a_ready_process_is_killed_the_running_one_goes_on() {
    let (running, [_, p1]) = start();
    send(p1, Signal::SIGKILL);
    let trace = finish(running);
    assert_exits(&trace, 1);
    let difference = assert_difference(&trace);
    assert_eq!(difference["process"], 1);
    assert_eq!(difference["simulated"]["state"], "ready");
    assert_eq!(trace.list("ticks").len(), 200, "P0 alone");
}

#[test]
fn when_all_ready_processes_are_killed_at_once_the_running_one_goes_on() {
    let programs = format!("c60{}", ":c1".repeat(20));
    let line = format!("run -P {programs} --tick 5ms --json -");
    let running = Launch::timeshare(words(&line)).start();
    let children = running.until_children(21);
    let letter = |child: &Pid| procfs::stat(*child).map(|stat| stat.letter);
    running.until("one runs and the others are ready", |_| {
        letter(&children[0]) == Some('R') && children[1..].iter().all(|c| letter(c) == Some('T'))
    });
    sleep(Duration::from_millis(50));
    for &child in &children[1..] {
        send(child, Signal::SIGKILL);
    }
    let trace = finish(running);
    assert_difference(&trace);
    for process in &trace.list("processes")[1..] {
        assert_eq!(process["exit"]["signal"]["number"], 9, "{process}");
    }
    // A process on its way to its death is runnable, but nothing has continued it.
    assert_eq!(interference(&trace), []);
    assert_eq!(trace.list("ticks").len(), 60, "the dead do not get the CPU");
}

#[test]
pub fn when_a_blocked_process_is_killed_the_others_go_on() {
    let line = "run -P i,c1:c60 -L 1000 -I IO_RUN_IMMEDIATE --json -";
    let running = Launch::timeshare(words(line)).start();
    let children = running.until_children(2);
    running.until("one is blocked while the other runs", |_| {
        let letters = [0, 1].map(|i| procfs::stat(children[i]).map(|stat| stat.letter));
        letters == [Some('S'), Some('R')]
    });
    sleep(Duration::from_millis(50));
    send(children[0], Signal::SIGKILL);
    let trace = finish(running);
    assert_exits(&trace, 0);
    assert_difference(&trace);
    assert!(
        trace.list("ticks").len() < 100,
        "its I/O is waited for no longer"
    );
}

#[test]
pub fn a_killed_process_is_shown_in_the_summary() {
    let line = LONG.replace(" --json -", "");
    let running = Launch::timeshare(words(&line)).start();
    running.until("P0 has run", |running| {
        running.stdout_so_far().contains("\n 10 ")
    });
    let p1 = running.children()[1];
    send(p1, Signal::SIGKILL);
    let finished = running.finish().succeeded();
    assert!(finished.stdout.contains("SIGKILL"), "{}", finished.stdout);
    assert!(
        finished.stdout.contains("First difference: tick "),
        "{}",
        finished.stdout
    );
}

/// What was done to whom, by the trace.
fn interference(trace: &Trace) -> Vec<(u64, String)> {
    let events = trace.list("interference").iter();
    let events = events.map(|event| {
        let process = event["process"].as_u64().expect("it is a number");
        (process, event["what"].as_str().unwrap_or("").to_owned())
    });
    events.collect()
}

#[test]
pub fn a_running_process_that_is_stopped_from_outside_is_continued_and_it_is_told() {
    let (running, [p0, _]) = start();
    send(p0, Signal::SIGSTOP);
    let trace = finish(running);
    trace.assert_model_equal("stopped from outside");
    assert_eq!(interference(&trace), [(0, "stopped".to_owned())]);
}

#[test]
pub fn a_ready_process_that_is_continued_from_outside_is_stopped_and_it_is_told() {
    let (running, [_, p1]) = start();
    send(p1, Signal::SIGCONT);
    let trace = finish(running);
    trace.assert_model_equal("continued from outside");
    assert_eq!(interference(&trace), [(1, "continued".to_owned())]);
}

#[test]
fn a_blocked_process_that_is_stopped_from_outside_is_continued_and_it_is_told() {
    let running = Launch::timeshare(words("run -P i:c100 -L 50 --tick 5ms --json -")).start();
    let children = running.until_children(2);
    running.until("one is blocked while the other runs", |_| {
        let letters = [0, 1].map(|i| procfs::stat(children[i]).map(|stat| stat.letter));
        letters == [Some('S'), Some('R')]
    });
    sleep(Duration::from_millis(50));
    send(children[0], Signal::SIGSTOP);
    let trace = finish(running);
    trace.assert_model_equal("stopped while it was blocked");
    assert_eq!(interference(&trace), [(0, "stopped".to_owned())]);
}

#[test]
pub fn bursts_of_stops_and_continues_do_not_stop_the_run() {
    let (running, children) = start();
    for round in 0..40 {
        let child = children[round % 2];
        for signal in [Signal::SIGSTOP, Signal::SIGCONT] {
            send(child, signal);
        }
        sleep(Duration::from_millis(3));
    }
    finish(running).assert_model_equal("stopped and continued many times");
}

/// Runs this many processes as a user who may have `limit` processes and threads in all.
fn with_few_processes(processes: usize, limit: u32) -> Finished {
    if !geteuid().is_root() {
        skip("only root can run it as a user who has no other processes");
    }
    let limit = format!("--nproc={limit}:{limit}");
    let programs = vec!["c1"; processes].join(":");
    let line = format!("run --tick 1ms -P {programs}");
    Launch::unprivileged(&["prlimit", &limit], &line).run()
}

#[test]
pub fn the_limit_on_processes_is_named_and_those_started_before_it_are_gone() {
    // Ours is one of them.
    let finished = with_few_processes(30, 30);
    assert_eq!(finished.code(), Some(1), "{}", finished.stderr);
    assert!(finished.had_children);
    assert!(finished.stderr.contains("EAGAIN"), "{}", finished.stderr);
    assert!(finished.stderr.contains("ulimit -u"), "{}", finished.stderr);
    assert!(!finished.stdout.contains("RUN:"), "nothing has run");
}

#[test]
pub fn more_processes_than_a_user_may_have_are_refused_with_the_limit_named() {
    let finished = with_few_processes(30, 12);
    assert_eq!(finished.code(), Some(2), "{}", finished.stderr);
    assert!(!finished.had_children);
    for told in ["no room for 30", "for 12 at most", "ulimit -u"] {
        assert!(finished.stderr.contains(told), "{}", finished.stderr);
    }
}

#[test]
pub fn without_a_second_thread_it_says_so() {
    let finished = with_few_processes(1, 1);
    assert_eq!(finished.code(), Some(1), "{}", finished.stderr);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
    assert!(
        finished.stderr.starts_with("timeshare: "),
        "{}",
        finished.stderr
    );
}
