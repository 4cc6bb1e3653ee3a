//! `timeshare watch`: what a person does to processes and ticks while the world stands still, or in
//! the middle of a tick.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::common::screen::{letters, until_past, until_paused_at, until_told, watch};
use serde_json::{Value, json};
use test_attribute::test;

/// Watches with this command line, does something, and reads the trace of the whole run.
fn trace_of(line: &str, act: impl FnOnce(&mut crate::common::terminal::Session)) -> Value {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let json = folder.path().join("trace.json");
    let mut session = watch(&format!("{line} --json {}", json.display()));
    act(&mut session);
    // Not within the patience for a screen: others may have the CPU.
    let running = &session.running;
    running.until("it is over", |_| session.text().contains("over after"));
    session.press("q");
    session.finish(0);
    read(&json)
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("it was written");
    serde_json::from_str(&text).expect("it is JSON")
}

fn list<'a>(trace: &'a Value, field: &str) -> &'a [Value] {
    trace[field].as_array().expect("it is a list")
}

/// The ticks before which a process was found dead.
fn deaths(trace: &Value) -> Vec<u64> {
    let died = |decision: &&Value| decision["reason"] == "died";
    let decisions = list(trace, "decisions").iter().filter(died);
    let tick = |decision: &Value| decision["tick"].as_u64().expect("it is a number");
    decisions.map(tick).collect()
}

/// Goes on to this tick, one by one.
fn step_to(session: &mut crate::common::terminal::Session, tick: u64) {
    for tick in 1..tick {
        until_paused_at(session, tick);
        session.press("n");
    }
    until_paused_at(session, tick);
}

#[test]
fn a_process_killed_and_waited_for_at_a_hold_is_gone_and_the_others_go_on() {
    // Before tick 3, P0 is blocked; before tick 5, its I/O is complete and not answered yet.
    for tick in [1, 2, 3, 5] {
        let line = "-P i,c1:c20 -L 3 --tick 20ms --paused";
        let trace = trace_of(line, |session| {
            step_to(session, tick);
            session.press("k");
            session.until("P0 is dead", |_| letters(session).contains('Z'));
            session.press("w");
            session.until("P0 is gone", |_| session.running.children().len() == 1);
            session.press(" ");
        });
        assert_eq!(trace["outcome"], "complete");
        let told = list(&trace, "interference").iter();
        let told: Vec<_> = told.map(|event| event["what"].to_string()).collect();
        assert!(told.concat().contains("waited_for"), "{told:?}");
        assert_eq!(deaths(&trace), [tick + 1]);
        assert_eq!(trace["processes"][0]["exit"]["signal"]["number"], 9);
        assert_eq!(trace["processes"][1]["exit"], json!({"code": 0}));
    }
}

#[test]
fn a_blocked_process_killed_while_all_are_suspended_is_found_when_they_go_on() {
    let line = "-P i,c1:c30 -L 20 --tick 20ms --paused";
    let trace = trace_of(line, |session| {
        step_to(session, 4);
        session.press("k");
        session.until("P0 is dead", |_| letters(session).contains('Z'));
        session.press(" ");
        until_told(session, "P0 ended before its program did");
    });
    assert_eq!(deaths(&trace), [5]);
    let working = |tick: &Value| tick["ios_in_flight"] != 0;
    assert!(
        !list(&trace, "ticks")[4..].iter().any(working),
        "no I/O goes on of a process that is dead"
    );
}

#[test]
fn shorter_ticks_let_the_instruction_under_way_come_to_its_end() {
    let trace = trace_of("-P c1 --tick 1500ms", |session| {
        until_past(session, 1);
        session.press("+++++++++");
    });
    assert_eq!(trace["outcome"], "complete");
    assert_eq!(trace["processes"][0]["exit"], json!({"code": 0}));
    // It was executed at the length it began with.
    assert_eq!(list(&trace, "ticks")[0]["nominal_ns"], Value::Null);
}

#[test]
fn an_idle_tick_that_is_paused_and_given_another_length_keeps_its_own() {
    let trace = trace_of("-P i -L 3 --tick 500ms", |session| {
        until_past(session, 3);
        sleep(Duration::from_millis(50));
        session.press(" ");
        session.until_shown("‖ PAUSED");
        session.press("--");
        session.until_shown("2s a tick");
        session.press(" ");
        session.until_shown("▶ running");
        session.press("++++");
    });
    let still = list(&trace, "pauses");
    let number = still[0]["tick"].as_u64().expect("it is a number");
    let number = usize::try_from(number).expect("it is small");
    let paused = &list(&trace, "ticks")[number - 1];
    let ns = |field: &str| paused[field].as_u64().expect("it is a number");
    let nominal_ns = paused["nominal_ns"].as_u64().unwrap_or(500_000_000);
    let took_ns = ns("end_ns") - ns("start_ns");
    assert!(took_ns < 3 * nominal_ns, "{paused}");
}
