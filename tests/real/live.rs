//! What a person sees of a run.

use crate::common::program::{Finished, Launch};
use crate::common::{timeshare, words};
use regex::Regex;

const SCENARIO: &str = "run -P c2,i,c1:c5 -L 3 --tick 2ms";
const ESCAPE: char = '\x1b';

fn row(finished: &Finished, tick: u32) -> &str {
    let start = format!("{tick:3}");
    let mut lines = finished
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("Time"));
    let line = lines.find(|line| line.starts_with(&start));
    line.unwrap_or_else(|| panic!("there is no tick {tick} in {}", finished.stdout))
}

#[track_caller]
fn assert_matches(text: &str, pattern: &str) {
    let regex = Regex::new(pattern).expect("the pattern is one");
    assert!(regex.is_match(text), "{pattern} does not match {text:?}");
}

/// A row or a text without the kernel's letters. On a machine with much else to do the supervisor
/// may come too late for one, and then there is none.
fn without_letters(text: &str) -> String {
    let letters = Regex::new(r"(?P<state>RUN:\w+|READY|BLOCKED|WAITING|ZOMBIE) [A-Z]\b");
    let letters = letters.expect("the pattern is one");
    let words = letters.replace_all(text, "$state").into_owned();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_row_tells_the_tick_the_states_and_what_is_busy() {
    let finished = timeshare(SCENARIO).succeeded();
    assert_matches(&finished.stdout, r"(?m)^Time +PID: 0 +PID: 1 +CPU +IOs$");
    for (tick, expected) in [
        (1, "1 RUN:cpu READY 1"),
        (3, "3 RUN:io READY 1"),
        (4, "4 BLOCKED RUN:cpu 1 1"),
        (7, "7* READY RUN:cpu 1"),
        (9, "9 RUN:io_done ZOMBIE 1"),
        (10, "10 RUN:cpu - 1"),
    ] {
        assert_eq!(without_letters(row(&finished, tick)), expected);
    }
}

#[test]
fn in_the_classic_dialect_the_words_and_the_columns_are_its_own() {
    let finished = timeshare(&format!("{SCENARIO} --dialect classic")).succeeded();
    assert_matches(
        &finished.stdout,
        "(?m)^Time    PID: 0    PID: 1   CPU   IOs$",
    );
    for (tick, expected) in [
        (4, "4 WAITING RUN:cpu 1 1"),
        (6, "6* READY RUN:cpu 1"),
        (9, "9 RUN:cpu ZOMBIE 1"),
    ] {
        assert_eq!(without_letters(row(&finished, tick)), expected);
    }
    let compared = timeshare("compare -P c2,i,c1:c5 -L 3 --tick 2ms --dialect classic");
    let compared = compared.succeeded().stdout;
    assert_matches(&compared, r"(?m)^  4 +WAITING +cpu │ +WAITING");
}

#[test]
fn a_run_says_how_its_figures_come_about() {
    let finished = timeshare(&format!("{SCENARIO} -q --explain")).succeeded();
    let text = finished.stdout.split_whitespace().collect::<Vec<_>>();
    let text = text.join(" ");
    assert_matches(&text, "CPU Busy: 10 of 10 ticks = 100.00%");
    assert_matches(
        &text,
        r"of [0-9.]+ ms from the first dispatch .* had the CPU for [0-9.]+ ms = [0-9.]+%",
    );
}

#[test]
fn each_cell_tells_the_letter_the_kernel_has_for_the_state() {
    // Every state lasts for some ticks, so that a letter missed is none missed.
    let finished = timeshare("run -P c3,i,c6:c6 -L 4 --reap end").succeeded();
    let cells = Regex::new(r"(RUN:cpu|READY|BLOCKED|ZOMBIE) ([A-Z])\b").expect("a pattern");
    let cells = cells.captures_iter(&finished.stdout);
    let mut seen: Vec<_> = cells.map(|cell| cell[0].to_owned()).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen, ["BLOCKED S", "READY T", "RUN:cpu R", "ZOMBIE Z"]);
}

