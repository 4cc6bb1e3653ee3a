//! `timeshare replay`: a recorded run stands on the screen as it did when it was live.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::program::Launch;
use crate::common::screen::{discrete, state, timeline};
use crate::common::terminal::{END, HOME, LEFT, RIGHT, Session, TAB};
use crate::common::{timeshare, words, workload};
use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

/// Several processes, with I/O, preemption and an end without I/O.
const MIXED: &str = "-P c1,i,c2:c5:i,c1,i:c1:c3 -L 3 -I IO_RUN_IMMEDIATE";

fn open(line: &str) -> Session {
    Session::open(Launch::timeshare(words(line)), 80, 24)
}

/// Replays a file, paused.
fn replay(path: &Path) -> Session {
    let session = open(&format!("replay --paused {}", path.display()));
    session.until_shown("TIMELINE");
    session
}

/// Waits until the status row says so.
#[track_caller]
fn until_at(session: &Session, what: &str) {
    session.until(what, |text| {
        let status = text.lines().next().unwrap_or_default();
        status.contains(&format!("{what} ")) || status.trim_end().ends_with(what)
    });
}

/// A recording and the whole trace of the same run.
struct Recorded {
    folder: TempDir,
}

impl Recorded {
    fn run(workload: &str) -> Self {
        let recorded = Self::nothing();
        let (recording, json) = (recorded.recording(), recorded.json());
        let (recording, json) = (recording.display(), json.display());
        let line = format!("run -q --tick 2ms {workload} --record {recording} --json {json}");
        timeshare(&line).succeeded();
        recorded
    }

    fn nothing() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder can be made"),
        }
    }

    fn recording(&self) -> PathBuf {
        self.folder.path().join("run.jsonl")
    }

    fn json(&self) -> PathBuf {
        self.folder.path().join("trace.json")
    }

    fn ticks(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.json()).expect("it was written");
        let trace: Value = serde_json::from_str(&text).expect("it is JSON");
        trace["ticks"].as_array().expect("it is a list").clone()
    }
}

/// What the table calls a state.
fn name(cell: &Value) -> &'static str {
    match cell["state"].as_str() {
        Some("ready") => "Ready",
        Some("running") => "Running",
        Some("blocked") => "Blocked",
        Some("zombie") => "Zombie",
        Some("gone") => "gone",
        _ => panic!("no state: {cell}"),
    }
}

/// What the timeline shows of a cell.
fn sign(cell: &Value) -> char {
    match (cell["state"].as_str(), cell["instruction"].as_str()) {
        (_, Some("cpu")) => 'c',
        (_, Some("io")) => 'i',
        (_, Some("io_done")) => 'd',
        (Some("ready"), _) => 'r',
        (Some("blocked"), _) => 'b',
        (Some("zombie"), _) => 'z',
        (Some("gone"), _) => '-',
        _ => panic!("no such cell: {cell}"),
    }
}

/// All lanes up to a tick are the trace's, and so is the table.
#[track_caller]
fn assert_is(session: &Session, ticks: &[Value], tick: usize) {
    let rows = session.rows();
    let processes = ticks[0]["processes"].as_array().expect("a list").len();
    for process in 0..processes {
        let id = format!("P{process}");
        assert_eq!(
            state(&rows, &id),
            name(&ticks[tick - 1]["processes"][process]),
            "{id}, tick {tick}"
        );
        let lane: Vec<char> = timeline(&rows, &id).chars().collect();
        let columns = columns(&rows);
        for (index, record) in ticks[..tick].iter().enumerate() {
            let shown = lane.get(index * columns).copied().unwrap_or(' ');
            let cell = &record["processes"][process];
            assert_eq!(shown, sign(cell), "{id}, tick {} of {tick}", index + 1);
        }
    }
}

/// How many columns a tick takes, by the second number above the lanes.
fn columns(rows: &[String]) -> usize {
    let head = rows.iter().position(|row| row.starts_with("TIMELINE"));
    let ruler = &rows[head.expect("there is a timeline") + 1];
    let mut numbers = ruler.split_whitespace().skip(1);
    let Some(second) = numbers.next() else {
        return 1;
    };
    let x = ruler.find(&format!(" {second}"));
    let second: usize = second.parse().expect("it is a number");
    (x.expect("it is there") + 1 - LANES) / (second - 1)
}

/// Where the lanes begin.
const LANES: usize = 8;

#[test]
fn every_tick_is_the_traces_forwards_and_backwards() {
    let recorded = Recorded::run(MIXED);
    let ticks = recorded.ticks();
    for file in [recorded.recording(), recorded.json()] {
        let mut session = replay(&file);
        let of = ticks.len();
        for tick in 1..=of {
            until_at(&session, &format!("tick {tick} of {of}"));
            assert_is(&session, &ticks, tick);
            session.press(RIGHT);
        }
        until_at(&session, &format!("over after {of} ticks"));
        session.until_shown("OVER: Tab shows the summary");
        session.press(TAB);
        session.until_shown("CPU utilization");
        for tick in (1..=of).rev() {
            session.press(LEFT);
            until_at(&session, &format!("tick {tick} of {of}"));
            assert_is(&session, &ticks, tick);
        }
        session.press("q");
        session.finish(0);
    }
}

