//! The scenes, on real processes: what they claim holds, and they leave no process behind.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::ending::{after, killed_after, only_the_first_line};
use crate::common::modes::Modes;
use crate::common::procfs;
use crate::common::program::{Finished, GRACE, Launch, Running, works};
use crate::common::runner::skip;
use crate::common::speed::quiet;
use crate::common::{timeshare, words};
use nix::pty::{OpenptyResult, openpty};
use nix::sys::signal::{Signal, kill};
use serde_json::Value;
use test_attribute::test;

const SCENES: [&str; 11] = [
    "states",
    "loading",
    "time-sharing",
    "context-switch",
    "stop-cont",
    "wait",
    "zombie",
    "sigchld",
    "orphan",
    "zombie-orphan",
    "double-fork",
];

const ALL: &str = "demo --all --fast";

/// Asserts that all scenes were played, all their claims held, and no process is left.
#[track_caller]
fn assert_all_held(what: &str, finished: &Finished) {
    assert_eq!(finished.code(), Some(0), "{what}: {finished:?}");
    assert_eq!(finished.stderr, "", "{what}");
    for scene in SCENES {
        let head = format!("{scene}: ");
        let played = finished.stdout.lines().any(|line| line.starts_with(&head));
        assert!(played, "{what}: {scene}");
    }
    let last = finished.stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("All ") && last.ends_with(" claims held."));
    assert!(!finished.stdout.contains('✗'), "{}", finished.stdout);
}

fn document(line: &str) -> Value {
    let finished = timeshare(line).succeeded();
    let document: Value = serde_json::from_str(&finished.stdout).expect("it is JSON");
    assert_eq!(document["schema"], "timeshare/demo/1");
    document
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("it is a list")
}

/// The steps of one kind in a document with one scene.
fn steps<'a>(document: &'a Value, kind: &str) -> Vec<&'a Value> {
    let steps = list(&document["scenes"][0]["steps"]).iter();
    steps.filter(|step| step["kind"] == kind).collect()
}

#[test]
pub fn all_scenes_hold_what_they_claim() {
    assert_all_held("all", &timeshare(ALL));
}

#[test]
fn each_scene_can_be_played_by_itself() {
    for scene in SCENES {
        let finished = timeshare(&format!("demo {scene} --fast")).succeeded();
        assert!(finished.stdout.contains("See it yourself:\n"), "{scene}");
        assert!(finished.stdout.contains("claims held."), "{scene}");
    }
}

