use super::*;
use crate::trace::{Lifetime, Outcome};

/// One run, written down both ways, on a quiet machine that records context switches:
/// `timeshare run workloads/figure-4.4.toml -q --record tests/golden/figure-4.4.recording.jsonl
/// --json tests/golden/figure-4.4.trace.json`. Where a figure comes to mean something else, they are
/// recorded anew.
const RECORDING: &str = include_str!("../../../tests/golden/figure-4.4.recording.jsonl");
const TRACE: &str = include_str!("../../../tests/golden/figure-4.4.trace.json");

fn read(text: &str) -> Result<Recording, ReadError> {
    Recording::read(text.as_bytes())
}

fn whole() -> Trace {
    serde_json::from_str(TRACE).unwrap()
}

#[test]
fn a_recording_and_the_trace_of_the_same_run_say_the_same() {
    let recording = read(RECORDING).unwrap();
    assert_eq!(recording, read(TRACE).unwrap());
    assert_eq!(recording.into_trace(), whole());
    assert_eq!(read(TRACE).unwrap().into_trace(), whole());
}

#[test]
fn a_recording_can_be_read_wherever_it_breaks_off() {
    let beginning = RECORDING.find('\n').unwrap() + 1;
    let mut ticks = 0;
    // Every length takes seconds; a step that divides no line's takes in all kinds of places.
    for length in (0..RECORDING.len()).step_by(7).chain([RECORDING.len() - 1]) {
        let Some(text) = RECORDING.get(..length) else {
            continue;
        };
        let recording = read(text);
        if length < beginning - 1 {
            assert!(recording.is_err(), "{text}");
            continue;
        }
        let trace = recording.unwrap().into_trace();
        assert!(trace.ticks.len() >= ticks, "{length}");
        ticks = trace.ticks.len();
        assert_eq!(trace.ticks[..], whole().ticks[..ticks]);
        // The last byte is the end of a line, without which the line is whole all the same.
        if length < RECORDING.len() - 1 {
            let Outcome::Failed { error } = trace.outcome else {
                panic!("{length}: {:?}", trace.outcome);
            };
            assert!(error.contains(&format!("after tick {ticks}")), "{error}");
            assert_eq!(trace.agreement.cells, 2 * ticks as u64);
            assert_eq!(trace.agreement.model_equal, trace.agreement.cells);
        }
    }
    assert_eq!(ticks, whole().ticks.len());
}

#[test]
fn what_a_recording_that_breaks_off_tells_of_times_was_measured() {
    let cut = RECORDING.find("{\"end\"").unwrap();
    let trace = read(&RECORDING[..cut]).unwrap().into_trace();
    let whole = whole();
    for (process, whole) in trace.processes.iter().zip(&whole.processes) {
        // What it said itself, when its last instruction was over: exit is not in it.
        assert!(process.cpu_ns <= whole.cpu_ns && process.cpu_ns > whole.cpu_ns / 2);
        assert_eq!(process.pid, whole.pid);
        assert_eq!((process.exit, process.voluntary_switches), (None, None));
        // Without spans, response is up to the dispatch.
        let response_ns = process.measured.response_ns;
        assert!(response_ns <= whole.measured.response_ns);
        let measured = Lifetime {
            response_ns,
            ..whole.measured
        };
        assert_eq!(process.measured, measured);
    }
    assert_eq!(trace.measured.wall_ns, whole.measured.wall_ns);
    assert_eq!(trace.simulated, whole.simulated);
    assert_eq!(trace.account, None);
}

#[test]
fn a_line_that_is_none_is_named() {
    let wrong = RECORDING.replacen("{\"tick\":{", "{\"tock\":{", 1);
    let message = read(&wrong).unwrap_err().to_string();
    assert!(
        message.starts_with("the trace is damaged: line 5: unknown variant `tock`"),
        "{message}"
    );
    let behind = format!("{RECORDING}{RECORDING}");
    let message = read(&behind).unwrap_err().to_string();
    assert!(message.ends_with("it goes on behind its end"), "{message}");
}

#[test]
fn what_does_not_fit_together_is_refused() {
    for (from, to, what) in [
        ("\"pids\":[", "\"pids\":[1,", "2 programs, and 3 processes"),
        (
            "{\"tick\":{\"tick\":4",
            "{\"tick\":{\"tick\":5",
            "tick 5 with 2 processes",
        ),
        (
            "\"process\":1",
            "\"process\":7",
            "a decision about no process there is",
        ),
    ] {
        let text = RECORDING.replacen(from, to, 1);
        assert_ne!(text, RECORDING);
        let message = read(&text).unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
    }
    let text = TRACE.replacen(
        "\"simulated\":{\"ticks\":10",
        "\"simulated\":{\"ticks\":1000000000",
        1,
    );
    let last = text.rfind("\"simulated\":{\"ticks\"").unwrap();
    assert!(text[last..].contains("1000000000"));
    let message = read(&text).unwrap_err().to_string();
    assert!(message.contains("ticks on paper"), "{message}");
}
