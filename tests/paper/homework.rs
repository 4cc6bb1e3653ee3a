//! `timeshare homework`: the chapter's questions, posed, and answered by real processes.

use crate::common::program::Launch;
use crate::common::{timeshare, words, workload};
use serde_json::Value;
use timeshare::homework::QUESTIONS;

/// The document of `homework --answer`, which must agree with the simulation in every cell.
fn answers(line: &str) -> Value {
    let line = format!("homework {line} --answer --json -");
    let finished = timeshare(&line).succeeded();
    let document: Value = serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{error}: {finished:?}"));
    assert_eq!(document["schema"], "timeshare/homework/1");
    assert_eq!(document["agrees"], true);
    document
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().expect("it is a list")
}

/// The paragraphs of one answer, as one text.
fn explanation(answer: &Value) -> String {
    let paragraphs = list(answer, "explanation").iter();
    let paragraphs = paragraphs.map(|text| text.as_str().expect("it is a text"));
    paragraphs.collect::<Vec<_>>().join(" ")
}

fn words_of(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn all_questions_are_listed_and_each_is_posed_without_its_answer() {
    let listed = timeshare("homework").succeeded();
    assert!(!listed.had_children);
    for question in &QUESTIONS {
        assert!(listed.stdout.contains(question.title), "{}", listed.stdout);
        let posed = timeshare(&format!("homework {}", question.number)).succeeded();
        assert!(!posed.had_children);
        assert!(posed.stdout.contains(question.runs[0].arguments));
        assert!(posed.stdout.contains("Think about:"));
        assert!(!posed.stdout.contains('%'), "{}", posed.stdout);
        for output in [&listed.stdout, &posed.stdout] {
            let widest = output.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(80), "{output}");
        }
    }
}

#[test]
fn the_files_that_come_with_the_program_are_the_questions() {
    let simulated = |what: &str| {
        timeshare(&format!("simulate -cp {what}"))
            .succeeded()
            .stdout
    };
    for question in &QUESTIONS[..7] {
        let file = workload(&format!("homework-{}", question.number));
        let arguments = question.runs[0].arguments;
        assert_eq!(simulated(&file), simulated(arguments), "{arguments}");
    }
    for (seed, run) in (1..).zip(QUESTIONS[7].runs.iter().step_by(4)) {
        let file = workload(&format!("homework-8-seed-{seed}"));
        assert_eq!(simulated(&file), simulated(run.arguments));
    }
}

#[test]
fn every_question_is_answered_by_real_processes_in_either_dialect() {
    for dialect in ["current", "classic"] {
        let document = answers(&format!("--tick 2ms --dialect {dialect}"));
        assert_eq!(document["dialect"], dialect);
        let answered = list(&document, "questions");
        assert_eq!(answered.len(), 8);
        for (answer, question) in answered.iter().zip(&QUESTIONS) {
            assert_eq!(answer["number"], question.number);
            assert!(!explanation(answer).is_empty());
            assert_eq!(list(answer, "runs").len(), question.runs.len());
            for run in list(answer, "runs") {
                assert_eq!(run["trace"]["policy"]["dialect"], dialect);
                assert_eq!(run["trace"]["outcome"], "complete");
                let own = usize::from(dialect == "classic") * 2;
                let said = &list(run, "versions")[own];
                assert_eq!(said["ticks"], run["trace"]["measured"]["ticks"], "{run}");
                let busy = &run["trace"]["measured"]["cpu_busy_ticks"];
                assert_eq!(&said["cpu_busy_ticks"], busy);
            }
        }
    }
}

#[test]
fn an_answer_gives_the_figures_of_its_own_run() {
    let document = answers("6 --tick 2ms");
    let answer = &list(&document, "questions")[0];
    let text = explanation(answer);
    assert!(text.contains("it waits 10 ticks, measured "), "{text}");
    assert!(text.contains("issued in ticks 1, 18 and 25"), "{text}");
    assert!(text.contains("21 ticks instead of 31"), "{text}");
    assert!(text.contains("it gains 10 ticks and "), "{text}");

    let document = answers("7 --tick 2ms --dialect classic");
    let answer = &list(&document, "questions")[0];
    let text = explanation(answer);
    assert!(text.contains("18 ticks instead of 27"), "{text}");
    assert!(text.contains("it gains 9 ticks and "), "{text}");
    assert!(text.contains("a bad idea when"), "{text}");
    assert!(text.contains("21 ticks instead of 17"), "{text}");
}

#[test]
fn an_answer_says_which_version_a_key_follows() {
    let finished = timeshare("homework 2 --answer --tick 2ms").succeeded();
    let text = words_of(&finished.stdout);
    for expected in [
        "current 11 6 (54.55%) 5 (45.45%)",
        "July 2020 10 6 (60.00%) 4 (40.00%)",
        "classic (2019) 10 5 (50.00%) 4 (40.00%)",
        "22 of 22",
    ] {
        assert!(text.contains(expected), "{expected}: {}", finished.stdout);
    }
}

#[test]
fn every_answer_fits_a_terminal_of_80_columns() {
    let finished = timeshare("homework --answer --tick 1ms").succeeded();
    for line in finished.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn what_is_no_question_is_refused_and_nothing_is_started() {
    for (line, named) in [
        ("homework 9", "9"),
        ("homework 0 --answer", "0"),
        ("homework x", "x"),
        ("homework 6 --json -", "--answer"),
        ("homework 6 --answer --dialect 2019", "'2019'"),
        ("homework 6 --answer --tick 0", "'0'"),
    ] {
        let finished = Launch::timeshare(words(line)).run();
        assert_eq!(finished.code(), Some(2), "{line}");
        assert!(finished.stderr.contains(named), "{}", finished.stderr);
        assert!(finished.stderr.starts_with("timeshare: "), "{line}");
        assert!(!finished.had_children, "{line}");
    }
}
