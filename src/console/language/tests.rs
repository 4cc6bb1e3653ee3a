//! Lines and what they mean.

use std::time::Duration;

use nix::sys::signal::Signal;
use proptest::prelude::*;

use super::*;

fn one(line: &str) -> Command {
    parse(line).unwrap().unwrap()
}

#[track_caller]
fn refused(line: &str, named: &[&str]) {
    let message = parse(line).unwrap_err().to_string();
    for part in named {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    assert!(!message.contains('\n'), "{message:?}");
}

fn these(ids: &[u32]) -> Target {
    Target::These(ids.iter().map(|&id| Who::Id(ProcId(id))).collect())
}

#[test]
fn empty_lines_and_comments_are_nothing() {
    for line in ["", "   ", "# create c5", "\t# x"] {
        assert_eq!(parse(line), Ok(None), "{line:?}");
    }
    assert_eq!(one("tree # who is whose"), Command::Tree);
}

#[test]
fn a_worker_is_created_from_a_program_with_or_without_a_name() {
    let program = crate::workload::notation::program("c5,i,c2").unwrap();
    let given = "c5,i,c2".to_owned();
    let what = Creation::Worker { program, given };
    for (line, name) in [
        ("create c5,i,c2", None),
        ("create c5,i,c2 as a-1", Some("a-1")),
        ("create as a-1 c5,i,c2", Some("a-1")),
    ] {
        let name = name.map(str::to_owned);
        let what = what.clone();
        assert_eq!(one(line), Command::Create { name, what });
    }
}

#[test]
fn any_command_is_created_with_its_words_as_they_are() {
    let words = ["sh", "-c", "sleep 60; exit 3", "as", "x"].map(str::to_owned);
    let what = Creation::Command(words.to_vec());
    let name = Some("s".to_owned());
    let line = "create as s -- sh -c 'sleep 60; exit 3' as x";
    assert_eq!(one(line), Command::Create { name, what });
}

#[test]
fn a_signal_has_many_names_and_term_is_the_default() {
    for line in [
        "kill -9 P0",
        "kill KILL P0",
        "kill sigkill p0",
        "kill -SIGKILL P0",
        "kill 9 P0",
    ] {
        assert_eq!(
            one(line),
            Command::Kill(SignalNumber::of(Signal::SIGKILL), these(&[0])),
            "{line}"
        );
    }
    assert_eq!(
        one("kill P0 P1"),
        Command::Kill(SignalNumber::of(Signal::SIGTERM), these(&[0, 1]))
    );
    assert_eq!(
        one("kill STOP all"),
        Command::Kill(SignalNumber::of(Signal::SIGSTOP), Target::All)
    );
}

#[test]
fn the_other_commands_are_read() {
    let name = Target::These(vec![Who::Name("a".to_owned())]);
    assert_eq!(one("run a"), Command::Cont(name.clone()));
    assert_eq!(one("cont a"), Command::Cont(name.clone()));
    assert_eq!(one("stop all"), Command::Stop(Target::All));
    let (target, nohang) = (these(&[12]), true);
    assert_eq!(one("wait --nohang P12"), Command::Wait { target, nohang });
    let (target, nohang) = (Target::All, false);
    assert_eq!(one("wait all"), Command::Wait { target, nohang });
    assert_eq!(one("status"), Command::Status(Target::All));
    assert_eq!(one("policy"), Command::Policy(None));
    assert_eq!(
        one("policy iolength 3"),
        Command::Policy(Some(Rule::IoLength(3)))
    );
    let end = Rule::Policy("SWITCH_ON_END");
    assert_eq!(one("policy SWITCH_ON_END"), Command::Policy(Some(end)));
    let tick = Rule::Tick(Duration::from_millis(20));
    assert_eq!(one("policy tick 20ms"), Command::Policy(Some(tick)));
    assert_eq!(
        one("sleep 1.5s"),
        Command::Sleep(Duration::from_millis(1500))
    );
    assert_eq!(one("help stop"), Command::Help(verb("stop")));
    assert_eq!(one("quit"), Command::Quit);
}

#[test]
fn every_verb_is_understood_and_says_how_it_is_written() {
    for verb in &VERBS {
        assert!(verb.usage.starts_with(verb.name), "{verb:?}");
        let answer = parse(verb.name);
        let unknown = matches!(answer, Err(ParseError::NotACommand { .. }));
        assert!(!unknown, "{answer:?}");
        assert_eq!(
            one(&format!("help {}", verb.name)),
            Command::Help(Some(verb))
        );
    }
}

#[test]
fn errors_name_the_token_and_what_was_expected_or_meant() {
    refused("stpo P0", &["'stpo'", "did you mean 'stop'?"]);
    refused("xyzzy", &["'xyzzy'", "help"]);
    refused("stop", &["stop WHO"]);
    refused("stop P0 all", &["'all'"]);
    refused("tree P0", &["'P0' is too much", "tree"]);
    refused("stop 17", &["'17'", "P0"]);
    refused("stop P99999999999", &["'P99999999999'"]);
    refused("kill SIGKIL P0", &["'SIGKIL'", "did you mean 'SIGKILL'?"]);
    refused("kill -99 P0", &["'-99'", "SIGTERM"]);
    refused("wait --nohagn P0", &["'--nohagn'", "--nohang"]);
    refused("create c5,x3", &["'x3'", "cN"]);
    refused("create", &["create PROGRAM"]);
    refused("create --", &["-- COMMAND"]);
    refused("create c5 as", &["as NAME"]);
    assert!(parse("create c5 as io").is_ok());
    for name in ["P7", "all", "9a", "KILL", "a b"] {
        refused(
            &format!("create c5 as '{name}'"),
            &[name, "cannot be a name"],
        );
    }
    refused("create c5 so a", &["'so' is too much"]);
    refused("create c5:c6", &["create c5, then create c6"]);
    refused("create c5:x", &["'c5:x'"]);
    refused("kill P2 SIGKIL", &["'SIGKIL'", "did you mean 'SIGKILL'?"]);
    refused(
        "wait P1 --nohan",
        &["'--nohan'", "did you mean '--nohang'?"],
    );
    refused("policy SWITCH_ON_EN", &["did you mean 'SWITCH_ON_END'?"]);
    refused("policy iolength -1", &["'-1'"]);
    refused("policy tick 5 parsecs", &["'5'", "10ms"]);
    refused("sleep soon", &["'soon'", "10ms"]);
    refused("create -- sh -c 'exit", &["quote"]);
}

#[test]
fn signal_and_option_come_first_or_last() {
    for (one, other) in [
        ("kill KILL P1", "kill P1 KILL"),
        ("kill -9 P1 P2", "kill P1 P2 -9"),
        ("wait --nohang P1", "wait P1 --nohang"),
        ("wait --nohang all", "wait all --nohang"),
        ("quit", "exit"),
        ("status", "ps"),
        ("status P1", "ps P1"),
    ] {
        assert_eq!(parse(one), parse(other), "{other}");
        assert!(parse(one).is_ok(), "{one}");
    }
}

fn names() -> Names {
    let mut names = Names::default();
    for name in [Some("alpha"), None, Some("beta")] {
        let id = names.next_id();
        let (name, given) = (name.map(str::to_owned), "c1".to_owned());
        names.add(Entry { id, name, given });
    }
    names
}

#[test]
fn a_process_is_found_by_its_id_or_its_name() {
    let names = names();
    assert_eq!(names.find(&Who::Id(ProcId(1))), Ok(ProcId(1)));
    assert_eq!(names.find(&Who::Name("beta".to_owned())), Ok(ProcId(2)));
    let message = names.find(&Who::Name("betta".to_owned())).unwrap_err();
    assert!(message.contains("did you mean 'beta'?"), "{message}");
    let none = Names::default().find(&Who::Id(ProcId(0))).unwrap_err();
    assert!(none.contains("create"), "{none}");
}

#[test]
fn each_is_meant_once_and_all_are_those_that_count() {
    let names = names();
    let twice = Target::These(vec![Who::Id(ProcId(0)), Who::Name("alpha".to_owned())]);
    assert_eq!(names.resolve(&twice, |_| false), Ok(vec![ProcId(0)]));
    let not_1 = |id| id != ProcId(1);
    let all = names.resolve(&Target::All, not_1);
    assert_eq!(all, Ok(vec![ProcId(0), ProcId(2)]));
    assert!(names.resolve(&Target::All, |_| false).is_err());
}

#[test]
fn what_is_begun_is_completed() {
    let processes = ["P0", "P1", "alpha"].map(str::to_owned);
    for (before, start, expected) in [
        ("st", 0, &["stop", "status", "start"][..]),
        ("stop P", 5, &["P0", "P1"]),
        ("stop a", 5, &["all", "alpha"]),
        ("stop P0 al", 8, &["all", "alpha"]),
        ("kill sigk", 5, &["SIGKILL"]),
        ("kill SIGKILL p1", 13, &["P1"]),
        ("wait --", 5, &["--nohang"]),
        ("policy sw", 7, &["SWITCH_ON_IO", "SWITCH_ON_END"]),
        (
            "policy i",
            7,
            &["IO_RUN_LATER", "IO_RUN_IMMEDIATE", "iolength"],
        ),
        ("help he", 5, &["help"]),
        ("tree ", 5, &[]),
    ] {
        let (at, candidates) = complete(before, &processes);
        assert_eq!(
            (at, &candidates[..]),
            (
                start,
                &expected.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()[..]
            ),
            "{before}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_every_error_is_one_line(line: String) {
        if let Err(error) = parse(&line) {
            prop_assert!(!error.to_string().contains('\n'));
        }
        let _ = complete(&line, &["P0".to_owned()]);
    }

    /// The same with words that get further in.
    #[test]
    fn no_words_make_it_panic(words in prop::collection::vec(
        prop::sample::select(vec!["create", "as", "--", "c1,i", "kill", "-9", "P0", "all", "wait",
            "--nohang", "policy", "tick", "1ms", "iolength", "'", "help", "x", "é", "\u{2028}"]),
        0..6)) {
        let line = words.join(" ");
        if let Err(error) = parse(&line) {
            prop_assert!(!error.to_string().contains('\n'));
        }
        let (start, _) = complete(&line, &[]);
        prop_assert!(line.is_char_boundary(start));
    }

    #[test]
    fn whatever_is_completed_begins_as_it_was_typed(line in "[a-z]{0,4} [a-zA-Z]{0,3}") {
        let (start, candidates) = complete(&line, &["P0".to_owned()]);
        let word = line[start..].to_lowercase();
        for candidate in candidates {
            prop_assert!(candidate.to_lowercase().starts_with(&word));
        }
    }
}
