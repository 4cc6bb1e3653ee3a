//! What other programs read: tables as CSV, and `process-run.py`'s text; and `timeshare report`,
//! which writes them. Each has to say what the trace says, of every tick and process.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::program::{Finished, Launch};
use crate::common::reported::{SCENARIOS, trace_of};
use crate::common::trace_event;
use crate::common::{golden, timeshare, words};
use serde_json::json;
use tempfile::TempDir;
use test_attribute::test;
use timeshare::report::csv;
use timeshare::report::perfetto::perfetto;
use timeshare::report::text::text;
use timeshare::trace::recording::Recording;
use timeshare::trace::{Outcome, PolicyChange, Trace};

#[test]
fn a_change_of_policy_or_tick_is_told_in_every_format() {
    let mut trace = trace_of("-P i,c1:c3 -L 2 --tick 2ms");
    trace.policy_changes = vec![PolicyChange {
        tick: 3,
        spec: "SWITCH_ON_END".parse().unwrap(),
    }];
    for tick in &mut trace.ticks[3..] {
        tick.nominal_ns = Some(4_000_000);
    }
    let document = trace_event::read(&perfetto(&trace)).expect("it is right");
    let told = &document.track("simulated", "decisions").instants;
    assert!(
        told.iter()
            .any(|instant| instant.args["reason"] == "steered"),
        "{told:?}"
    );
    let lengths = &document.track("simulated", "ticks").slices;
    let lengths: Vec<_> = lengths
        .iter()
        .map(|slice| slice.until - slice.from)
        .collect();
    assert_eq!(lengths[..4], [2_000_000, 2_000_000, 2_000_000, 4_000_000]);

    let told = text(&trace);
    assert!(
        told.contains("from tick 3 on: SWITCH_ON_END, IO_RUN_LATER."),
        "{told}"
    );
    assert!(told.contains("from tick 4 on: ticks of 4.00 ms."), "{told}");

    let rows = table(&csv::ticks(&trace));
    let of = |tick: &str, column: &str| {
        let row = rows.iter().find(|row| row["tick"] == tick).unwrap();
        row[column].clone()
    };
    assert_eq!(of("2", "switch"), "SWITCH_ON_IO");
    assert_eq!(of("3", "switch"), "SWITCH_ON_END");
    assert_eq!(of("3", "nominal_ns"), "2000000");
    assert_eq!(of("4", "nominal_ns"), "4000000");
}

/// The rows, by the heads of their columns.
#[track_caller]
fn table(text: &str) -> Vec<std::collections::HashMap<String, String>> {
    assert!(text.ends_with("\r\n"), "RFC 4180, 2.1");
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let rows = reader.deserialize();
    rows.map(|row| row.expect("all rows are alike")).collect()
}

