//! `timeshare watch` on a terminal: what stands on the screen, and what the keys do to real
//! processes.

mod common;

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use common::procfs::stat;
use common::program::Launch;
use common::screen::{discrete, events, letter, timeline};
use common::terminal::{CTRL_C, CTRL_Z, DOWN, END, HOME, LEFT, RIGHT, Session, TAB, UP};
use common::{words, workload};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use serde_json::Value;

/// Watches on a small terminal.
fn watch(line: &str) -> Session {
    watch_on(line, 80, 24)
}

fn watch_on(line: &str, columns: u16, rows: u16) -> Session {
    let line = format!("watch {line}");
    let session = Session::open(Launch::timeshare(words(&line)), columns, rows);
    session.until_shown("TIMELINE");
    session
}

/// Waits until it stands still at the beginning of a tick, with all processes stopped.
#[track_caller]
fn until_paused_at(session: &Session, tick: u64) {
    session.until(&format!("it is paused at tick {tick}"), |text| {
        let status = text.lines().next().unwrap_or_default();
        status
            .trim_end()
            .ends_with(&format!("tick {tick}  ‖ PAUSED"))
    });
}

/// Waits until it stands among the decisions.
#[track_caller]
fn until_told(session: &Session, what: &str) {
    session.until(what, |_| events(&session.rows()).contains(what));
}

/// The letters of those who live.
fn letters(session: &Session) -> String {
    let children = session.running.children();
    let letters = children.iter().filter_map(|&pid| Some(stat(pid)?.letter));
    letters.collect()
}

/// CPU time of all its processes in nanoseconds, by the kernel's clock.
fn cpu_ns(session: &Session) -> u64 {
    let of = |pid: &Pid| -> Option<u64> {
        let schedstat = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
        schedstat.split_whitespace().next()?.parse().ok()
    };
    session.running.children().iter().filter_map(of).sum()
}

/// All processes are stopped and stay so, and the clocks with them.
#[track_caller]
fn assert_stands_still(session: &Session) {
    session.until("all are stopped", |_| {
        letters(session).chars().all(|letter| letter == 'T')
    });
    let before = (cpu_ns(session), session.rows());
    sleep(Duration::from_millis(300));
    assert_eq!(letters(session).trim_matches('T'), "");
    assert_eq!(
        before.0,
        cpu_ns(session),
        "it used the CPU while it was paused"
    );
    assert_eq!(before.1.first(), session.rows().first());
}