#[test]
fn no_line_is_wider_than_a_terminal() {
    let finished = timeshare(ALL).succeeded();
    for line in finished.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn it_works_without_privileges() {
    assert_all_held("unprivileged", &Launch::unprivileged(&[], ALL).run());
}

#[test]
fn it_works_with_one_cpu() {
    let cpu = crate::common::cpus::allowed()[0].to_string();
    let launch = Launch::behind(&["taskset", "-c", &cpu], ALL);
    assert_all_held("with one CPU", &launch.run());
}

#[test]
fn it_works_as_the_init_of_a_container() {
    let unshare = [
        "unshare",
        "--user",
        "--map-root-user",
        "--pid",
        "--fork",
        "--mount-proc",
    ];
    if !works(unshare[0], unshare[1..].iter().chain(&["true"])) {
        skip("no pid namespace may be made here");
    }
    assert_all_held("as pid 1", &Launch::behind(&unshare, ALL).run());
}

#[test]
fn it_works_however_it_is_started() {
    for before in [
        "trap '' CHLD",
        "exec <&-",
        "sleep 1 &",
        "ulimit -c unlimited",
    ] {
        let finished = after(before, ALL).start().try_finish(GRACE);
        let finished = finished.expect("none is left but the shell's own child");
        assert_all_held(before, &finished);
    }
}

#[test]
fn the_document_tells_all_that_was_shown() {
    let document = document("demo --all --json -");
    assert_eq!(document["outcome"], "complete");
    let scenes = list(&document["scenes"]);
    let names: Vec<_> = scenes.iter().map(|scene| &scene["scene"]).collect();
    assert_eq!(names, SCENES);
    for scene in scenes {
        assert_eq!(scene["held"], true);
        let steps = list(&scene["steps"]);
        let claims = steps.iter().filter(|step| step["kind"] == "claim");
        let claims: Vec<_> = claims.map(|claim| &claim["held"]).collect();
        assert!(claims.len() >= 3, "{}", scene["scene"]);
        assert!(claims.iter().all(|&held| held == true), "{scene}");
    }
}

#[test]
fn a_zombie_keeps_its_status_until_it_is_waited_for() {
    let document = document("demo zombie --json -");
    let views = steps(&document, "view");
    let child = |view: &Value| view["processes"].as_array()?.last().cloned();
    let lives: Vec<_> = views.iter().filter_map(|view| child(view)).collect();
    let letters: Vec<_> = lives.iter().map(|row| row["letter"].as_str()).collect();
    assert_eq!(letters, [Some("S"), Some("Z"), Some("Z"), None]);
    assert_eq!(lives[1]["exit"], "exited, 7");
    assert_eq!(lives[1]["wait_status"], 0x700);

    let calls = steps(&document, "call");
    let waited = calls
        .iter()
        .find(|call| call["errno"].is_null() && is(call, "waitpid("));
    let waited = waited.expect("it was waited for");
    assert_eq!(waited["returned"], lives[0]["pid"]);
    let failed = calls.iter().find(|call| call["errno"] == libc::ECHILD);
    assert_eq!(failed.map(|call| &call["returned"]), Some(&(-1).into()));
}

fn is(call: &Value, name: &str) -> bool {
    call["call"]
        .as_str()
        .is_some_and(|call| call.starts_with(name))
}

#[test]
fn the_states_come_in_the_order_of_the_figure() {
    let document = document("demo states --json -");
    let views = steps(&document, "view");
    let letters = views.iter().map(|view| &view["processes"][0]["letter"]);
    let letters: String = letters
        .map(|letter| letter.as_str().unwrap_or("-"))
        .collect();
    assert_eq!(letters, "STRTRSTRZ-");
}

#[test]
fn an_orphan_becomes_a_child_of_timeshare() {
    let document = document("demo orphan --json -");
    let views = steps(&document, "view");
    let row = |view: usize, row: usize| &views[view]["processes"][row];
    let (timeshare, parent) = (&row(0, 0)["pid"], &row(0, 1)["pid"]);
    assert_eq!(&row(0, 2)["ppid"], parent);
    assert_eq!(&row(1, 2)["ppid"], timeshare);
    assert_eq!(row(0, 2)["pid"], row(1, 2)["pid"], "the same child");
}

#[test]
fn pages_come_when_they_are_touched() {
    let document = document("demo loading --json -");
    let regions = list(&steps(&document, "memory")[0]["regions"]);
    for part in ["code", "data", "stack"] {
        let region = regions.iter().find(|region| region["part"] == part);
        let region = region.unwrap_or_else(|| panic!("{part}: {regions:?}"));
        assert!(region["address"].as_u64() > Some(0), "{region}");
        assert!(region["resident_bytes"].as_u64() <= region["bytes"].as_u64());
    }
}

#[test]
fn the_two_shares_do_not_exceed_the_wall_clock() {
    let document = document("demo time-sharing --json -");
    let shares = list(&steps(&document, "shares")[0]["shares"]);
    for share in shares {
        let (cpu, wall) = (share["cpu_ns"].as_u64(), share["wall_ns"].as_u64());
        assert!(cpu > Some(0) && cpu <= wall, "{share}");
    }
    assert_eq!(shares.len(), 2);
}

#[test]
pub fn no_process_outlives_a_demo_that_is_killed() {
    let mut orphans = 0;
    for round in 0..20 {
        let running = Launch::timeshare(words(ALL)).start();
        orphans += killed_after(running, Duration::from_millis(round * 35), GRACE);
    }
    assert!(orphans >= 12, "the kill came too late: {orphans}");
}

#[test]
fn a_signal_ends_it_in_good_order() {
    for (round, signal) in (1..).zip([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]) {
        // At reading speed it would take minutes.
        let running = Launch::timeshare(words("demo --all --slow")).start();
        running.until("the first scene has begun", |running| {
            running.stdout_so_far().contains("states: ")
        });
        sleep(Duration::from_millis(300) * round);
        running.signal(signal);
        let finished = running.finish();
        assert_eq!(finished.code(), Some(128 + signal as i32), "{finished:?}");
        assert!(finished.stderr.contains(signal.as_str()));
    }
}

#[test]
fn a_document_that_was_cut_off_says_so() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("demo.json");
    let name = path.to_str().expect("its name is text");
    let running = Launch::timeshare(["demo", "wait", "--slow", "--json", name]).start();
    running.until("it has begun", |running| {
        running.stdout_so_far().contains("fork()")
    });
    running.signal(Signal::SIGINT);
    assert_eq!(running.finish().code(), Some(130));
    let text = std::fs::read_to_string(&path).expect("it was written");
    let document: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(document["outcome"]["interrupted"]["signal"], "SIGINT");
    assert_eq!(document["scenes"][0]["scene"], "wait");
}

#[test]
pub fn a_demo_process_that_is_killed_ends_the_scene_with_an_error() {
    let running = Launch::timeshare(words("demo time-sharing")).start();
    running.until_children(2);
    kill(running.children()[0], Signal::SIGKILL).expect("it is there");
    let finished = running.finish();
    assert_eq!(finished.code(), Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains("ended before the scene did"),
        "{}",
        finished.stderr
    );
}