#[test]
fn the_processes_are_introduced_by_their_pids() {
    let finished = timeshare(SCENARIO).succeeded();
    assert_matches(&finished.stdout, r"ts:P0 is pid \d+, ts:P1 is pid \d+\.");
    let many = timeshare(&format!("run --tick 1ms -P {}", ["c1"; 10].join(":"))).succeeded();
    assert_matches(&many.stdout, r"ts:P7 is pid \d+,\s+and\s+2\s+more\.");
}

#[test]
fn the_summary_compares_the_run_with_the_simulation() {
    let finished = timeshare(SCENARIO).succeeded();
    assert_matches(
        &finished.stdout,
        r"total time +10 ticks +10 ticks, [\d.]+ m?s",
    );
    assert_matches(
        &finished.stdout,
        r"CPU utilization +100\.00% of ticks +[\d.]+% of wall time",
    );
    assert_matches(
        &finished.stdout,
        r"20 of 20 cells as simulated; the kernel agreed in \d+ of \d+ cells sampled\.",
    );
    assert!(
        !finished.stdout.contains("difference"),
        "{}",
        finished.stdout
    );
}

#[test]
fn quiet_leaves_the_summary_only() {
    let finished = timeshare(&format!("{SCENARIO} -q")).succeeded();
    assert!(!finished.stdout.contains("RUN:"), "{}", finished.stdout);
    assert!(finished.stdout.contains("20 of 20 cells as simulated"));
}

#[test]
fn why_explains_who_gets_the_cpu_where_it_is_decided() {
    let finished = timeshare(&format!("{SCENARIO} --why")).succeeded();
    let lines: Vec<_> = finished.stdout.lines().map(str::trim_start).collect();
    let at = |start: &str| {
        let found = lines.iter().position(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no line {start:?} in {}", finished.stdout))
    };
    let order = [
        at("P0 comes first in the process list: it runs"),
        at("1 "),
        at("P0 issued an I/O and blocked: switch on I/O, next ready after P0 is P1"),
        at("4 "),
        at("P0's I/O is done: it runs later"),
        at("7*"),
        at("P1 exited: next ready after P1 is P0"),
        at("P0 exited: it was the last one"),
    ];
    assert!(order.is_sorted(), "{order:?}: {}", finished.stdout);
    let without = timeshare(SCENARIO).succeeded();
    assert!(!without.stdout.contains("next ready"), "{}", without.stdout);
}

#[test]
fn there_is_no_colour_but_on_a_terminal() {
    for more in ["", " --color auto", " --color never"] {
        let finished = timeshare(&format!("{SCENARIO} --why{more}")).succeeded();
        assert!(!finished.stdout.contains(ESCAPE), "{more}");
    }
    let launch = Launch::timeshare(words(SCENARIO));
    let finished = launch.env("NO_COLOR", "1").run().succeeded();
    assert!(!finished.stdout.contains(ESCAPE));
}

#[test]
fn colour_can_be_had_everywhere_and_changes_no_word() {
    let plain = timeshare(SCENARIO).succeeded();
    let launch = Launch::timeshare(words(&format!("{SCENARIO} --color always")));
    let mut colored = launch.env("NO_COLOR", "1").run().succeeded();
    assert!(colored.stdout.contains(ESCAPE));
    let codes = Regex::new("\x1b\\[[0-9;]*m").expect("the pattern is one");
    colored.stdout = codes.replace_all(&colored.stdout, "").into_owned();
    for tick in 1..=10 {
        let words = |of| without_letters(row(of, tick));
        assert_eq!(words(&colored), words(&plain));
    }
}

#[test]
fn a_trace_on_standard_output_is_all_there_is() {
    let finished = timeshare(&format!("{SCENARIO} --why --color always --json -")).succeeded();
    assert_eq!(finished.stdout.lines().count(), 1);
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&finished.stdout);
    assert!(parsed.is_ok(), "{}", finished.stdout);
}
