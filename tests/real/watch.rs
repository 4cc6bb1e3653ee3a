//! `timeshare watch` on a terminal: what stands on the screen, and what the keys do to real
//! processes.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use crate::common::screen::{
    cpu_ns, discrete, letter, letters, tick, timeline, until_over, until_past, until_paused_at,
    until_told, watch, watch_on,
};
use crate::common::terminal::{DOWN, END, HOME, LEFT, RIGHT, Session, TAB, UP};
use crate::common::workload;
use serde_json::Value;
use test_attribute::test;

/// All processes are stopped and stay so, and the clocks with them.
#[track_caller]
fn assert_stands_still(session: &Session) {
    session.until("all are stopped", |_| {
        letters(session).chars().all(|letter| letter == 'T')
    });
    let before = (cpu_ns(session), session.rows());
    sleep(Duration::from_millis(300));
    let letters = letters(session);
    assert!(!letters.is_empty() && letters.chars().all(|letter| letter == 'T'));
    assert_eq!(
        before.0,
        cpu_ns(session),
        "it used the CPU while it was paused"
    );
    assert_eq!(before.1.first(), session.rows().first());
}

#[test]
fn tick_by_tick_everything_is_where_the_book_says() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let line = format!("{} --paused --tick 20ms", workload("figure-4.4"));
        let mut session = watch_on(&line, columns, rows);
        for tick in 1..=9 {
            until_paused_at(&session, tick);
            if [1, 4, 7, 9].contains(&tick) {
                session.until("all are seen stopped", |_| {
                    let rows = session.rows();
                    let seen = ["P0", "P1"].map(|process| letter(&rows, process));
                    seen.iter().all(|letter| letter == "T" || letter == "Z")
                });
                let name = format!("{columns}x{rows}-tick-{tick}");
                insta::assert_snapshot!(name, discrete(&session.rows()));
            }
            session.press("n");
        }
        session.press(" ");
        until_over(&session);
        session.press("q");
        let text = session.finish(0);
        assert!(text.contains("20 of 20 cells as simulated"), "{text}");
    }
}

#[test]
fn a_paused_world_really_stands_still_and_goes_on() {
    let mut session = watch("-P c400:c400 --tick 10ms");
    until_past(&session, 5);
    session.press(" ");
    session.until_shown("‖ PAUSED");
    assert_stands_still(&session);
    session.press(" ");
    session.until_shown("▶ running");
    let before = cpu_ns(&session);
    session.until("it goes on", |_| cpu_ns(&session) > before + 50_000_000);
    // In the middle of a tick, too.
    session.press("-----");
    sleep(Duration::from_millis(100));
    session.press(" ");
    session.until_shown("‖ PAUSED");
    assert_stands_still(&session);
    session.press("q");
    session.finish(0);
}

#[test]
fn a_step_is_one_tick_wherever_it_begins() {
    let mut session = watch("-P c50:c50 --tick 50ms");
    until_past(&session, 3);
    session.press("n");
    session.until_shown("‖ PAUSED");
    assert_stands_still(&session);
    let tick = tick(&session);
    session.press("n");
    until_paused_at(&session, tick + 1);
    assert_stands_still(&session);
    session.press("q");
    session.finish(0);
}

#[test]
fn a_tick_gets_longer_and_shorter() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let json = folder.path().join("trace.json");
    let line = format!("-P c6 --tick 50ms --paused --json {}", json.display());
    let mut session = watch(&line);
    until_paused_at(&session, 1);
    session.press("-");
    session.until_shown("100ms a tick");
    session.press("n");
    until_paused_at(&session, 2);
    session.press("+++");
    session.until_shown("10ms a tick");
    session.press(" ");
    until_over(&session);
    session.press("q");
    session.finish(0);
    let trace = read(&json);
    let mut nominal: Vec<_> = trace["ticks"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|tick| tick["nominal_ns"].as_u64().unwrap_or(50_000_000))
        .collect();
    // Without `SCHED_FIFO` it may have begun its second instruction before it was paused.
    if trace["machine"]["supervisor_class"] != "SCHED_FIFO" && nominal[1] == 100_000_000 {
        nominal[1] = 10_000_000;
    }
    assert_eq!(
        nominal,
        [
            100_000_000,
            10_000_000,
            10_000_000,
            10_000_000,
            10_000_000,
            10_000_000
        ]
    );
}

#[test]
fn what_was_watched_can_be_taken_home() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let [page, recording] = ["run.html", "run.jsonl"].map(|name| folder.path().join(name));
    let line = format!(
        "-P c2:c1 --tick 20ms --html {} --record {}",
        page.display(),
        recording.display()
    );
    let mut session = watch(&line);
    until_over(&session);
    session.press("q");
    session.finish(0);
    let text = |path| fs::read_to_string(path).expect("it was written");
    assert!(text(&page).starts_with("<!DOCTYPE html>"));
    let recording = text(&recording);
    let last = recording.lines().last().expect("there are lines");
    assert!(last.starts_with("{\"end\""), "{last}");
    assert_eq!(recording.matches("{\"tick\":{").count(), 3);
}

