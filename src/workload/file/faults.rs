//! How a faulty workload file is explained.

use super::parse;

fn message(text: &str) -> String {
    parse(text, "w.toml").unwrap_err().to_string()
}

/// The message for a file, without its picture.
fn complaint(text: &str) -> String {
    message(text).lines().next().unwrap().to_owned()
}

/// Checks the complaint, without the name of the file, about each text.
fn assert_complaints(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(complaint(text), format!("w.toml:{expected}"), "{text:?}");
    }
}

#[test]
fn a_bad_instruction_is_marked_inside_the_string() {
    assert_eq!(
        message("[[process]]\n\tname = 'é'\n\tprogram = \"c2,x3,i\" # µ\n"),
        "w.toml:3:16: 'x3' is not an instruction: expected cN (compute for N ticks) or i (issue an \
         I/O), as in c7,i,c1\n\
         3 |  program = \"c2,x3,i\" # µ\n\
         \x20 |                ^^"
    );
    assert_eq!(
        message("process = [{ name = 'µ', random = '5:é' }]"),
        "w.toml:1:38: 'é' is not a percentage: expected X:Y (X instructions, each with a chance of \
         Y percent to use the CPU), as in 5:100\n\
         1 | process = [{ name = 'µ', random = '5:é' }]\n\
         \x20 |                                      ^"
    );
}

#[test]
fn a_file_without_text_is_empty() {
    for text in ["", " \n\t", "\u{feff}"] {
        assert_eq!(
            message(text),
            "w.toml is empty: expected a workload, with a [[process]] for each process"
        );
    }
}

#[test]
fn a_file_without_processes_is_refused() {
    let missing = "there is no process: expected a [[process]] for each, with a program or random";
    assert_eq!(complaint("# nothing\n"), format!("w.toml:1:10: {missing}"));
    assert_eq!(complaint("process = []"), format!("w.toml:1:11: {missing}"));
    let form = "process is no array of tables: expected a [[process]] for each process";
    assert_complaints(&[
        ("[process]\nprogram = 'c1'", &format!("1:1: {form}")),
        ("process = ['c1']", &format!("1:11: {form}")),
        ("process = [['name', 'c1']]", &format!("1:11: {form}")),
    ]);
}

#[test]
fn a_process_has_a_program_or_random_but_not_both() {
    let both = "a process has both program and random: expected one of them";
    let neither = "a process has neither program nor random: expected one of them, as in program = \
                   \"c2,i,c1\" or random = \"3:50\"";
    assert_complaints(&[
        (
            "[[process]]\nrandom = '1:0'\nprogram = 'i'",
            &format!("3:1: {both}"),
        ),
        (
            "[[process]]\nprogram = 'i'\nrandom = '1:0'",
            &format!("3:1: {both}"),
        ),
        ("\n[[process]]\nname = 'a'", &format!("2:1: {neither}")),
        ("process = [{}]", &format!("1:12: {neither}")),
    ]);
}

#[test]
fn a_bad_program_is_refused_at_its_place() {
    assert_complaints(&[
        (
            "[[process]]\nprogram = 'c1,i7'",
            "2:15: 'i7' is not an instruction: expected i alone, as the length of an I/O is the \
             same for all of them (iolength)",
        ),
        (
            "[[process]]\nprogram = ''",
            "2:12: an instruction is missing: expected cN (compute for N ticks) or i (issue an \
             I/O), as in c7,i,c1",
        ),
        (
            "[[process]]\nrandom = '1000000000:50'",
            "2:11: '1000000000:50' makes too many instructions: a workload has at most 100000000",
        ),
    ]);
}

#[test]
fn an_unknown_key_is_named_with_the_keys_there_are() {
    assert_complaints(&[
        (
            "[[process]]\nprogam = 'i'",
            "2:1: 'progam' is not a key here: expected one of name, program, random. Is program meant?",
        ),
        (
            "[policy]\nio = ''",
            "2:1: 'io' is not a key here: expected one of switch, iodone. Is iodone meant?",
        ),
        (
            "x = 1\na = 2\n[policy]\nb = 3",
            "1:1: 'x' is not a key here: expected one of name, description, seed, tick, iolength, \
             dialect, policy, process",
        ),
        (
            "[[process]]\nx = 1\nprogram = 'i'\n[policy]\na = 1",
            "2:1: 'x' is not a key here: expected one of name, program, random",
        ),
        (
            "process = [{ program = 'i', random = '1:0', x = 1 }]",
            "1:29: a process has both program and random: expected one of them",
        ),
    ]);
}

