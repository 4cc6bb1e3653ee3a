//! Whole workload files: what they mean, and that no text breaks the reader.

use super::*;
use crate::workload::notation;
use proptest::prelude::*;

const COMPLETE: &str = r#"
name = "figure-4.4"
description = "One process waits for its I/O while the other computes."
seed = 1
tick = "10ms"
iolength = 3
dialect = "classic"

[policy]
switch = "SWITCH_ON_END"
iodone = "IO_RUN_IMMEDIATE"

[[process]]
name = "editor"
program = "c2,i,c1"

[[process]]
random = "3:50"
"#;

fn message(text: &str) -> String {
    parse(text, "w.toml").unwrap_err().to_string()
}

#[test]
fn a_complete_file_says_everything() {
    let file = parse(COMPLETE, "w.toml").unwrap();
    assert_eq!(file.switch, Some(SwitchPolicy::OnEnd));
    assert_eq!(file.iodone, Some(IoDonePolicy::Immediate));
    assert_eq!(file.iolength, Some(3));
    assert_eq!(file.dialect, Some(Dialect::Classic));
    assert_eq!(file.tick, Some(Duration::from_millis(10)));
    let workload = file.expand(None);
    assert_eq!(workload.name.as_deref(), Some("figure-4.4"));
    assert!(workload.description.unwrap().starts_with("One process"));
    assert_eq!(workload.processes[0].name.as_deref(), Some("editor"));
    assert_eq!(workload.processes[0].given, "c2,i,c1");
    assert_eq!(workload.processes[1].given, "3:50");
}

#[test]
fn what_a_file_leaves_out_is_left_open() {
    let file = parse("[[process]]\nprogram = 'c1'", "w.toml").unwrap();
    assert_eq!(
        (file.switch, file.iodone, file.iolength, file.tick),
        (None, None, None, None)
    );
    assert_eq!(file.dialect, None);
    assert_eq!(
        (&file.name, &file.description, &file.seed),
        (&None, &None, &None)
    );
    assert_eq!(file.expand(Some(&Seed::default())).seed, None);
}

#[test]
fn random_programs_are_those_of_the_seed_given_or_else_of_the_file_or_else_of_0() {
    let given = Seed::parse("2").unwrap();
    let file = parse(COMPLETE, "w.toml").unwrap();
    for (seed, text) in [(None, "1"), (Some(&given), "2")] {
        let workload = file.expand(seed);
        let drawn = notation::process_list("3:50", &Seed::parse(text).unwrap()).unwrap();
        assert_eq!(workload.processes[1].program, drawn.processes[0].program);
        assert_eq!(workload.seed.as_deref(), Some(text));
    }
    let file = parse("[[process]]\nrandom = '3:50'", "w.toml").unwrap();
    assert_eq!(file.expand(None).seed.as_deref(), Some("0"));
}

#[test]
fn a_seed_may_be_written_as_an_integer_of_any_size_or_as_a_string() {
    for (written, seed) in [
        ("-5", "-5"),
        ("0x2a", "0x2a"),
        ("1_000", "1_000"),
        (
            "123456789012345678901234567890",
            "123456789012345678901234567890",
        ),
        (&"7".repeat(50), &"7".repeat(50)),
        ("\"010\"", "010"),
    ] {
        let file = parse(
            &format!("seed = {written}\n[[process]]\nprogram='i'"),
            "w.toml",
        )
        .unwrap();
        assert_eq!(file.seed, Some(Seed::parse(seed).unwrap()));
    }
}

#[test]
fn a_byte_order_mark_and_crlf_are_accepted() {
    let text = format!("\u{feff}{}", COMPLETE.replace('\n', "\r\n"));
    assert_eq!(
        parse(&text, "w.toml").unwrap(),
        parse(COMPLETE, "w.toml").unwrap()
    );
    assert_eq!(
        message("\u{feff}name = 3\r\n"),
        "w.toml:1:8: name has an invalid type: integer `3`, expected a string, as in name = \"editor\"\n\
         1 | name = 3\n  |        ^"
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = parse(&text, &text).map_err(|error| error.to_string());
    }

    #[test]
    fn no_fault_in_a_file_makes_it_panic(
        at in 0..COMPLETE.len(),
        removed in 0_usize..6,
        inserted in "[\"'\\\\\\[\\]=\n\r\té,:0-9a-z{}#]{0,3}",
    ) {
        let end = (at + removed).min(COMPLETE.len());
        let text = format!("{}{inserted}{}", &COMPLETE[..at], &COMPLETE[end..]);
        if let Err(error) = parse(&text, "w.toml") {
            let message = error.to_string();
            prop_assert!(message.starts_with("w.toml"), "{}", message);
            prop_assert!(message.lines().count() <= 3, "{}", message);
        }
    }

    #[test]
    fn the_text_of_a_process_cannot_break_out(program in any::<String>()) {
        let value = toml::Value::String(program.clone());
        let text = format!("[[process]]\nprogram = {value}\n");
        match parse(&text, "w.toml") {
            Ok(file) => prop_assert_eq!(&file.processes[0].given, &program),
            Err(error) => prop_assert!(error.to_string().lines().count() == 3, "{}", error),
        }
    }
}