#[test]
fn a_replayed_run_looks_as_it_did_live_at_every_tick() {
    let recorded = Recorded::nothing();
    let line = format!(
        "watch --paused --tick 5ms {} --record {}",
        workload("figure-4.4"),
        recorded.recording().display()
    );
    let mut watched = open(&line);
    let mut frames = Vec::new();
    for tick in 1..=10 {
        until_at(&watched, &format!("tick {tick}  ‖ PAUSED"));
        frames.push(parts(&watched));
        watched.press("n");
    }
    watched.until_shown("over after 10 ticks");
    watched.press("q");
    watched.finish(0);
    let mut session = replay(&recorded.recording());
    for (tick, frame) in (1..).zip(&frames) {
        until_at(&session, &format!("tick {tick} of 10"));
        assert_eq!(&parts(&session), frame, "tick {tick}");
        session.press(RIGHT);
    }
    session.press("q");
    session.finish(0);
}

/// Everything but the status, the keys, and what the kernel's own columns say.
fn parts(session: &Session) -> String {
    let rows = session.rows();
    let rows: Vec<_> = rows[1..23].iter().map(|row| without_letter(row)).collect();
    discrete(&rows)
}

/// Live they are all stopped, since it is paused; a recording says what they were in the tick.
fn without_letter(row: &str) -> String {
    let in_table = row.contains('[') || row.contains("Zombie   ") || row.contains(" gone ");
    let mask = |(index, sign)| {
        if in_table && index == LETTER {
            ' '
        } else {
            sign
        }
    };
    row.chars().enumerate().map(mask).collect()
}

/// The column of the kernel's letter.
const LETTER: usize = 16;

#[test]
fn one_can_jump() {
    let recorded = Recorded::run(MIXED);
    let of = recorded.ticks().len();
    let mut session = replay(&recorded.recording());
    session.press("g7\r");
    until_at(&session, &format!("tick 7 of {of}"));
    session.press("12\r");
    until_at(&session, &format!("tick 12 of {of}"));
    session.press(HOME);
    until_at(&session, &format!("tick 1 of {of}"));
    session.press(END);
    until_at(&session, &format!("over after {of} ticks"));
    session.press(&LEFT.repeat(of + 5));
    until_at(&session, "before the first tick");
    session.press("q");
    session.finish(0);
}

#[test]
fn it_plays_by_itself_to_its_end() {
    let recorded = Recorded::run("-P c3:c2");
    let line = format!("replay --speed 20 {}", recorded.recording().display());
    let mut session = open(&line);
    session.until_shown("over after 5 ticks");
    session.press(" ");
    session.until_shown("▶ playing");
    session.press("q");
    session.finish(0);
}

#[test]
fn a_recording_that_breaks_off_is_shown_as_far_as_it_goes() {
    let recorded = Recorded::run(MIXED);
    let text = fs::read_to_string(recorded.recording()).expect("it was written");
    let cut = recorded.folder.path().join("cut.jsonl");
    let half = text.floor_char_boundary(text.len() / 2);
    fs::write(&cut, &text[..half]).expect("it can be written");
    let mut session = replay(&cut);
    session.press(END);
    session.until_shown("over after");
    session.press("q");
    session.finish(0);
}

#[test]
fn what_is_no_trace_is_refused() {
    let recorded = Recorded::run("-P c1");
    let folder = recorded.folder.path();
    let whole = fs::read(recorded.json()).expect("it was written");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("it can be written");
        path
    };
    let files = [
        (
            write("half.json", &whole[..whole.len() / 2]),
            "damaged or incomplete",
        ),
        (write("empty", b""), "not a trace of timeshare"),
        (write("text", b"hello\n"), "not a trace of timeshare"),
        (write("binary", &[0xff; 4096]), "not a trace of timeshare"),
        (
            write("other.json", br#"{"schema": "timeshare/trace/9"}"#),
            "timeshare/trace/9",
        ),
        (folder.join("nothing"), "No such file"),
        (folder.to_owned(), "directory"),
        ("/dev/zero".into(), "a device"),
    ];
    for (file, why) in files {
        let session = open(&format!("replay {}", file.display()));
        let (_, finished) = session.end();
        assert_eq!(finished.code(), Some(2), "{finished:?}");
        assert!(finished.stderr.contains("cannot read"), "{finished:?}");
        assert!(finished.stderr.contains(why), "{finished:?}");
    }
}

#[test]
fn without_a_terminal_it_says_so() {
    let recorded = Recorded::run("-P c1");
    let finished = timeshare(&format!("replay {}", recorded.recording().display()));
    assert_eq!(finished.code(), Some(2));
    assert!(finished.stderr.contains("needs a terminal"), "{finished:?}");
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_given_back() {
    let recorded = Recorded::run("-P c3");
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let session = replay(&recorded.recording());
        session.running.signal(signal);
        session.finish(128 + signal as i32);
    }
}