#[test]
fn a_value_of_the_wrong_type_is_refused_with_the_type_expected() {
    assert_complaints(&[
        (
            "name = 3",
            "1:8: name has an invalid type: integer `3`, expected a string, as in name = \"editor\"",
        ),
        (
            "tick = 10",
            "1:8: tick has an invalid type: integer `10`, expected a string, as in tick = \"10ms\"",
        ),
        (
            "seed = 1.5",
            "1:8: seed has an invalid type: floating point `1.5`, expected a string, as in seed = \"42\" or \
             seed = 42",
        ),
        (
            "iolength = '3'",
            "1:12: iolength has an invalid type: string \"3\", expected a whole number, as in iolength = 5 (ticks)",
        ),
        (
            "iolength = nan",
            "1:12: iolength has an invalid type: floating point `NaN`, expected a whole number, as in iolength = 5 \
             (ticks)",
        ),
        (
            "policy = true",
            "1:10: policy is no table: expected [policy], with the keys switch and iodone",
        ),
        (
            "policy.switch = 1979-05-27",
            "1:17: switch has an invalid type: table or date, expected a string, as in switch = \"SWITCH_ON_IO\"",
        ),
        (
            "[[process]]\nprogram = 7",
            "2:11: program has an invalid type: integer `7`, expected a string, as in program = \"c2,i,c1\"",
        ),
    ]);
}

#[test]
fn a_value_that_cannot_be_is_refused_with_the_form_expected() {
    let process = "[[process]]\nprogram = 'c1'\n";
    for (line, expected) in [
        (
            "seed = '08'",
            "1:8: '08' is not a seed: expected an integer, as in 42, -5, 0x2a (hexadecimal), \
             0b101010 (binary) or 052 (octal)",
        ),
        (
            "tick = '5 parsecs'",
            "1:8: '5 parsecs' is not a length of time: expected a number and a unit: 100us, 10ms, \
             1.5s",
        ),
        (
            "tick = '1us'",
            "1:8: '1us' is out of range for a tick: expected 100µs to 10s",
        ),
        (
            "iolength = -1",
            "1:12: '-1' is out of range: an I/O takes 0 ticks or more, and at most 1000000000",
        ),
        (
            "policy.iodone = 'NOW'",
            "1:17: 'NOW' is not an I/O completion policy: expected IO_RUN_LATER or \
             IO_RUN_IMMEDIATE",
        ),
        (
            "name = \"a\\u001b[2J\"",
            "1:8: name has a control character: expected one line of text",
        ),
        (
            "description = \"a\\u0007\"",
            "1:15: description has a control character: expected lines of text",
        ),
    ] {
        assert_complaints(&[(&format!("{line}\n{process}"), expected)]);
    }
}

#[test]
fn what_is_not_toml_is_explained_at_its_place() {
    assert_complaints(&[
        ("name = 'a'\nname = 'b'", "2:1: invalid TOML: duplicate key"),
        (
            "name = \"a\n",
            "1:10: invalid TOML: invalid basic string, expected `\"`",
        ),
        ("seed = 007", "1:8: invalid TOML: unexpected leading zero"),
    ]);
}

#[test]
fn a_file_of_too_many_processes_or_keys_within_keys_is_refused() {
    let many = format!("process = [{}]", "{program='i'},".repeat(100_001));
    assert!(complaint(&many).ends_with("is one process too many: a workload has at most 100000"));
    let deep = format!("{}a = 1", "a.".repeat(100_000));
    assert!(complaint(&deep).starts_with("w.toml:1:1: invalid TOML: "));
    let nested = format!("a = {}", "[".repeat(100_000));
    assert!(message(&nested).len() < 400);
}

#[test]
fn a_huge_line_is_shortened_in_the_message() {
    let text = format!("[[process]]\nprogram = '{}x'", "c1,".repeat(100_000));
    let message = message(&text);
    assert!(
        message.starts_with("w.toml:2:300012: 'x' is not an instruction"),
        "{message}"
    );
    assert!(message.len() < 500);
}

#[test]
fn the_name_of_the_file_cannot_move_the_cursor() {
    let error = parse("", "a\u{1b}[2J\n").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("a\u{fffd}[2J\u{fffd} is empty")
    );
}
