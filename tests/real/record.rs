//! `--record`: a run written down while it happens.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::program::Launch;
use crate::common::trace::Trace;
use crate::common::{timeshare, words};
use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

const SCENARIO: &str = "-P c2,i,c1:c5 -L 3 --tick 2ms";

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("run.jsonl");
    (folder, file)
}

/// The lines of a recording; the last one may be cut short.
fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).expect("the recording is there");
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    let parse = |line| serde_json::from_str(line).expect("each line is JSON");
    text[..whole].lines().map(parse).collect()
}

fn of_kind<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter_map(|line| line.get(kind)).collect()
}

#[test]
fn a_recording_has_every_tick_and_decision_of_the_trace_and_its_end() {
    let (_folder, file) = folder();
    let line = format!("run {SCENARIO} --json - --record {}", file.display());
    let trace = Trace::of(&timeshare(&line).succeeded());
    let lines = lines(&file);
    assert_eq!(lines[0]["schema"], "timeshare/recording/1");
    for (kind, field) in [("tick", "ticks"), ("decision", "decisions")] {
        let told: Vec<_> = trace.list(field).iter().collect();
        assert_eq!(of_kind(&lines, kind), told);
    }
    let end = lines.last().and_then(|line| line.get("end"));
    let end = end.expect("the last line is the end");
    for field in [
        "measured",
        "simulated",
        "processes",
        "agreement",
        "outcome",
        "account",
    ] {
        assert_eq!(end[field], trace[field], "{field}");
    }
}

#[test]
fn what_was_recorded_before_a_sigkill_is_there() {
    let (_folder, file) = folder();
    let line = format!("run -P c1000:c1000 --tick 2ms --record {}", file.display());
    let running = Launch::timeshare(words(&line)).start();
    running.until("some ticks are on file", |_| {
        fs::read_to_string(&file).is_ok_and(|text| text.matches("{\"tick\":{").count() > 20)
    });
    running.signal(Signal::SIGKILL);
    running.finish();
    let lines = lines(&file);
    let ticks = of_kind(&lines, "tick");
    // The last one may have been cut in the middle.
    assert!(ticks.len() >= 20);
    for (index, tick) in ticks.iter().enumerate() {
        assert_eq!(tick["tick"], index + 1);
        assert_eq!(tick["processes"][0]["state"], "running");
    }
    assert!(of_kind(&lines, "end").is_empty());
}

#[test]
fn a_run_that_is_ended_is_recorded_up_to_its_end() {
    let (_folder, file) = folder();
    let line = format!("run -P c1000 --tick 2ms --record {}", file.display());
    let running = Launch::timeshare(words(&line)).start();
    running.until("a tick is on file", |_| {
        fs::read_to_string(&file).is_ok_and(|text| text.contains("{\"tick\""))
    });
    running.signal(Signal::SIGINT);
    assert_eq!(running.finish().code(), Some(130));
    let lines = lines(&file);
    let end = lines.last().expect("there are lines");
    assert_eq!(end["end"]["outcome"]["interrupted"]["signal"], "SIGINT");
}

#[test]
fn compare_records_the_first_of_its_runs() {
    let (_folder, file) = folder();
    let line = format!(
        "compare {SCENARIO} --repeat 2 --json - --record {}",
        file.display()
    );
    let finished = timeshare(&line).succeeded();
    let document: Value = serde_json::from_str(&finished.stdout).expect("it is JSON");
    let lines = lines(&file);
    let first: Vec<_> = document["runs"][0]["ticks"]
        .as_array()
        .expect("there are ticks")
        .iter()
        .collect();
    assert_eq!(of_kind(&lines, "tick"), first);
}

#[test]
fn where_nothing_can_be_recorded_nothing_is_started() {
    for (file, what) in [
        (
            "/nowhere/run.jsonl",
            "cannot create '/nowhere/run.jsonl' for the recording",
        ),
        ("-", "a recording goes to a file"),
    ] {
        for command in ["run", "compare"] {
            let finished = timeshare(&format!("{command} -P c1 --record {file}"));
            assert_eq!(finished.code(), Some(2));
            assert!(finished.stderr.contains(what), "{}", finished.stderr);
            assert_eq!(finished.stdout, "");
        }
    }
}

#[test]
fn what_is_read_is_not_written_over() {
    let (folder, file) = folder();
    let workload = folder.path().join("mine.toml");
    let text = "[[process]]\nprogram = \"c1\"\n";
    fs::write(&workload, text).expect("it can be written");
    std::os::unix::fs::symlink(&workload, &file).expect("a link can be made");
    for option in ["--record", "--json", "--html"] {
        for target in [&workload, &file] {
            let line = format!("run {} {option} {}", workload.display(), target.display());
            let finished = timeshare(&line);
            assert_eq!(finished.code(), Some(2), "{line}");
            let what = "is the workload itself";
            assert!(finished.stderr.contains(what), "{}", finished.stderr);
            assert_eq!(fs::read_to_string(&workload).ok().as_deref(), Some(text));
        }
    }
}

#[test]
fn where_nothing_comes_about_an_older_file_keeps_what_is_in_it() {
    let (_folder, file) = folder();
    fs::write(&file, "older and longer than what comes").expect("it can be written");
    let line = format!("quiz -s 7 --questions 3 --no-run --json {}", file.display());
    let finished = Launch::timeshare(words(&line)).input("0 0\n\nfoo\n").run();
    assert_eq!(finished.code(), Some(2));
    let kept = fs::read_to_string(&file).expect("it is there");
    assert_eq!(kept, "older and longer than what comes");
    // What does come about replaces all of it.
    timeshare(&format!(
        "run -P c1 --tick 1ms -q --record {}",
        file.display()
    ))
    .succeeded();
    assert_eq!(lines(&file)[0]["schema"], "timeshare/recording/1");
}

#[test]
fn a_full_disk_is_told_and_the_run_goes_on() {
    // The beginning is written before the run, and fits into no buffer of /dev/full.
    let finished = timeshare(&format!("run {SCENARIO} --record /dev/full"));
    assert_eq!(finished.code(), Some(1));
    assert!(
        finished
            .stderr
            .contains("cannot write the recording '/dev/full'"),
        "{}",
        finished.stderr
    );
}

#[test]
fn each_tick_says_how_much_cpu_time_its_process_has_had() {
    let trace = Trace::by_line(&format!("{SCENARIO} --tick 5ms"));
    let tick_ns = trace["tick_ns"].as_u64().expect("it is a number");
    let (mut so_far, mut instructions) = ([0; 2], [0; 2]);
    for tick in trace.list("ticks") {
        let cells = tick["processes"].as_array().expect("there are cells");
        let running = cells.iter().position(|cell| !cell["instruction"].is_null());
        let running = running.expect("this scenario is never idle");
        let cpu_ns = tick["cpu_ns"].as_u64().expect("it is a number");
        instructions[running] += 1;
        // An instruction ends no earlier than so many ticks after its process began, whatever else
        // runs on the machine. Clocks disagree, by a percent of a tick.
        let least_ns = instructions[running] * tick_ns - tick_ns / 100;
        assert!(cpu_ns >= least_ns.max(so_far[running]), "{tick}");
        so_far[running] = cpu_ns;
    }
    for (process, so_far) in trace.list("processes").iter().zip(so_far) {
        let in_all = process["cpu_ns"].as_u64().expect("it is a number");
        assert!(so_far <= in_all + tick_ns / 100, "{process}");
    }
}
