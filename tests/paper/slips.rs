//! Slips of the hand: each is answered in one line, exactly this one, that says what was meant; nothing
//! is started, and nothing goes to standard output.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use test_attribute::test;

use crate::common::program::{Finished, Launch};
use crate::common::{timeshare, words};

#[track_caller]
fn assert_answered(line: &[&str], message: &str) {
    let finished = Launch::timeshare(line).run();
    assert_eq!(finished.code(), Some(2), "{line:?}: {finished:?}");
    assert_eq!(
        finished.stderr,
        format!("timeshare: {message}\n"),
        "{line:?}"
    );
    assert_eq!(
        (finished.stdout.as_str(), finished.had_children),
        ("", false)
    );
}

/// Each line consists of words without spaces.
#[track_caller]
fn assert_all_answered(cases: &[(&str, &str)]) {
    for (line, message) in cases {
        assert_answered(&words(line), message);
    }
}

#[test]
fn programs_without_their_option_are_given_in_one_list() {
    let random = "random programs are given with -l, in one list: -l 4:100,1:0";
    let programs = "programs are given with -P, in one list: -P c3:c2";
    assert_all_answered(&[
        ("run 4:100 1:0", random),
        ("run -l 4:100 1:0", random),
        ("run -l 4:100, 1:0", random),
        ("simulate 4:100 1:0 -c", random),
        ("compare -l 4:100 1:0 -q", random),
        ("quiz -l 4:100 1:0", random),
        (
            "run -l 4:100 1:0 3:50",
            "random programs are given with -l, in one list: -l 4:100,1:0,3:50",
        ),
        ("run -P c3 c2", programs),
        ("simulate c3 c2", programs),
        (
            "run -P c3, i c2",
            "programs are given with -P, in one list: -P c3,i:c2",
        ),
        (
            "run 4:100,1:0",
            "cannot read 4:100,1:0: No such file or directory (os error 2); random programs are given \
             with -l: -l 4:100,1:0",
        ),
        (
            "compare c5:c5",
            "cannot read c5:c5: No such file or directory (os error 2); programs are given with -P: \
             -P c5:c5",
        ),
        (
            "run -P 5:100",
            "'5' is not an instruction: expected cN (compute for N ticks) or i (issue an I/O), as in \
             c7,i,c1; random programs are given with -l: -l 5:100",
        ),
        (
            "run -l c3",
            "'c3' does not describe a process: expected X:Y (X instructions, each with a chance of Y \
             percent to use the CPU), as in 5:100; programs are given with -P: -P c3",
        ),
    ]);
}

#[test]
fn what_was_copied_from_a_pdf_is_named_in_every_command() {
    let dash = |word: &str, typed: &str| {
        format!(
            "'{word}' has an en dash (U+2013) instead of -, as text from a PDF does: type {typed}"
        )
    };
    for (line, word, typed) in [
        ("run –l 4:100,1:0", "–l", "-l"),
        ("run –P c3", "–P", "-P"),
        ("run –P", "–P", "-P"),
        ("run figure-4.4 –html x.html", "–html", "--html"),
        ("simulate -l 5:100 –cp", "–cp", "-cp"),
        ("watch figure-4.4 –paused", "–paused", "--paused"),
        ("compare figure-4.4 –repeat=3", "–repeat=3", "--repeat=3"),
        ("replay run.jsonl –speed 2", "–speed", "--speed"),
        ("replay –paused", "–paused", "--paused"),
        ("report run.json –html y.html", "–html", "--html"),
        ("homework 6 –answer", "–answer", "--answer"),
        ("homework –answer", "–answer", "--answer"),
        ("quiz –s 7", "–s", "-s"),
        ("demo zombie –fast", "–fast", "--fast"),
        ("shell –tick 5ms", "–tick", "--tick"),
        ("doctor –json x", "–json", "--json"),
        ("inspect self –watch", "–watch", "--watch"),
        ("bench –json -", "–json", "--json"),
        ("workloads –json -", "–json", "--json"),
        ("man –to man", "–to", "--to"),
        ("run figure–4.4", "figure–4.4", "figure-4.4"),
        ("report figure–4.4", "figure–4.4", "figure-4.4"),
        ("run -l 4:100 -s –5", "–5", "-5"),
        ("–version", "–version", "--version"),
        ("––help", "––help", "--help"),
    ] {
        // Watch looks for a terminal first.
        if line.starts_with("watch") || line.starts_with("replay –") {
            continue;
        }
        assert_answered(&words(line), &dash(word, typed));
    }
    assert_all_answered(&[
        (
            "simulate -l 5:100 −c",
            "'−c' has a minus sign (U+2212) instead of -, as text from a PDF does: type -c",
        ),
        (
            "run —tick 1ms",
            "'—tick' has an em dash (U+2014) instead of -, as text from a PDF does: type --tick",
        ),
        (
            "run “figure-4.4”",
            "'“figure-4.4”' has a typographic quotation mark (U+201C) instead of \", as text from a \
             PDF does: type \"figure-4.4\"",
        ),
        (
            "run \u{fb01}gure-4.4",
            "'\u{fb01}gure-4.4' has a ligature (U+FB01) instead of fi, as text from a PDF does: type \
             figure-4.4",
        ),
    ]);
}

