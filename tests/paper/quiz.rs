//! `timeshare quiz`: predictions by a script and at a terminal, the kinds of mistakes, the score.

use std::fs::File;
use std::io::Write;

use crate::common::program::{Finished, Launch};
use crate::common::words;
use nix::pty::openpty;
use nix::sys::signal::Signal;
use serde_json::Value;

/// P0 computes, issues an I/O and computes again; P1 computes for five ticks:
/// `0 0 1 1 1 1 1 0 0` is right.
const FIGURE: &str = "-P c1,i,c1:c5 -L 3";

fn quiz(line: &str, input: &str) -> Finished {
    let launch = Launch::timeshare(words(&format!("quiz {line}")));
    launch.input(input).run()
}

/// The output as words with single spaces.
fn said(line: &str, input: &str) -> String {
    let finished = quiz(line, input).succeeded();
    for line in finished.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let text = finished.stdout.split_whitespace().collect::<Vec<_>>();
    text.join(" ")
}

fn document(line: &str, input: &str) -> Value {
    let finished = quiz(&format!("{line} --json -"), input).succeeded();
    let document: Value = serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{error}: {finished:?}"));
    assert_eq!(document["schema"], "timeshare/quiz/1");
    document
}

fn questions(document: &Value) -> &[Value] {
    document["questions"].as_array().expect("it is a list")
}

fn kinds(question: &Value) -> Vec<&str> {
    let mistakes = question["verdict"]["mistakes"].as_array();
    let mistakes = mistakes.expect("it is a list").iter();
    mistakes
        .map(|mistake| mistake["kind"].as_str().expect("it has a kind"))
        .collect()
}

