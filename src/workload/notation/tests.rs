//! What the notations accept, and how they refuse the rest.

use super::*;
use proptest::prelude::*;
use std::ops::Range;
use std::time::{Duration, Instant};

/// The notation of each program that `-P` makes of a text.
fn read(text: &str) -> Vec<String> {
    let (workload, _) = programs(text).unwrap();
    workload
        .processes
        .iter()
        .map(|process| process.program.notation())
        .collect()
}

/// The message for a text that `-P` refuses, and the token that it points at.
fn refused(text: &str) -> (String, Range<usize>) {
    let error = programs(text).unwrap_err();
    assert_eq!(error.token(), &text[error.span()]);
    (error.to_string(), error.span())
}

fn drawn(text: &str, seed: &str) -> Vec<String> {
    let workload = process_list(text, &Seed::parse(seed).unwrap()).unwrap();
    workload
        .processes
        .iter()
        .map(|process| process.program.notation())
        .collect()
}

fn draw_refused(text: &str) -> (String, Range<usize>) {
    let error = process_list(text, &Seed::default()).unwrap_err();
    assert_eq!(error.token(), &text[error.span()]);
    (error.to_string(), error.span())
}

#[test]
fn programs_are_separated_by_colons_and_instructions_by_commas() {
    assert_eq!(read("c2,i,c1:c5"), ["c2,i,c1", "c5"]);
    assert_eq!(read("i,i:c1,c2"), ["i,i", "c3"]);
    let (workload, _) = programs("c1:i").unwrap();
    let given: Vec<_> = workload
        .processes
        .iter()
        .map(|process| &process.given[..])
        .collect();
    assert_eq!(given, ["c1", "i"]);
    assert_eq!(workload.seed, None);
}

#[test]
fn white_space_around_an_instruction_is_no_part_of_it() {
    assert_eq!(read("c2, i"), ["c2,i"]);
    assert_eq!(read(" c2 ,\ti : c1 "), ["c2,i", "c1"]);
    let (workload, ignored) = programs("c1 : c2, i ").unwrap();
    assert_eq!(workload.processes[1].given, "c2, i");
    assert_eq!(ignored, []);
    assert_eq!(refused("c1, ").1, 3..3);
    assert_eq!(program("c2, i").unwrap().notation(), "c2,i");
}

#[test]
fn a_character_that_only_looks_like_one_of_a_keyboard_is_named() {
    let pdf = "as text from a PDF does: expected cN (compute for N ticks) or i (issue an I/O), as in \
               c7,i,c1";
    assert_eq!(
        refused("“c2,i”").0,
        format!("'“c2' has a typographic quotation mark (U+201C) instead of \", {pdf}")
    );
    assert_eq!(
        refused("c1：c2").0,
        "'c1：c2' has a wide colon (U+FF1A) instead of :, as text from a PDF does: expected cN with \
         a whole number N, as in c7"
    );
    assert_eq!(
        draw_refused("5:–1").0,
        "'–1' has an en dash (U+2013) instead of -, as text from a PDF does: expected X:Y (X \
         instructions, each with a chance of Y percent to use the CPU), as in 5:100"
    );
    assert_eq!(
        Seed::parse("−5").unwrap_err().to_string(),
        "'−5' has a minus sign (U+2212) instead of -, as text from a PDF does: expected an integer, \
         as in 42, -5, 0x2a (hexadecimal), 0b101010 (binary) or 052 (octal)"
    );
}

#[test]
fn a_number_is_what_python_takes_for_one() {
    assert_eq!(
        read("c0:c-3:c 2:c+2:c1_0:c010"),
        ["c0", "c0", "c2", "c2", "c10", "c10"]
    );
}

#[test]
fn what_follows_an_i_is_ignored_but_reported() {
    let (workload, ignored) = programs("c1:i7,ix,i").unwrap();
    assert_eq!(workload.processes[1].program.notation(), "i,i,i");
    let shown: Vec<_> = ignored.iter().map(Ignored::to_string).collect();
    assert_eq!(
        shown,
        [
            "'i7': what follows the i is ignored, as process-run.py does; the length of every I/O \
             is set with -L (process 1)",
            "'ix': what follows the i is ignored, as process-run.py does; the length of every I/O \
             is set with -L (process 1)",
        ]
    );
}

#[test]
fn a_single_program_is_strict_about_what_follows_an_i() {
    let error = program("c1,i7").unwrap_err();
    assert_eq!(error.span(), 3..5);
    assert_eq!(
        error.to_string(),
        "'i7' is not an instruction: expected i alone, as the length of an I/O is the same for all \
         of them (iolength)"
    );
    assert!(program("c1:c2").is_err());
}

#[test]
fn what_is_no_instruction_is_named_with_its_place_and_the_form() {
    assert_eq!(
        refused("c1:c2,x3"),
        (
            "'x3' is not an instruction: expected cN (compute for N ticks) or i (issue an I/O), as \
             in c7,i,c1"
                .to_owned(),
            6..8
        )
    );
    for (text, span) in [
        ("é:c1", 0..2),
        ("c1, x ", 4..5),
        ("C1", 0..2),
        ("c1:7", 3..4),
    ] {
        assert_eq!(refused(text).1, span, "{text:?}");
    }
}