#[test]
fn what_was_copied_from_a_pdf_is_named_in_a_notation() {
    let instruction = "expected cN (compute for N ticks) or i (issue an I/O), as in c7,i,c1";
    let quoted = format!(
        "'“c2' has a typographic quotation mark (U+201C) instead of \", as text from a PDF does: \
         {instruction}"
    );
    for command in ["run", "simulate", "compare", "quiz"] {
        assert_answered(&[command, "-P", "“c2,i”"], &quoted);
    }
    assert_answered(
        &["run", "-l", "5:–1"],
        "'–1' has an en dash (U+2013) instead of -, as text from a PDF does: expected X:Y (X \
         instructions, each with a chance of Y percent to use the CPU), as in 5:100",
    );
}

#[test]
fn an_option_of_another_letter_is_asked_for() {
    assert_all_answered(&[
        (
            "run -1 3:0",
            "there is no option -1: is -l meant, a small L, and not the digit?",
        ),
        (
            "simulate -13:0 -c",
            "there is no option -1: is -l meant, a small L, and not the digit?",
        ),
        ("simulate -l 3:0 -C", "there is no option -C: is -c meant?"),
        ("run -l 3:0 -Q", "there is no option -Q: is -q meant?"),
        ("homework 6 -A", "there is no option -A: is -a meant?"),
        (
            "compare figure-4.4 -R 3",
            "there is no option -R: is -r meant?",
        ),
        ("run -i IO_RUN_LATER", "there is no option -i: is -I meant?"),
        (
            "run -tick 1ms",
            "'-tick' is written with two dashes: --tick",
        ),
        (
            "demo zombie -fast",
            "'-fast' is written with two dashes: --fast",
        ),
        (
            "run -l 3:0 -s SWITCH_ON_END",
            "'SWITCH_ON_END' is not a seed: expected an integer, as in 42, -5, 0x2a (hexadecimal), \
             0b101010 (binary) or 052 (octal). Is -S SWITCH_ON_END meant?",
        ),
        (
            "run -l 3:0 -S 42",
            "'42' is not a switch policy: expected SWITCH_ON_IO or SWITCH_ON_END. Is -s 42 meant?",
        ),
        (
            "run -L 3:0",
            "'3:0' is not the length of an I/O: expected a whole number of ticks, as in 5. Is -l 3:0 \
             meant?",
        ),
        (
            "run -l 3:0 -S IO_RUN_LATER",
            "'IO_RUN_LATER' is not a switch policy: expected SWITCH_ON_IO or SWITCH_ON_END. Is -I \
             IO_RUN_LATER meant?",
        ),
    ]);
}

#[test]
fn a_list_of_programs_that_is_given_twice_says_which_one_counts() {
    let noted = |line: &str| timeshare(line).stderr;
    assert_eq!(
        noted("simulate -P c1 -P c2 -c"),
        "timeshare: note: -P is given 2 times, and the last one counts, 'c2'; programs are given \
         with -P, in one list: -P c1:c2\n"
    );
    assert_eq!(
        noted("simulate -l 3:0 --processlist 1:0 -l 4:100"),
        "timeshare: note: -l is given 3 times, and the last one counts, '4:100'; random programs are \
         given with -l, in one list: -l 3:0,1:0,4:100\n"
    );
    // To replace one of these is usual.
    assert_eq!(noted("simulate -l 3:0 -s 1 --seed=2 -c -c"), "");
    assert_eq!(noted("workloads --json /dev/null --json -"), "");
    assert_eq!(noted("simulate -P c1 -l 3:0 -c"), "");
}

#[test]
fn spaces_in_programs_are_read_as_those_in_random_ones() {
    let simulated = |option: &str, list: &str| {
        Launch::timeshare(["simulate", "-c", option, list])
            .run()
            .succeeded()
            .stdout
    };
    assert_eq!(simulated("-P", "c2, i : c1 "), simulated("-P", "c2,i:c1"));
    assert_eq!(simulated("-l", "5:100, 3:0"), simulated("-l", "5:100,3:0"));
}