#[test]
pub fn a_reader_of_only_the_first_line_ends_it_without_an_error() {
    let (line, _) = only_the_first_line(ALL);
    assert!(line.starts_with("states: "), "{line}");
}

#[test]
fn without_a_scene_they_are_listed_and_nothing_is_forked() {
    for line in ["demo", "demo --list"] {
        let finished = timeshare(line).succeeded();
        for scene in SCENES {
            assert!(
                finished.stdout.contains(&format!("\n  {scene} ")),
                "{scene}"
            );
        }
        assert!(!finished.had_children);
    }
}

#[test]
fn what_cannot_be_played_is_refused() {
    for (line, told) in [
        ("demo zombi", "'zombie'"),
        ("demo nothing-like-it", "possible values"),
        ("demo zombie --all", "--all"),
        ("demo zombie --pause --fast", "--fast"),
        ("demo zombie --pause", "no terminal"),
        ("commanded", "not a command"),
    ] {
        let finished = timeshare(line);
        assert_eq!(finished.code(), Some(2), "{line}: {finished:?}");
        assert!(finished.stderr.starts_with("timeshare: "), "{finished:?}");
        assert!(finished.stderr.contains(told), "{line}: {finished:?}");
        assert_eq!(
            (finished.stdout.as_str(), finished.had_children),
            ("", false)
        );
    }
}

/// A demo that waits for keys, and the terminal they come from.
struct Paused {
    running: Running,
    terminal: OpenptyResult,
    before: Modes,
    /// How much had been shown when the last key was pressed.
    shown: usize,
}

impl Paused {
    fn start(line: &str) -> Self {
        let terminal = openpty(None, None).expect("a terminal can be had");
        let before = Modes::of(&terminal.master);
        let keyboard = terminal.slave.try_clone().expect("it can be opened twice");
        let launch = Launch::timeshare(words(line)).stdin(keyboard);
        Self {
            running: launch.start(),
            terminal,
            before,
            shown: 0,
        }
    }

    /// Waits until it has shown the next step and waits for a key.
    fn until_it_waits(&self) {
        self.running.until("the next step was shown", |running| {
            let raw = Modes::of(&self.terminal.master);
            running.stdout_so_far().len() > self.shown && raw != self.before
        });
    }

    fn press(&mut self, key: &[u8]) {
        self.until_it_waits();
        self.shown = self.running.stdout_so_far().len();
        nix::unistd::write(&self.terminal.master, key).expect("a key can be pressed");
    }
}

#[test]
fn it_goes_on_at_a_key_press_and_leaves_the_terminal_as_it_was() {
    let mut paused = Paused::start("demo zombie --pause");
    for key in [b"x".as_slice(), b"\n", b"\x1b[A", b" "] {
        paused.until_it_waits();
        let shown = paused.running.stdout_so_far();
        sleep(Duration::from_millis(100));
        assert_eq!(paused.running.stdout_so_far(), shown, "it does not wait");
        paused.press(key);
    }
    paused.until_it_waits();
    paused.running.signal(Signal::SIGINT);
    assert_eq!(paused.running.finish().code(), Some(130));
    let after = Modes::of(&paused.terminal.master);
    assert_eq!(after, paused.before);
}

#[test]
pub fn not_even_a_stopped_grandchild_outlives_a_demo_that_is_killed() {
    let mut paused = Paused::start("demo wait --pause");
    let stopped = |paused: &Paused| {
        let parents = paused.running.children().into_iter();
        let children = parents.flat_map(procfs::children_of);
        let stats = children.filter_map(procfs::stat);
        stats.into_iter().any(|stat| stat.letter == 'T')
    };
    while !stopped(&paused) {
        paused.press(b" ");
        paused.until_it_waits();
    }
    paused.running.signal(Signal::SIGKILL);
    let finished = paused.running.try_finish(GRACE);
    assert_eq!(finished.expect("none is left").orphans, 2);
}

#[test]
fn at_reading_speed_there_are_pauses() {
    let start = Instant::now();
    let fast = timeshare("demo zombie-orphan --fast").succeeded();
    let took = start.elapsed();
    let running = Launch::timeshare(words("demo zombie-orphan --slow")).start();
    sleep(took);
    assert!(running.stdout_so_far().len() < fast.stdout.len());
    running.signal(Signal::SIGTERM);
    assert_eq!(running.finish().code(), Some(143));
}

#[test]
fn where_the_output_is_no_terminal_there_are_no_pauses() {
    let start = Instant::now();
    timeshare("demo zombie-orphan --fast").succeeded();
    let fast = start.elapsed();
    // With them it takes a minute.
    let start = Instant::now();
    timeshare("demo zombie-orphan").succeeded();
    let took = start.elapsed();
    assert!(took < fast * 3 + quiet(Duration::from_secs(2)), "{took:?}");
}
