//! Faults of a child.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use serde_json::json;

use super::interference::{interference, letters, long_run};
use crate::common::program::Launch;
use crate::common::speed;
use crate::common::trace::Trace;
use crate::common::{procfs, words};
use test_attribute::test;

#[test]
pub fn a_child_that_dies_of_a_signal_is_told_with_it_and_the_others_go_on() {
    for signal in [Signal::SIGSEGV, Signal::SIGABRT, Signal::SIGBUS] {
        let (running, [p0, _]) = long_run();
        running.until("it is dead", |_| {
            // The language's runtime survives the first one of some, and no second.
            let _ = kill(p0, signal);
            procfs::stat(p0).is_none_or(|stat| stat.letter == 'Z')
        });
        let trace = Trace::of(&running.finish().succeeded());
        let exit = &trace["processes"][0]["exit"]["signal"];
        assert_eq!(exit["number"], signal as i32, "{exit}");
        let others = &trace["processes"][1];
        assert_eq!(others["exit"], json!({"code": 0}), "{others}");
        assert_eq!(interference(&trace), []);
    }
}

#[test]
pub fn fifty_children_that_die_at_once_are_all_noticed() {
    let programs = format!("c60{}", ":c1".repeat(50));
    let line = format!("run -P {programs} --tick 5ms --json -");
    let running = Launch::timeshare(words(&line)).start();
    let children = running.until_children(51);
    running.until("one runs and the others are ready", |_| {
        let letters = letters(&children);
        letters[0] == Some('R') && letters[1..].iter().all(|&letter| letter == Some('T'))
    });
    // What happens while it cannot look comes to it as one SIGCHLD.
    running.signal(Signal::SIGSTOP);
    for &child in &children[1..] {
        kill(child, Signal::SIGKILL).expect("it is there");
    }
    running.until("all of them are dead", |_| {
        letters(&children[1..])
            .iter()
            .all(|&letter| letter == Some('Z'))
    });
    running.signal(Signal::SIGCONT);
    let trace = Trace::of(&running.finish().succeeded());
    for process in &trace.list("processes")[1..] {
        assert_eq!(process["exit"]["signal"]["number"], 9, "{process}");
    }
    assert_eq!(trace["processes"][0]["exit"], json!({"code": 0}));
}

#[test]
pub fn stopped_blocked_and_running_children_end_with_the_run_at_once() {
    // SIGTERM would not end the one that is stopped; and a child could ignore it.
    let line = "run -P i,c1:c1000:c1000 -L 1000 -I IO_RUN_IMMEDIATE";
    let running = Launch::timeshare(words(line)).start();
    let children = running.until_children(3);
    running.until("one is blocked, one runs, and one is ready", |_| {
        letters(&children) == ['S', 'R', 'T'].map(Some)
    });
    let sent = Instant::now();
    running.signal(Signal::SIGTERM);
    assert_eq!(running.finish().code(), Some(143));
    assert!(
        sent.elapsed() < speed::quiet(Duration::from_secs(2)),
        "{:?}",
        sent.elapsed()
    );
}