#[test]
fn a_format_that_a_report_does_not_have_is_answered_with_those_it_has() {
    let formats = "a report has these formats: --html FILE, --svg FILE, --perfetto FILE, --csv FILE, \
                   --text FILE";
    assert_all_answered(&[
        ("report x --pdf y", &format!("there is no --pdf: {formats}")),
        ("report x --png=y", &format!("there is no --png: {formats}")),
        (
            "report x y.html",
            &format!(
                "what is to become of 'y.html'? {}",
                formats.replacen('a', "A", 1)
            ),
        ),
        (
            "run figure-4.4 --csv y",
            "a run writes no --csv: write its trace with --json trace.json, and then 'timeshare \
             report trace.json --csv FILE'",
        ),
        (
            "compare figure-4.4 --svg y",
            "a run writes no --svg: write its trace with --json trace.json, and then 'timeshare \
             report trace.json --svg FILE'",
        ),
    ]);
}

#[test]
fn a_trace_and_a_workload_are_told_apart() {
    let folder = TempDir::new().expect("a folder can be made");
    let trace = folder.path().join("trace.json");
    fs::write(&trace, "{\"schema\":\"timeshare/trace/1\",").expect("it can be written");
    let trace = trace.display().to_string();
    for command in ["run", "simulate", "compare", "quiz"] {
        assert_answered(
            &[command, &trace],
            &format!(
                "{trace} is the trace of a run, and no workload: 'timeshare report {trace}' shows it, \
                 'timeshare replay {trace}' plays it"
            ),
        );
    }
    for workload in ["figure-4.4", "workloads/figure-4.4.toml"] {
        for command in ["report", "replay"] {
            assert_answered(
                &[command, workload],
                &format!(
                    "'{workload}' is a workload, and no trace of a run. Run it first: timeshare run \
                     {workload} --json trace.json"
                ),
            );
        }
    }
    assert_all_answered(&[
        (
            "replay -l 3:0",
            "'timeshare replay' shows a run that is over. Run it first: timeshare run … --json \
             trace.json",
        ),
        (
            "figure-4.4",
            "a command comes first, as in 'timeshare run figure-4.4' or 'timeshare simulate \
             figure-4.4 -c'",
        ),
        (
            "3:0",
            "a command comes first, as in 'timeshare run -l 3:0' or 'timeshare simulate -l 3:0 -c'",
        ),
        (
            "-l 3:0",
            "a command comes before -l, as in 'timeshare run -l …'",
        ),
    ]);
}

#[test]
fn what_is_no_slip_is_refused_as_before() {
    let refused = |line: &str| -> Finished { timeshare(line) };
    for (line, told) in [
        ("run -P c1 --bogus", "unexpected argument '--bogus'"),
        ("run -P c1 -z", "unexpected argument '-z'"),
        (
            "run -P c1 one.toml two.toml",
            "unexpected argument 'two.toml'",
        ),
        ("bogus", "unrecognized subcommand 'bogus'"),
        ("report", "FILE"),
    ] {
        let finished = refused(line);
        assert_eq!(finished.code(), Some(2), "{line}");
        assert!(
            finished.stderr.contains(told),
            "{line}: {}",
            finished.stderr
        );
    }
}

/// The names of the files in the folder of the source.
fn supplied() -> Vec<String> {
    let files = fs::read_dir(crate::common::folder("workloads")).expect("it is there");
    let files = files.map(|file| file.expect("it can be read").path());
    let mut names: Vec<_> = files
        .map(|file| {
            file.file_stem()
                .expect("it has a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn all_supplied_workloads_are_listed_and_in_the_help_of_every_command_that_takes_one() {
    let listed = timeshare("workloads").succeeded().stdout;
    let document = timeshare("workloads --json -").succeeded().stdout;
    let document: Value = serde_json::from_str(&document).expect("it is JSON");
    assert_eq!(document["schema"], "timeshare/workloads/1");
    let workloads = document["workloads"].as_array().expect("it is a list");
    let field = |index: usize, name: &str| workloads[index][name].as_str().expect("a text");
    let mut names: Vec<_> = (0..workloads.len())
        .map(|index| field(index, "name"))
        .collect();
    for (index, name) in names.iter().enumerate() {
        assert_eq!(field(index, "run"), format!("timeshare run {name}"));
        let row = format!("\n  {name} ");
        let row = listed.split_once(&row).expect("it has a row").1;
        let row = row.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(row.starts_with(field(index, "description")), "{row}");
    }
    names.sort_unstable();
    assert_eq!(names, supplied());
    for command in ["run", "simulate", "watch", "compare", "quiz"] {
        let help = timeshare(&format!("{command} --help")).succeeded().stdout;
        let said = help
            .split_once("Supplied workloads: ")
            .expect("it lists them")
            .1;
        let said: Vec<_> = said.split_whitespace().collect();
        for name in supplied() {
            let said = said
                .iter()
                .any(|word| word.trim_end_matches([',', '.']) == name);
            assert!(said, "{command}: {name}");
        }
    }
}
