//! `timeshare report`: what it refuses, and that page and picture say what the trace does.

use std::fs;
use std::path::PathBuf;

use crate::common::folder;
use crate::common::page::{data, golden, texts, xml};
use crate::common::procfs::stat;
use crate::common::program::{Finished, Launch};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;
use test_attribute::test;
use timeshare::report::html;

const SCENARIO: &str = "-P c2,i,c1:c5 -L 3 --tick 2ms";

/// A real run, its trace in a folder of its own.
struct Sample {
    folder: TempDir,
}

impl Sample {
    fn run(line: &str) -> Self {
        let sample = Self::empty();
        let line = format!("run -q {line} --json {}", sample.name("trace.json"));
        crate::common::timeshare(&line).succeeded();
        sample
    }

    fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    #[track_caller]
    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn report(&self, arguments: &[&str]) -> Finished {
        report(&self.name("trace.json"), arguments)
    }
}

fn report(trace: &str, arguments: &[&str]) -> Finished {
    let arguments = arguments.iter().copied();
    Launch::timeshare(["report", trace].into_iter().chain(arguments)).run()
}

#[track_caller]
fn assert_refused(finished: &Finished, named: &[&str]) {
    assert_eq!(finished.code(), Some(2), "{}", finished.stderr);
    assert_eq!(finished.stdout, "");
    assert!(!finished.had_children, "it was refused after a fork");
    let mut lines = finished.stderr.lines();
    assert!(
        lines
            .next()
            .is_some_and(|line| line.starts_with("timeshare: "))
    );
    assert_eq!(lines.next(), None, "{}", finished.stderr);
    for token in named {
        let told = finished.stderr.contains(token);
        assert!(told, "no {token:?} in {}", finished.stderr);
    }
}

#[test]
fn every_format_goes_where_it_is_told() {
    let sample = Sample::run(SCENARIO);
    let (page, picture) = (sample.name("a.html"), sample.name("a.svg"));
    let told = sample.report(&["--html", &page, "--svg", &picture]);
    assert_eq!(told.succeeded().stdout, "");
    assert!(sample.text("a.html").starts_with("<!DOCTYPE html>"));
    let printed = sample.report(&["--svg", "-"]).succeeded().stdout;
    assert_eq!(printed, sample.text("a.svg"));
    let text = sample.report(&[]).succeeded().stdout;
    assert!(text.contains("10 ticks"), "{text}");
}

#[test]
fn a_run_leaves_a_page_and_so_does_a_comparison() {
    let sample = Sample::empty();
    for command in ["run -q", "compare -q"] {
        let page = sample.name("page.html");
        let run = crate::common::timeshare(&format!("{command} {SCENARIO} --html {page}"));
        assert!(
            run.succeeded().stdout.contains("CPU utilization"),
            "{command}"
        );
        assert!(sample.text("page.html").contains("</html>"), "{command}");
        fs::remove_file(page).expect("it was written");
    }
    let run = crate::common::timeshare(&format!("run {SCENARIO} --html -")).succeeded();
    assert!(run.stdout.starts_with("<!DOCTYPE html>") && run.stdout.ends_with("</html>\n"));
}

#[test]
fn what_is_no_trace_is_refused_with_the_reason() {
    let sample = Sample::run(SCENARIO);
    let whole = sample.text("trace.json");
    for (bytes, named) in [
        (
            &whole.as_bytes()[..whole.len() / 2],
            "damaged or incomplete",
        ),
        (b"", "not a trace of timeshare"),
        (b"[package]\nname = 'x'\n", "not a trace of timeshare"),
        (b"\x7fELF\0\x01\xff", "not a trace of timeshare"),
        (b"{\"schema\": \"timeshare/demo/1\"}", "'timeshare/demo/1'"),
    ] {
        fs::write(sample.path("bad"), bytes).expect("it can be written");
        let page = sample.name("page.html");
        let refused = report(&sample.name("bad"), &["--html", &page]);
        assert_refused(&refused, &[&sample.name("bad"), named]);
        assert!(!sample.path("page.html").exists(), "a page of {named}");
    }
    assert_refused(
        &report("/nonexistent", &[]),
        &["'/nonexistent'", "No such file"],
    );
    assert_refused(&report("/dev/zero", &[]), &["'/dev/zero'", "a device"]);
    assert_refused(&report("/", &[]), &["'/'", "directory"]);
}