fn read(path: &std::path::Path) -> Value {
    let text = fs::read_to_string(path).expect("it was written");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn one_looks_back_while_the_run_goes_on() {
    let mut session = watch("-P c400 --tick 10ms");
    until_past(&session, 9);
    session.press(&format!("{LEFT}{LEFT}{LEFT}"));
    session.until_shown("looking back");
    session.press(HOME);
    session.until_shown("looking back: tick 1 of");
    session.press(RIGHT);
    session.until_shown("looking back: tick 2 of");
    let before = cpu_ns(&session);
    session.until("it goes on", |_| cpu_ns(&session) > before + 50_000_000);
    session.press(END);
    session.until("it is the present", |text| !text.contains("looking back"));
    session.press("g3\r");
    session.until_shown("looking back: tick 3 of");
    session.press("q");
    session.finish(0);
}

#[test]
fn the_scheduler_copes_with_what_is_done_by_hand() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let json = folder.path().join("trace.json");
    let line = format!("-P c30:c30:c400 --tick 20ms --json {}", json.display());
    let mut session = watch_on(&line, 100, 40);
    until_past(&session, 3);
    // The running one is stopped, a stopped one continued, and one killed.
    session.press("s");
    until_told(&session, "P0: it got SIGSTOP by hand");
    until_told(&session, "P0: it was stopped by hand; it was continued");
    session.press(&format!("{DOWN}c"));
    until_told(&session, "P1: it got SIGCONT by hand");
    session.press(&format!("{DOWN}{DOWN}k"));
    until_told(&session, "P2 ended before its program did");
    session.until_shown("P2!");
    until_over(&session);
    session.press("q");
    let text = session.finish(0);
    assert!(text.contains("it got SIGKILL by hand (P2)"), "{text}");
    assert!(!text.contains("another program"), "{text}");
    let trace = read(&json);
    let exits: Vec<_> = trace["processes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|process| process["exit"].clone())
        .collect();
    assert_eq!(exits[0], serde_json::json!({"code": 0}));
    assert_eq!(exits[1], serde_json::json!({"code": 0}));
    assert_eq!(exits[2]["signal"]["number"], 9);
}

#[test]
fn a_process_killed_in_the_middle_of_a_tick_has_a_sign_of_its_own() {
    let mut session = watch("-P c3:c2 --tick 1s");
    until_past(&session, 1);
    session.press("k");
    until_told(&session, "P0 ended before its program did");
    let rows = session.rows();
    assert!(timeline(&rows, "P0").starts_with('x'), "{rows:?}");
    session.press("q");
    session.finish(0);
}

#[test]
fn a_zombie_is_waited_for_by_hand() {
    let mut session = watch("-P c1:c400 --tick 10ms --reap end");
    session.until_shown("Zombie   Z");
    session.press("w");
    until_told(&session, "P0: it was waited for by hand");
    session.until("it is gone", |_| session.running.children().len() == 1);
    session.press("q");
    session.finish(0);
}

#[test]
fn policies_change_on_the_fly() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let json = folder.path().join("trace.json");
    let line = format!(
        "-P c2,i,c1:c5 -L 3 --tick 10ms --paused --json {}",
        json.display()
    );
    let mut session = watch(&line);
    until_paused_at(&session, 1);
    session.press("S");
    session.until_shown("SWITCH_ON_END");
    session.press("I");
    session.until_shown("IO_RUN_IMMEDIATE");
    session.press("n");
    until_paused_at(&session, 2);
    until_told(&session, "from now on");
    session.press(" ");
    until_over(&session);
    session.press("q");
    let text = session.finish(0);
    assert!(text.contains("as simulated"), "{text}");
    let changes = read(&json)["policy_changes"].clone();
    let change = serde_json::json!([
        {"tick": 2, "switch": "SWITCH_ON_END", "io_done": "IO_RUN_IMMEDIATE"}
    ]);
    assert_eq!(changes, change);
}

#[test]
fn when_all_is_over_the_summary_can_be_read_and_is_printed_when_one_leaves() {
    let mut session = watch("-P c2,i,c1:c5 -L 3 --tick 5ms");
    until_over(&session);
    // The last picture stays, and says how to get on.
    session.until_shown("OVER: Tab shows the summary");
    session.until_shown("┌ Running");
    session.press(TAB);
    session.until_shown("CPU utilization");
    session.press(DOWN);
    session.until_shown("↑ 1");
    session.press(UP);
    session.press(TAB);
    session.until_shown("┌ Running");
    assert_eq!(letters(&session), "");
    session.press("q");
    let text = session.finish(0);
    assert!(text.contains("20 of 20 cells as simulated"), "{text}");
}

#[test]
fn help_lists_the_keys() {
    let mut session = watch("-P c400 --tick 10ms");
    session.press("?");
    session.until_shown("send it SIGSTOP, SIGCONT, SIGKILL by hand");
    session.press("x");
    session.until_shown("┌ Running");
    session.press("q");
    session.finish(0);
}

#[test]
fn a_hundred_processes_can_be_scrolled() {
    let programs = vec!["c3"; 100].join(":");
    let mut session = watch(&format!("-P {programs} --tick 1ms --paused"));
    until_paused_at(&session, 1);
    session.press(&DOWN.repeat(99));
    session.until_shown("▸ P99");
    session.press(" ");
    until_over(&session);
    session.press("q");
    session.finish(0);
}

#[test]
fn it_keeps_up_with_short_ticks() {
    let mut session = watch("-P c300:c300 --tick 1ms");
    until_over(&session);
    session.until_shown("over after 600 ticks");
    let rows = session.rows();
    assert!(timeline(&rows, "P1").ends_with('c'), "{rows:?}");
    session.press("q");
    session.finish(0);
}
