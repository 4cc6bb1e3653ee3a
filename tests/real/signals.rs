//! Whatever ends the supervisor, it ends in good order, and no child outlives it.

use std::fs::File;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::ending::{after, killed_after, only_the_first_line};
use crate::common::program::{GRACE, Launch, Running};
use crate::common::speed;
use crate::common::trace::Trace;
use crate::common::{timeshare, words};
use nix::sys::signal::{SigSet, Signal};
use test_attribute::test;

/// 20 s, if nothing ends it.
const LONG: &str = "run -P c1000:c1000";

/// Within half a second, and more on a machine that has other things to do.
const PROMPTLY: Duration = Duration::from_secs(2);

/// Long enough to be told from a machine that has other things to do.
const STOPPED: Duration = Duration::from_millis(500);

const ENDING: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Waits until some ticks have been printed.
fn until_rows(running: &Running) {
    running.until("some ticks were printed", |running| {
        running.stdout_so_far().contains("\n  5 ")
    });
}

#[test]
pub fn a_signal_ends_the_run_promptly_and_the_summary_tells_how_far_it_came() {
    for signal in ENDING {
        let running = Launch::timeshare(words(LONG)).start();
        until_rows(&running);
        let sent = Instant::now();
        running.signal(signal);
        let finished = running.finish();
        assert!(
            sent.elapsed() < speed::quiet(PROMPTLY),
            "{signal}: {:?}",
            sent.elapsed()
        );
        assert_eq!(finished.code(), Some(128 + signal as i32), "{finished:?}");
        let told = format!("The run was ended by {signal}");
        assert!(finished.stdout.contains(&told), "{}", finished.stdout);
        assert!(
            finished.stdout.contains("total time"),
            "{}",
            finished.stdout
        );
        assert!(
            finished.stderr.contains(signal.as_str()),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn a_signal_leaves_a_valid_trace_of_what_has_happened() {
    for signal in ENDING {
        let running = Launch::timeshare(words(&format!("{LONG} --json -"))).start();
        running.until_children(2);
        sleep(Duration::from_millis(200));
        running.signal(signal);
        let finished = running.finish();
        assert_eq!(finished.code(), Some(128 + signal as i32));
        let trace = Trace::of(&finished);
        assert_eq!(trace["outcome"]["interrupted"]["signal"], signal.as_str());
        assert!(trace.list("ticks").len() < 1000);
        for process in trace.list("processes") {
            assert!(
                process["exit"].is_null(),
                "it did not end by itself: {process}"
            );
        }
    }
}

#[test]
fn a_signal_before_the_first_tick_ends_the_run_too() {
    for delay in (0..30).step_by(3) {
        let programs = vec!["c1000"; 20].join(":");
        let running = Launch::timeshare(["run", "-P", &programs]).start();
        sleep(Duration::from_millis(delay));
        running.signal(Signal::SIGTERM);
        let finished = running.finish();
        // Before it listens, the signal does what it does to every program.
        let ended = finished.code() == Some(143) || finished.killed_by() == Some(15);
        assert!(ended, "after {delay} ms: {finished:?}");
    }
}

#[test]
pub fn no_child_outlives_two_signals_in_a_row() {
    let running = Launch::timeshare(words(LONG)).start();
    until_rows(&running);
    running.signal(Signal::SIGINT);
    running.signal(Signal::SIGINT);
    let finished = running.try_finish(PROMPTLY).expect("no child outlives it");
    assert_eq!(finished.code(), Some(130));
}

#[test]
fn a_signal_ignored_at_its_start_stays_ignored() {
    for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT] {
        let name = signal.as_str().trim_start_matches("SIG");
        let line = "run -P c30:c30 --json -";
        let running = after(&format!("trap '' {name}"), line).start();
        running.until_children(2);
        sleep(Duration::from_millis(100));
        running.signal(signal);
        let trace = Trace::of(&running.finish().succeeded());
        trace.assert_model_equal("with a signal ignored");
    }
}

#[test]
fn nohup_keeps_it_alive() {
    let running = Launch::behind(&["nohup"], "run -P c30:c30 --json -").start();
    running.until_children(2);
    sleep(Duration::from_millis(100));
    running.signal(Signal::SIGHUP);
    let finished = running.finish();
    assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
    Trace::of(&finished).assert_model_equal("under nohup");
}

#[test]
pub fn it_works_when_started_with_sigchld_ignored() {
    let finished = after("trap '' CHLD", "run -P c2,i:c3 -L 2 --tick 2ms --json -").run();
    Trace::of(&finished.succeeded()).assert_model_equal("with SIGCHLD ignored");
}

#[test]
pub fn it_works_and_hears_signals_when_started_with_signals_blocked() {
    let mut blocked = SigSet::empty();
    let others = [Signal::SIGCHLD, Signal::SIGTSTP, Signal::SIGCONT];
    for signal in ENDING.into_iter().chain(others) {
        blocked.add(signal);
    }
    // A program inherits the mask of the thread that starts it.
    let start = |launch: Launch| {
        blocked.thread_block().expect("a mask can be set");
        let running = launch.start();
        blocked.thread_unblock().expect("a mask can be set");
        running
    };
    let mask = Launch::new("grep", ["SigBlk", "/proc/self/status"]);
    let mask = start(mask).finish().succeeded().stdout;
    assert!(
        !mask.contains("0000000000000000"),
        "it is inherited: {mask}"
    );

    let line = "run -P c2,i:c3 -L 2 --tick 2ms --json -";
    let finished = start(Launch::timeshare(words(line))).finish();
    Trace::of(&finished.succeeded()).assert_model_equal("with signals blocked");

    let running = start(Launch::timeshare(words("run -P c100:c100 --json -")));
    running.until_children(2);
    sleep(Duration::from_millis(200));
    let stood_still = running.suspend(STOPPED);
    sleep(Duration::from_millis(200));
    running.signal(Signal::SIGSTOP);
    sleep(STOPPED);
    running.signal(Signal::SIGCONT);
    let trace = Trace::of(&running.finish().succeeded());
    let told = |cause: &str| {
        let pauses = trace.list("pauses").iter();
        let those = pauses.filter(|pause| pause["cause"] == cause);
        let lengths = those.map(|pause| pause["length_ns"].as_u64().expect("it is a number"));
        Duration::from_nanos(lengths.max().unwrap_or(0))
    };
    assert!(told("terminal") >= stood_still, "{}", trace["pauses"]);
    assert!(told("outside") >= STOPPED / 2, "{}", trace["pauses"]);

    let running = start(Launch::timeshare(words(LONG)));
    until_rows(&running);
    running.signal(Signal::SIGTERM);
    assert_eq!(running.finish().code(), Some(143));
}

#[test]
pub fn no_child_outlives_a_supervisor_that_is_killed() {
    // Some compute, some are blocked, some are ready; the kill comes at every stage of a run.
    let programs = "c50,i,c50:i,c9:c3,i,c3,i,c3:c100:i,i,i,i:c7:i,c1:c20,i";
    let mut orphans = 0;
    let unit = speed::quiet(Duration::from_micros(250));
    for round in 0..24 {
        let arguments = ["run", "--tick", "1ms", "-L", "4", "-P", programs];
        let running = Launch::timeshare(arguments).start();
        orphans += killed_after(running, unit * round * round, GRACE);
    }
    assert!(
        orphans >= 30,
        "the kill came too early or too late: {orphans}"
    );
}

#[test]
fn a_reader_of_only_the_first_line_ends_the_run_without_an_error() {
    let (line, took) = only_the_first_line(LONG);
    assert!(line.starts_with("CPU "), "{line}");
    assert!(took < speed::quiet(PROMPTLY), "{took:?}");
}

#[test]
fn a_full_disk_ends_the_run_with_an_error() {
    for line in [
        LONG,
        "run -P c2 --tick 1ms -q",
        "run -P c2 --tick 1ms --json -",
    ] {
        let full = File::options().write(true).open("/dev/full");
        let launch = Launch::timeshare(words(line)).stdout(full.expect("it is there"));
        let started = Instant::now();
        let finished = launch.run();
        assert!(started.elapsed() < speed::quiet(PROMPTLY), "{line}");
        assert_eq!(finished.code(), Some(1), "{line}: {}", finished.stderr);
        assert!(
            finished.stderr.contains("No space left"),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn standard_input_is_left_alone() {
    let finished = timeshare("run -P c2 --tick 1ms").succeeded();
    let closed = after("exec <&-", "run -P c2 --tick 1ms -q")
        .run()
        .succeeded();
    assert!(finished.stdout.contains("2 of 2 cells"));
    assert!(closed.stdout.contains("2 of 2 cells"), "{}", closed.stdout);
}