#[test]
fn a_missing_instruction_is_said_to_be_missing() {
    for (text, at) in [("", 0), ("c2,,i", 3), ("c1:", 3), (":", 0), ("c1,", 3)] {
        let (message, span) = refused(text);
        assert!(
            message.starts_with("an instruction is missing: expected cN"),
            "{message}"
        );
        assert_eq!(span, at..at, "{text:?}");
    }
}

#[test]
fn a_computation_without_a_number_is_explained() {
    assert_eq!(
        refused("c1,c").0,
        "'c' does not say for how many ticks to compute: expected cN with a whole number N, as in c7"
    );
    for text in ["cx", "c1.5", "c1e3", "c0x1", "c--1", "cnan", "cé"] {
        assert_eq!(
            refused(text),
            (refused("c").0.replace("'c'", &quoted(text)), 0..text.len())
        );
    }
}

#[test]
fn a_certain_chance_draws_without_regard_to_the_seed() {
    assert_eq!(drawn("5:100,1:0", "1"), ["c5", "i"]);
    assert_eq!(drawn("2:150,2:-20", "1"), ["c2", "i,i"]);
    assert_eq!(drawn("-3:100,0:50", "1"), ["c0", "c0"]);
}

#[test]
fn one_sequence_of_random_numbers_serves_all_processes() {
    assert_eq!(drawn("3:50,3:50", "1"), ["c1,i,i", "c3"]);
    assert_eq!(drawn("6:50", "1"), ["c1,i,i,c3"]);
    let workload = process_list("3:50", &Seed::parse("0x1").unwrap()).unwrap();
    assert_eq!(workload.seed.as_deref(), Some("0x1"));
    assert_eq!(workload.processes[0].given, "3:50");
}

#[test]
fn what_is_no_random_process_is_named_with_its_place_and_the_form() {
    let form = "expected X:Y (X instructions, each with a chance of Y percent to use the CPU), as \
                in 5:100";
    for (text, message, span) in [
        ("5:x", "'x' is not a percentage", 2..3),
        ("5:50,5:nan", "'nan' is not a percentage", 7..10),
        ("5:1e400", "'1e400' is not a percentage", 2..7),
        ("5:", "'' is not a percentage", 2..2),
        ("q:5", "'q' is not a number of instructions", 0..1),
        ("1.5:5", "'1.5' is not a number of instructions", 0..3),
        ("5", "'5' does not describe a process", 0..1),
        ("5:100:3", "'5:100:3' does not describe a process", 0..7),
        ("", "'' does not describe a process", 0..0),
        ("5:100,", "'' does not describe a process", 6..6),
    ] {
        assert_eq!(
            draw_refused(text),
            (format!("{message}: {form}"), span),
            "{text:?}"
        );
    }
}

#[test]
fn too_many_instructions_are_refused_before_any_is_made() {
    let start = Instant::now();
    let limit = "makes too many instructions: a workload has at most 100000000";
    assert_eq!(
        draw_refused("1:100,1000000000:50"),
        (format!("'1000000000:50' {limit}"), 6..19)
    );
    assert_eq!(
        draw_refused("50000001:50").0,
        format!("'50000001:50' {limit}")
    );
    assert_eq!(
        draw_refused("100000001:100").0,
        format!("'100000001:100' {limit}")
    );
    assert_eq!(refused("c1,c100000000").0, format!("'c100000000' {limit}"));
    assert_eq!(refused("c99999999999999999999999").1, 0..24);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn the_instructions_of_all_processes_count_together() {
    assert!(refused("c60000000:c60000000").0.contains("100000000"));
    assert_eq!(draw_refused("60000000:100,60000000:100").1, 13..25);
}

#[test]
fn a_million_processes_are_refused_with_the_limit() {
    let limit = "is one process too many: a workload has at most 100000";
    let million = vec!["c1"; 1_000_000].join(":");
    assert_eq!(
        refused(&million),
        (format!("'c1' {limit}"), 300_000..300_002)
    );
    let million = vec!["1:0"; 1_000_000].join(",");
    assert_eq!(
        draw_refused(&million),
        (format!("'1:0' {limit}"), 400_000..400_003)
    );
    assert_eq!(
        read(&vec!["i"; MAX_PROCESSES].join(":")).len(),
        MAX_PROCESSES
    );
}

#[test]
fn a_number_beyond_pythons_limit_of_digits_is_refused() {
    let (message, _) = refused(&format!("c{}", "1".repeat(4301)));
    assert!(
        message.ends_with("…' is too long a number: expected at most 4300 digits, as Python does")
    );
}

/// Programs as the notations make them.
fn any_program() -> impl Strategy<Value = Program> {
    prop::collection::vec((0_usize..4, any::<bool>()), 0..20).prop_map(|parts| {
        let mut instructions = Vec::new();
        for (ticks, io) in parts {
            instructions.resize(instructions.len() + ticks, Instruction::Cpu);
            if io {
                instructions.extend([Instruction::Io, Instruction::IoDone]);
            }
        }
        Program(instructions)
    })
}

proptest! {
    #[test]
    fn a_program_reads_back_from_its_notation(written in any_program()) {
        prop_assert_eq!(program(&written.notation()), Ok(written));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), near in "[ci0-9:,._x +-]{0,12}") {
        for text in [text, near] {
            for error in [
                programs(&text).err(),
                process_list(&text, &Seed::default()).err(),
                program(&text).err(),
            ].into_iter().flatten() {
                prop_assert_eq!(text.get(error.span()), Some(error.token()));
            }
        }
    }
}