#[test]
fn where_nothing_can_be_written_is_refused_before_anything_happens() {
    let sample = Sample::run(SCENARIO);
    let nowhere = ["--html", "/nonexistent/x", "--svg", &sample.name("a.svg")];
    let named = ["'/nonexistent/x'", "the page", "No such file"];
    assert_refused(&sample.report(&nowhere), &named);
    assert!(!sample.path("a.svg").exists());
    let itself = sample.name("trace.json");
    let refused = sample.report(&["--html", &itself]);
    assert_refused(&refused, &[&itself, "the trace itself"]);
    assert_eq!(
        sample.report(&["--svg", "-", "--html", "-"]).code(),
        Some(2)
    );
    sample.report(&[]).succeeded();

    let run = crate::common::timeshare("run -P c1 --html /nonexistent/x");
    assert_refused(&run, &named);
    let run = crate::common::timeshare("run -P c1 --html - --json -");
    assert_refused(&run, &["two documents", "'-'"]);
}

#[test]
fn a_picture_is_well_formed_and_has_every_cell() {
    let sample = Sample::run(SCENARIO);
    let picture = sample.report(&["--svg", "-"]).succeeded().stdout;
    let document = xml(&picture);
    let letters = |side: &str, process: &str| -> String {
        let lane = document.descendants().find(|node| {
            node.attribute("data-side") == Some(side)
                && node.attribute("data-process") == Some(process)
        });
        let lane = lane.expect("every process has a lane on each side");
        let mut texts = lane.children();
        let text = texts.find(|node| node.attribute("class") == Some("letter"));
        let text = text.expect("it has letters").descendants();
        text.filter(roxmltree::Node::is_text)
            .filter_map(|node| node.text())
            .collect()
    };
    for side in ["simulated", "measured"] {
        assert_eq!(letters(side, "0"), "ccibbbrrdc", "{side}");
        assert_eq!(letters(side, "1"), "rrrcccccz", "{side}");
    }
    for meaning in [
        "running: computes",
        "running: ended in this tick",
        "gone",
        "pause",
    ] {
        let legend = document.descendants().filter_map(|node| node.text());
        assert!(legend.into_iter().any(|text| text == meaning), "{meaning}");
    }
    let named = |name: &str| document.descendants().find(|node| node.has_tag_name(name));
    for name in ["title", "desc"] {
        let text = named(name).and_then(|node| node.text().map(str::to_owned));
        assert!(text.is_some_and(|text| !text.is_empty()), "{name}");
    }
}

#[test]
fn a_process_killed_in_the_middle_of_a_tick_is_told_alike_in_rows_picture_and_page() {
    let sample = Sample::empty();
    // A second has room for what stands between the tick's beginning and the kill.
    let line = format!(
        "run -P c2:c2 --tick 1s --json {}",
        sample.name("trace.json")
    );
    let run = Launch::timeshare(crate::common::words(&line)).start();
    run.until_children(2);
    let running = |pid: &Pid| stat(*pid).is_some_and(|it| it.name == "ts:P0" && it.letter == 'R');
    run.until("the head of the rows", |run| {
        run.stdout_so_far().contains("PID: 1")
    });
    run.until("P0 runs", |run| run.children().iter().any(running));
    let victim = run.children().into_iter().find(running).expect("it runs");
    kill(victim, Signal::SIGKILL).expect("it is there");
    let rows = run.finish().succeeded().stdout;
    let row = Regex::new(r"(?m)^  1 +RUN:end( R)? +READY( T)?$").expect("it is one");
    assert!(row.is_match(&rows), "{rows}");

    let picture = sample.report(&["--svg", "-"]).succeeded().stdout;
    let page = sample.report(&["--html", "-"]).succeeded().stdout;
    let document = xml(&picture);
    let mut letters = document.descendants().filter_map(|node| node.text());
    assert!(letters.any(|text| text == "x"), "the picture has it");
    let script = data(&page);
    assert_eq!(script["words"]["x"], "RUN:end");
    let cells = script["measured"]["cells"][0].as_str().expect("a text");
    assert!(cells.starts_with("xz-"), "{cells}");
    assert!(
        texts(&page, "play").iter().any(|text| text == "x"),
        "the legend has it"
    );
}