/// As JSON has it, without quotes; absent: empty.
fn field(value: &impl serde::Serialize) -> String {
    match json!(value) {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

#[test]
fn each_process_has_a_row_for_each_tick() {
    for line in SCENARIOS {
        let trace = trace_of(line);
        let rows = table(&csv::ticks(&trace));
        let paper = trace.on_paper();
        let processes = trace.processes.len();
        assert_eq!(rows.len(), trace.ticks.len() * processes);
        for (place, row) in rows.iter().enumerate() {
            let (tick, index) = (&trace.ticks[place / processes], place % processes);
            let (cell, simulated) = (
                tick.processes[index],
                paper[place / processes].processes[index],
            );
            for (column, expected) in [
                ("tick", field(&tick.tick)),
                ("start_ns", field(&tick.start_ns)),
                ("end_ns", field(&tick.end_ns)),
                ("nominal_ns", field(&trace.tick_ns)),
                ("process", field(&index)),
                ("name", String::new()),
                ("pid", field(&trace.processes[index].pid)),
                ("state", field(&cell.state)),
                ("instruction", field(&cell.instruction)),
                ("kernel", field(&cell.kernel)),
                ("cpu_so_far_ns", field(&cell.instruction.and(tick.cpu_ns))),
                ("io_completed", field(&tick.io_completed)),
                ("ios_in_flight", field(&tick.ios_in_flight)),
                ("simulated_state", field(&simulated.state)),
                ("simulated_instruction", field(&simulated.instruction)),
                ("switch", field(&trace.policy.spec.parameter("switch"))),
                ("io_done", field(&trace.policy.spec.parameter("io_done"))),
                ("pause_ns", "0".to_owned()),
            ] {
                assert_eq!(row[column], expected, "{column} of {row:?}");
            }
            assert_eq!(row.len(), 18);
        }
    }
}

#[test]
fn a_run_broken_off_leaves_the_fields_of_what_was_not_measured_empty() {
    let mut trace = trace_of("-P c2:c1 --tick 2ms");
    trace.ticks.truncate(2);
    let rows = table(&csv::ticks(&trace));
    assert_eq!(rows.len(), 6, "three ticks on paper");
    let last = &rows[5];
    assert_eq!(
        (last["tick"].as_str(), last["simulated_state"].as_str()),
        ("3", "running")
    );
    for column in [
        "start_ns",
        "end_ns",
        "state",
        "instruction",
        "kernel",
        "io_completed",
    ] {
        assert_eq!(last[column], "", "{column}");
    }
}

#[test]
fn the_figures_of_each_process_are_those_of_the_trace() {
    let mut trace = trace_of(SCENARIOS[0]);
    trace.workload.processes[0].name = Some("\"c, d\"\r\ne".to_owned());
    trace.processes[1].exit = None;
    let rows = table(&csv::processes(&trace));
    assert_eq!(rows.len(), trace.processes.len());
    for (row, process) in rows.iter().zip(&trace.processes) {
        let (paper, real) = (process.simulated, process.measured);
        for (column, expected) in [
            ("process", field(&process.id)),
            ("pid", field(&process.pid)),
            ("cpu_ns", field(&process.cpu_ns)),
            ("simulated_cpu_ticks", field(&paper.cpu_ticks)),
            ("measured_cpu_ticks", field(&real.cpu_ticks)),
            ("simulated_turnaround_ticks", field(&paper.turnaround_ticks)),
            ("measured_turnaround_ticks", field(&real.turnaround_ticks)),
            ("measured_turnaround_ns", field(&real.turnaround_ns)),
            ("simulated_response_ticks", field(&paper.response_ticks)),
            ("measured_response_ticks", field(&real.response_ticks)),
            ("measured_response_ns", field(&real.response_ns)),
            ("simulated_waiting_ticks", field(&paper.waiting_ticks)),
            ("measured_waiting_ticks", field(&real.waiting_ticks)),
            ("measured_waiting_ns", field(&real.waiting_ns)),
            ("voluntary_switches", field(&process.voluntary_switches)),
            ("involuntary_switches", field(&process.involuntary_switches)),
            ("exit_signal", String::new()),
        ] {
            assert_eq!(row[column], expected, "{column} of {row:?}");
        }
    }
    assert_eq!(rows[0]["name"], "\"c, d\"\r\ne");
    assert_eq!(rows[0]["program"], "c2,i,c1");
    assert_eq!(rows[0]["exit_status"], "0");
    assert_eq!(rows[1]["exit_status"], "", "its end was not seen");
}

#[test]
fn the_text_of_a_run_that_did_what_the_paper_said_is_the_simulators() {
    let solved = |cases: Vec<golden::Case>| cases.into_iter().filter(golden::Case::is_solved);
    let short = |case: &golden::Case| case.rows().len() < 30;
    let current = solved(golden::cases()).filter(short).take(4);
    let classic = solved(golden::classic_cases()).filter(short).take(4);
    let classic = classic.map(|case| (case, "--dialect classic"));
    for (case, dialect) in current.map(|case| (case, "")).chain(classic) {
        let mut arguments = case.scenario();
        arguments.extend(words(dialect).into_iter().map(str::to_owned));
        let whole = ["run", "--json", "-", "--tick", "1ms"].map(str::to_owned);
        let run = Launch::timeshare(whole.iter().chain(&arguments))
            .run()
            .succeeded();
        let trace = Recording::read(run.stdout.as_bytes())
            .expect("it is a trace")
            .into_trace();
        let simulate = ["simulate", "-c", "-p"].map(str::to_owned);
        let simulated = Launch::timeshare(simulate.iter().chain(&arguments)).run();
        assert_eq!(text(&trace), simulated.stdout, "{arguments:?}");
    }
}

#[test]
fn the_text_says_behind_the_statistics_what_they_have_no_place_for() {
    let mut trace = trace_of("-P c2:c1 --tick 2ms");
    trace.outcome = Outcome::Interrupted {
        signal: "SIGINT".to_owned(),
    };
    trace.ticks.truncate(2);
    let told = text(&trace);
    let end =
        "Stats: IO Busy  0 (0.00%)\n\nThe run was ended by SIGINT; this is how far it came.\n";
    assert!(
        told.contains("Stats: Total Time 2\n") && told.ends_with(end),
        "{told}"
    );
}

/// A folder with the trace of a run in it.
struct Folder(TempDir);

impl Folder {
    fn of(line: &str) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder can be made"));
        timeshare(&format!(
            "run -q {line} --json {}",
            folder.name("trace.json")
        ))
        .succeeded();
        folder
    }

    fn name(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    #[track_caller]
    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.name(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn trace(&self) -> Trace {
        Recording::read(self.text("trace.json").as_bytes())
            .expect("it is a trace")
            .into_trace()
    }

    fn report(&self, options: &[&str]) -> Finished {
        let trace = self.name("trace.json");
        let whole = ["report", &trace]
            .into_iter()
            .chain(options.iter().copied());
        Launch::timeshare(whole).run()
    }
}

#[test]
fn report_writes_each_format_where_it_is_told() {
    let folder = Folder::of("-P c2,i:c3 -L 2 --tick 1ms");
    let trace = folder.trace();
    let (timeline, table) = (folder.name("timeline.json"), folder.name("run.csv"));
    let told = folder.report(&["--perfetto", &timeline, "--csv", &table, "--text"]);
    assert_eq!(told.succeeded().stdout, text(&trace));
    assert_eq!(folder.text("timeline.json"), perfetto(&trace));
    assert_eq!(folder.text("run.csv"), csv::ticks(&trace));
    assert_eq!(folder.text("run-processes.csv"), csv::processes(&trace));
}

#[test]
fn report_writes_one_format_to_standard_output() {
    let folder = Folder::of("-P c2:c1 --tick 1ms");
    let trace = folder.trace();
    for (option, expected) in [
        ("--perfetto", perfetto(&trace)),
        ("--csv", csv::ticks(&trace)),
        ("--text", text(&trace)),
    ] {
        assert_eq!(folder.report(&[option, "-"]).succeeded().stdout, expected);
    }
    let files = fs::read_dir(folder.0.path()).expect("it is there").count();
    assert_eq!(files, 1, "of standard output there is no second table");
}

#[test]
fn two_formats_in_one_place_and_places_that_are_not_there_are_refused() {
    let folder = Folder::of("-P c1 --tick 1ms");
    let second = folder.name("run-processes.csv");
    let table = folder.name("run.csv");
    let nowhere = folder.name("no/run.csv");
    // By other names.
    let here = folder.name("./new.csv");
    let (link, linked) = (folder.name("link"), folder.name("linked"));
    fs::write(&linked, "").expect("it can be written");
    symlink(&linked, &link).expect("it can be made");
    for (options, named) in [
        (
            &["--text", &folder.name("new.csv"), "--svg", &here][..],
            "two documents",
        ),
        (&["--text", &linked, "--svg", &link], "two documents"),
        (&["--text", "-", "--svg", "/dev/stdout"], "two documents"),
        (
            &["--csv", "-", "--text"],
            "two documents cannot both go to '-'",
        ),
        (&["--csv", &table, "--text", &second], "run-processes.csv'"),
        (&["--csv", &nowhere], "No such file"),
        (
            &["--text", &folder.name("trace.json")],
            "is the trace itself",
        ),
    ] {
        let refused = folder.report(options);
        assert_eq!(refused.code(), Some(2), "{options:?}");
        assert_eq!(refused.stdout, "");
        assert!(refused.stderr.contains(named), "{}", refused.stderr);
    }
    assert!(
        folder.trace().outcome == Outcome::Complete,
        "the trace is still there"
    );
}