#[test]
fn a_right_prediction_is_played_out_by_real_processes() {
    let text = said(&format!("{FIGURE} --tick 2ms"), "0 0\n1x5\n0 0\n");
    for expected in [
        "Right.",
        "Now real processes play it",
        "18 of 18 cells as simulated",
    ] {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn each_kind_of_mistake_is_called_by_its_name() {
    for (prediction, kind, expected) in [
        (
            "0 1x5 0x3",
            "switched_too_early",
            "switched too early, from P0 to P1",
        ),
        (
            "0x3 1x5 0x2",
            "stayed_too_long",
            "Tick 3: stayed too long with P0",
        ),
        ("0x2 0+1 1x4 0x2", "two_at_once", "Two at once, in tick 3"),
        (
            "0x2 - 1x5 0x2",
            "left_idle",
            "left the CPU idle, though P1 could run",
        ),
        (
            "0x2 1x2 0 1x3 0",
            "ran_blocked",
            "P0 cannot run, since it waits for its I/O",
        ),
        (
            "0x2 1x5 0 1",
            "ran_done",
            "P1 cannot run any more, since it is done",
        ),
        ("0x2 1x5", "ended_too_early", "Ended too early: in tick 8"),
        ("0x2 1x5 0x2 -", "went_on_too_long", "Went on too long"),
        (
            "0 1x5 0",
            "forgot_io_tick",
            "Forgot that issuing and finishing an I/O cost a tick",
        ),
        (
            "0x2 -x3 0x2 1x5",
            "wrong_policy",
            "this is what SWITCH_ON_END would do",
        ),
        (
            "0x2 1x3 0x2 1x2",
            "wrong_policy",
            "this is what IO_RUN_IMMEDIATE would do",
        ),
    ] {
        let line = format!("{FIGURE} --no-run");
        let text = said(&line, prediction);
        assert!(text.contains(expected), "{prediction}: {text}");
        let document = document(&line, prediction);
        let found = kinds(&questions(&document)[0]);
        assert!(found.contains(&kind), "{prediction}: {found:?}");
    }
}

#[test]
fn whoever_keeps_the_cpu_and_waits_executes_nothing() {
    let text = said(&format!("{FIGURE} -S SWITCH_ON_END --no-run"), "0x7 1x5\n");
    let told = "Tick 3: P0 keeps every other process off the CPU, but waits for its I/O and executes \
                nothing: that is -.";
    assert!(text.contains(told), "{text}");
    assert!(
        text.contains("Who executes an instruction in each tick?"),
        "{text}"
    );
}

#[test]
fn time_and_utilization_can_be_asked_for_instead() {
    let line = "-l 4:100,1:0 --no-run";
    let text = said(&format!("{line} --ask time"), "11\n");
    assert!(text.contains("Right."), "{text}");
    let text = said(&format!("{line} --ask time"), "6\n");
    assert!(
        text.contains("the time of the instructions alone"),
        "{text}"
    );
    let text = said(&format!("{line} --ask cpu"), "6/11\n");
    assert!(text.contains("Right."), "{text}");
    let text = said(&format!("{line} --ask cpu"), "0.5\n");
    assert!(text.contains("You said 50.00%: wrong."), "{text}");
    assert!(
        !text
            .split("The right answer")
            .next()
            .is_some_and(|asked| asked.contains("54"))
    );
    let text = said(&format!("{line} --ask cpu --dialect classic"), "60%\n");
    assert!(text.contains("July 2020"), "{text}");
}

#[test]
fn several_questions_are_scored_for_an_instructor() {
    // The right answers, from a quiz without answers.
    let unanswered = document("-s 11 --questions 3 --no-run", "");
    assert_eq!(unanswered["score"], 0.0);
    let right: Vec<String> = questions(&unanswered)
        .iter()
        .map(|question| {
            let who = question["who"].as_array().expect("it is a list").iter();
            let tick = |tick: &Value| tick[0].as_u64().map_or("-".to_owned(), |p| p.to_string());
            who.map(tick).collect::<Vec<_>>().join(" ")
        })
        .collect();
    let script = format!("{}\n\n{}\n\n{}\n", right[0], right[1], right[2]);
    let all = document("-s 11 --questions 3 --tick 1ms", &script);
    assert_eq!(all["score"], 1.0);
    for (question, seed) in questions(&all).iter().zip(["11", "12", "13"]) {
        assert_eq!(question["seed"], seed);
        assert_eq!(kinds(question), [""; 0]);
        let agreement = &question["agreement"];
        assert_eq!(agreement["model_equal"], agreement["cells"]);
    }
    let script = format!("{}\n\n.\n", right[0]);
    let one = document("-s 11 --questions 3 --no-run", &script);
    let third = one["score"].as_f64().expect("it is a number") - 1.0 / 3.0;
    assert!(third.abs() < 1e-9, "{}", one["score"]);
    let text = said("-s 11 --questions 3 --no-run", &script);
    assert!(
        text.contains("1 of 3 questions fully right; score 33.33%"),
        "{text}"
    );
}

#[test]
fn a_seed_always_asks_the_same_and_another_one_asks_something_else() {
    let asked = |seed: &str| {
        let document = document(&format!("-s {seed} --no-run"), "");
        let question = &questions(&document)[0];
        format!("{} {}", question["workload"], question["policy"])
    };
    assert_eq!(asked("1"), asked("1"));
    assert_ne!(asked("1"), asked("2"));
    let drawn = document("-l 3:50,3:50 -s 1 --questions 2 --no-run", "");
    assert_eq!(questions(&drawn)[1]["workload"]["seed"], "2");
    let file = crate::common::workload("homework-8-seed-3");
    let of_file = document(&format!("{file} --no-run"), "");
    assert_eq!(questions(&of_file)[0]["workload"]["seed"], "3");
}

#[test]
fn what_is_no_prediction_is_refused_before_anything_is_started() {
    for (line, input, named) in [
        (FIGURE, "0 q", "'q'"),
        (FIGURE, "0 0\n2\n", "there is no P2"),
        (FIGURE, "0 0\n\n0\n", "there is no question 2"),
        ("-l 4:100,1:0 --ask time", "eleven", "'eleven'"),
        ("-l 4:100,1:0 --ask cpu", "110%", "'110%'"),
        (
            "-P c1:i --questions 2",
            "",
            "nothing in this workload is random",
        ),
        ("-P c1000", "", "too many to predict"),
        ("-L 1000", "", "try another -L"),
        ("--ask why", "", "'why'"),
        ("--questions 0", "", "0"),
    ] {
        let finished = quiz(line, input);
        assert_eq!(finished.code(), Some(2), "{line}: {}", finished.stderr);
        assert!(finished.stderr.contains(named), "{}", finished.stderr);
        assert!(finished.stderr.starts_with("timeshare: "), "{line}");
        assert_eq!(finished.stdout, "", "{line}");
        assert!(!finished.had_children, "{line}");
    }
}

#[test]
fn a_person_cannot_be_asked_where_the_json_goes() {
    let terminal = openpty(None, None).expect("a terminal can be had");
    let launch = Launch::timeshare(words("quiz -s 1 --json -")).stdin(terminal.slave);
    let finished = launch.run();
    assert_eq!(finished.code(), Some(2));
    assert!(
        finished.stderr.contains("no place to ask you"),
        "{}",
        finished.stderr
    );
}

#[test]
fn at_a_terminal_one_is_asked_tick_by_tick_and_ctrl_c_ends_it() {
    let terminal = openpty(None, None).expect("a terminal can be had");
    let mut keyboard = File::from(terminal.master);
    let line = "quiz -s 11 --questions 2 --tick 1ms";
    let running = Launch::timeshare(words(line)).stdin(terminal.slave).start();
    running.until("the first question", |quiz| {
        quiz.stdout_so_far().contains("tick 1: ")
    });
    let mut type_in = |text: &str| keyboard.write_all(text.as_bytes()).expect("it listens");
    type_in("0\n");
    running.until("the second tick", |quiz| {
        quiz.stdout_so_far().contains("tick 2: ")
    });
    type_in("nonsense\n");
    running.until("it complains", |quiz| {
        quiz.stdout_so_far().contains("'nonsense'")
    });
    type_in("1\n");
    running.until("the third tick", |quiz| {
        quiz.stdout_so_far().contains("tick 3: ")
    });
    type_in("back\n");
    running.until("the second tick again", |quiz| {
        quiz.stdout_so_far().matches("tick 2: ").count() == 3
    });
    type_in("?\n");
    running.until("it helps", |quiz| {
        quiz.stdout_so_far().contains("an empty line")
    });
    type_in("0x2 -\n\n");
    running.until("the second question", |quiz| {
        let so_far = quiz.stdout_so_far();
        let second = so_far.split("Question 2 of 2").nth(1);
        second.is_some_and(|second| second.contains("tick 1: "))
    });
    assert!(running.stdout_so_far().contains("cells as simulated"));
    running.signal(Signal::SIGINT);
    let finished = running.finish();
    assert_eq!(finished.killed_by(), Some(Signal::SIGINT as i32));
}