#[test]
fn a_page_gives_no_advice_that_its_reader_cannot_follow() {
    let mut trace = golden();
    let account = trace.account.as_mut().expect("there is one");
    account.interference_ns = 0;
    account.interference_ns = account.total_ns();
    let page = html::page(&trace);
    assert!(page.contains("For 50.00% of the time a process of ours was ready"));
    assert!(page.contains(r#"<div class="verdict disturbed""#));
    assert!(!page.contains("--cpu"));
}

#[test]
fn the_figures_of_the_page_are_those_of_the_trace() {
    let sample = Sample::run(SCENARIO);
    let trace: Value = serde_json::from_str(&sample.text("trace.json")).expect("it is JSON");
    let page = sample.report(&["--html", "-"]).succeeded().stdout;
    let (paper, real) = (&trace["simulated"], &trace["measured"]);
    let ticks = |totals: &Value, field: &str| format!("{} ticks", totals[field]);
    let percent = |totals: &Value, field: &str, of: &str| {
        format!(
            "{:.2}% of {of}",
            100.0 * totals[field].as_f64().expect("a number")
        )
    };
    let told = texts(&page, "totals").join("|");
    for (name, field, time) in [
        ("Total time", "ticks", "wall_ns"),
        ("CPU busy", "cpu_busy_ticks", "cpu_in_wall_ns"),
        ("I/O busy", "io_busy_ticks", "io_busy_ns"),
    ] {
        let row = [
            name,
            &ticks(paper, field),
            &ticks(real, field),
            &time_of(&real[time]),
        ]
        .join("|");
        assert!(told.contains(&row), "{row} is not in {told}");
    }
    for (name, field) in [("CPU", "cpu_utilization"), ("I/O", "io_utilization")] {
        let (ticks, wall) = (
            percent(paper, field, "ticks"),
            percent(real, field, "wall time"),
        );
        let row = format!("{name} utilization|{ticks}|{wall}");
        assert!(told.contains(&row), "{row} is not in {told}");
    }

    let told = texts(&page, "processes").join("|");
    for process in trace["processes"].as_array().expect("a list") {
        let (paper, real) = (&process["simulated"], &process["measured"]);
        let both = |ticks: &str, ns: &Value| {
            let count = &paper[ticks];
            let plural = if *count == 1 { "" } else { "s" };
            format!("{count} tick{plural}|{}", time_of(ns))
        };
        let row = [
            format!("P{}|pid {}|0", process["id"], process["pid"]),
            both("cpu_ticks", &process["cpu_ns"]),
            both("turnaround_ticks", &real["turnaround_ns"]),
            both("response_ticks", &real["response_ns"]),
            both("waiting_ticks", &real["waiting_ns"]),
            format!("{} vol", process["voluntary_switches"]),
            format!("{} inv", process["involuntary_switches"]),
        ]
        .join("|");
        assert!(told.contains(&row), "{row} is not in {told}");
    }

    if let Some(account) = trace["account"].as_object() {
        let told = texts(&page, "time").join("|");
        // The others are told where there is anything of them.
        let always = [
            "work",
            "overrun",
            "dispatch",
            "interference",
            "idle_by_design",
        ];
        let always = always.into_iter().chain(["idle_lateness", "supervisor"]);
        let always: Vec<_> = always.map(|name| format!("{name}_ns")).collect();
        for (field, ns) in account {
            if !always.contains(field) && *ns == 0 {
                continue;
            }
            let name = field.trim_end_matches("_ns").replace('_', " ");
            let row = format!("{name}|{}|", time_of(ns));
            assert!(told.contains(&row), "{row} is not in {told}");
        }
    }
}

/// Nanoseconds as the program prints them.
fn time_of(ns: &Value) -> String {
    let ns = ns.as_f64().expect("it is a number");
    match ns.abs() {
        size if size < 1e3 => format!("{ns} ns"),
        size if size < 1e6 => format!("{:.1} us", ns / 1e3),
        size if size < 1e9 => format!("{:.2} ms", ns / 1e6),
        _ => format!("{:.3} s", ns / 1e9),
    }
}

#[test]
fn the_data_in_the_page_are_those_of_the_trace() {
    let trace = golden();
    let data = data(&html::page(&trace));
    assert_eq!(data["ticks"], trace.ticks.len());
    for (index, tick) in trace.ticks.iter().enumerate() {
        assert_eq!(
            data["times"][index][0],
            tick.start_ns.expect("it was measured")
        );
        assert_eq!(
            data["times"][index][1],
            tick.end_ns.expect("it was measured")
        );
    }
    assert_eq!(data["measured"]["cells"][0], "ccibbbrrdc");
    assert_eq!(data["simulated"]["cells"][1], "rrrcccccz-");
    for decision in trace
        .decisions
        .iter()
        .filter(|decision| decision.is_worth_telling())
    {
        let told = &data["measured"]["reasons"][decision.tick.to_string()];
        let mut told = told.as_array().expect("there are some").iter();
        assert!(told.any(|why| *why == decision.why), "{decision:?}");
    }
}

#[test]
fn a_recording_that_breaks_off_is_reported_as_far_as_it_goes() {
    let path = folder("tests/golden").join("figure-4.4.recording.jsonl");
    let whole = fs::read(path).expect("it is there");
    let sample = Sample::empty();
    for (length, ticks) in [(whole.len() / 2, 4), (whole.len() / 8, 0)] {
        fs::write(sample.path("cut.jsonl"), &whole[..length]).expect("it can be written");
        let told = report(&sample.name("cut.jsonl"), &["--html", "-"]).succeeded();
        assert!(told.stdout.contains("the recording breaks off after tick"));
        let drawn = data(&told.stdout)["ticks"].as_u64().expect("a number");
        assert!(drawn <= 10 && (drawn > 0) == (ticks > 0), "{drawn}");
        let picture = report(&sample.name("cut.jsonl"), &["--svg", "-"]).succeeded();
        xml(&picture.stdout);
    }
}

#[test]
fn a_run_that_was_broken_off_leaves_a_page_all_the_same() {
    let sample = Sample::empty();
    let page = sample.name("page.html");
    let line = format!("run -P c2000:c5 --tick 2ms --html {page}");
    let running = Launch::timeshare(line.split_whitespace()).start();
    running.until("a few ticks", |running| {
        running.stdout_so_far().lines().count() > 6
    });
    running.signal(Signal::SIGINT);
    let finished = running.finish();
    assert_eq!(finished.code(), Some(130), "{}", finished.stderr);
    let page = sample.text("page.html");
    assert!(page.contains("The run was ended by SIGINT"));
    // As far as it came, where the kernel records switches.
    let account = texts(&page, "time").join(" ");
    let told = ["up to the end of tick", "not known"];
    assert!(told.iter().any(|told| account.contains(told)), "{account}");
    assert!(data(&page)["ticks"].as_u64() > Some(1));
}