fn until_over(session: &Session) {
    session.until_shown("over after");
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
    session.until_shown("tick 5");
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
    session.until_shown("tick 3");
    session.press("n");
    session.until_shown("‖ PAUSED");
    assert_stands_still(&session);
    let tick: u64 = {
        let status = session.rows()[0].clone();
        let after = status.rsplit("tick ").next().expect("it says the tick");
        let number = after.split_whitespace().next().expect("it is a number");
        number.parse().expect("it is a number")
    };
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
    let nominal: Vec<_> = trace["ticks"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|tick| tick["nominal_ns"].as_u64().unwrap_or(50_000_000))
        .collect();
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

fn read(path: &std::path::Path) -> Value {
    let text = fs::read_to_string(path).expect("it was written");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn one_looks_back_while_the_run_goes_on() {
    let mut session = watch("-P c400 --tick 10ms");
    session.until_shown("tick 9");
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
    session.until_shown("tick 3");
    // The running one is stopped, a stopped one continued, and one killed.
    session.press("s");
    until_told(&session, "P0: whoever watches sent it SIGSTOP");
    until_told(&session, "P0: somebody else stopped it; it was continued");
    session.press(&format!("{DOWN}c"));
    until_told(&session, "P1: whoever watches sent it SIGCONT");
    session.press(&format!("{DOWN}{DOWN}k"));
    until_told(&session, "P2 ended before its program did");
    session.until_shown("P2!");
    until_over(&session);
    session.press("q");
    let text = session.finish(0);
    assert!(text.contains("sent it SIGKILL (P2)"), "{text}");
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
fn a_zombie_is_waited_for_by_hand() {
    let mut session = watch("-P c1:c400 --tick 10ms --reap end");
    session.until_shown("Zombie   Z");
    session.press("w");
    until_told(&session, "P0: whoever watches waited for it");
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
    session.until_shown("CPU utilization");
    session.press(DOWN);
    session.until_shown("↑ 1");
    session.press(UP);
    session.press(TAB);
    session.until_shown("┌ Running");
    session.press(TAB);
    session.until_shown("CPU utilization");
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
fn the_terminal_is_given_back_while_it_is_suspended() {
    let mut session = watch("-P c400:c400 --tick 10ms");
    session.until_shown("tick 5");
    let pid = session.running.pid();
    session.running.signal(Signal::SIGTSTP);
    session.until("it stands still", |_| {
        stat(pid).is_some_and(|stat| stat.letter == 'T')
    });
    session.until("the screen is given back", |_| !session.is_full_screen());
    session.assert_given_back();
    assert_eq!(letters(&session), "TT");
    session.running.signal(Signal::SIGCONT);
    session.until_shown("▶ running");
    assert!(session.is_full_screen());
    let before = cpu_ns(&session);
    session.until("it goes on", |_| cpu_ns(&session) > before + 50_000_000);
    session.press("q");
    let text = session.finish(0);
    assert!(text.contains("Suspended for"), "{text}");
}

#[test]
fn ctrl_z_and_fg_work_in_a_shell() {
    let shell =
        Launch::new("sh", ["-c", "exec setsid --wait --ctty sh -i 2>&1"]).env("PS1", "PROMPT> ");
    let mut session = Session::open(shell, 80, 24);
    session.until_shown("PROMPT>");
    let watch = format!(
        "{} watch -P c400:c400 --tick 10ms\r",
        common::program::TIMESHARE
    );
    session.press(&watch);
    session.until_shown("tick 5");
    for time in 1..=2 {
        session.press(CTRL_Z);
        session.until("the shell is back", |text| {
            text.matches("Stopped").count() == time && text.trim_end().ends_with("PROMPT>")
        });
        assert!(!session.is_full_screen());
        session.press("fg\r");
        session.until("the view is back", |text| text.contains("▶ running"));
        session.until_shown("┌ Running");
        assert!(session.is_full_screen());
    }
    session.press(CTRL_C);
    session.until_shown("timeshare: stopped by SIGINT");
    session.press("exit 7\r");
    let (text, finished) = session.end();
    assert_eq!(finished.code(), Some(7), "{text}");
}

#[test]
fn the_view_follows_the_size_of_the_terminal() {
    let mut session = watch("-P c400 --tick 10ms");
    session.resize(70, 20);
    session.until_shown("too small");
    session.until_shown("70x20; needed: 80x24");
    session.resize(120, 40);
    session.until_shown("┌ Running");
    session.until("it is larger", |_| session.rows()[39].contains("q quit"));
    session.resize(80, 24);
    session.until("it is smaller", |_| session.rows()[23].contains("q quit"));
    session.press("q");
    session.finish(0);
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_given_back() {
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        for line in [
            "-P c400:c400 --tick 10ms",
            "-P c400:c400 --paused",
            "-P c1 --tick 1ms",
        ] {
            let session = watch(line);
            match line {
                "-P c1 --tick 1ms" => until_over(&session),
                _ => session.until_shown("[c]"),
            }
            session.running.signal(signal);
            let text = session.finish(128 + signal as i32);
            assert!(text.contains("CPU utilization"), "{signal}, {line}: {text}");
        }
    }
}

#[test]
fn a_second_signal_gives_the_terminal_back_too() {
    let session = watch("-P c400:c400 --paused");
    // Whichever comes while it is ending.
    session.running.signal(Signal::SIGTERM);
    session.running.signal(Signal::SIGINT);
    session.running.until_ended();
    session.assert_given_back();
    let finished = session.running.try_finish(Duration::from_secs(2));
    let code = finished.expect("nobody is left").code().expect("it exits");
    assert!(code == 128 + 15 || code == 128 + 2, "{code}");
}

#[test]
fn nobody_survives_a_kill() {
    let session = watch("-P c400:c400:c400 --tick 10ms");
    session.until_shown("tick 5");
    session.running.signal(Signal::SIGKILL);
    let finished = session.running.finish();
    assert_eq!(finished.killed_by(), Some(9));
}

#[test]
fn without_a_terminal_nothing_is_started() {
    for line in [
        "watch -P c1",
        "watch -P c1 --paused",
        "watch -P c1 --json -",
    ] {
        let finished = Launch::timeshare(words(line)).run();
        assert_eq!(finished.code(), Some(2), "{finished:?}");
        assert!(!finished.had_children && finished.stdout.is_empty());
        assert!(
            finished.stderr.contains("needs a terminal"),
            "{}",
            finished.stderr
        );
        assert!(
            finished.stderr.contains("timeshare run"),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn the_screen_and_the_json_do_not_share_standard_output() {
    let session = Session::open(Launch::timeshare(words("watch -P c1 --json -")), 80, 24);
    let (_, finished) = session.end();
    assert_eq!(finished.code(), Some(2));
    assert!(finished.stderr.contains("give --json a file") && !finished.had_children);
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
