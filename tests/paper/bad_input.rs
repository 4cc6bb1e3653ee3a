//! Bad input is refused before anything happens: exit status 2, nothing on standard output, one
//! message that names what is wrong, and no child was ever forked.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::time::Duration;

use crate::common::program::{Finished, Launch};
use crate::common::workload;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;
use timeshare::workload::dialect::Dialect;

/// What the operating system takes as one argument.
const ARGUMENT_MAX: usize = 128 * 1024;

#[track_caller]
fn assert_refused(what: &str, finished: &Finished, named: &[&str]) {
    assert_eq!(finished.code(), Some(2), "{what}: {}", finished.stderr);
    assert_eq!(finished.stdout, "", "{what}");
    assert!(!finished.had_children, "{what} was refused after a fork");
    for token in named {
        let told = finished.stderr.contains(token);
        assert!(told, "{what}: no {token:?} in {}", finished.stderr);
    }
    let messages = finished.stderr.lines();
    let messages = messages.filter(|line| line.contains("timeshare: ") || line.contains("error: "));
    assert_eq!(messages.count(), 1, "{what}: {}", finished.stderr);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

fn run(arguments: &[&str]) -> Finished {
    let arguments = ["run"].iter().chain(arguments);
    let launch = Launch::timeshare(arguments);
    launch.patience(Duration::from_secs(10)).run()
}

#[track_caller]
fn refuse(arguments: &[&str], named: &[&str]) {
    assert_refused(&arguments.join(" "), &run(arguments), named);
}

#[test]
fn a_bad_notation_is_refused_with_the_token_and_the_form() {
    refuse(&["-l", "5:x"], &["'x'", "percentage", "5:100"]);
    refuse(&["-l", "5"], &["'5'", "X:Y"]);
    refuse(&["-l", "x:5"], &["'x'", "number of instructions"]);
    refuse(&["-l", "5:5,"], &["''", "X:Y"]);
    refuse(&["-P", "c"], &["'c'", "cN"]);
    refuse(&["-P", "cx"], &["'cx'", "cN"]);
    refuse(&["-P", "x3"], &["'x3'", "cN", "or i"]);
    refuse(&["-P", "c1,,i"], &["missing", "cN"]);
    refuse(&["-P", "c1:"], &["missing", "cN"]);
    refuse(&["-P", "c1.5"], &["'c1.5'", "whole number"]);
}

#[test]
fn numbers_that_cannot_be_are_refused() {
    refuse(&["-l", "1e400:5"], &["'1e400'"]);
    refuse(&["-l", "5:nan"], &["'nan'"]);
    refuse(&["-l", "5:1e400"], &["'1e400'"]);
    refuse(&["-l", "1000000000:50"], &["'1000000000:50'", "100000000"]);
    refuse(&["-P", "c99999999999999999999"], &["100000000"]);
    refuse(&["-P", "c1", "-L", "-1"], &["'-1'", "0 ticks or more"]);
    refuse(&["-P", "c1", "-L", "x"], &["'x'", "ticks"]);
    refuse(
        &["-P", "i", "-L", "99999999999999999999"],
        &["99999999999999999999"],
    );
    refuse(&["-l", "5:5", "-s", "x"], &["'x'", "integer"]);
    refuse(&["-l", "5:5", "-s", "08"], &["'08'", "octal"]);
}

#[test]
fn unknown_policies_and_options_are_refused_with_the_choices() {
    let of_switch = ["'foo'", "SWITCH_ON_IO", "SWITCH_ON_END"];
    refuse(&["-P", "c1", "-S", "foo"], &of_switch);
    let of_iodone = ["'foo'", "IO_RUN_LATER", "IO_RUN_IMMEDIATE"];
    refuse(&["-P", "c1", "-I", "foo"], &of_iodone);
    let of_dialect = ["'2019'", "current", "classic"];
    refuse(&["-P", "c1", "--dialect", "2019"], &of_dialect);
    refuse(&["-P", "c1", "--reap", "never"], &["'never'", "now", "end"]);
    refuse(&["-P", "c1", "--color", "red"], &["'red'", "always"]);
    refuse(&["-P", "c1", "--bogus"], &["--bogus"]);
    refuse(&["-P", "c1", "--tick"], &["--tick"]);
    refuse(&["-P"], &["--program"]);
    refuse(&["-P", "c1", "one.toml", "two.toml"], &["two.toml"]);
}

#[test]
fn an_io_that_would_never_end_in_the_classic_version_is_refused() {
    let refused = (0..).take_while(|&length| !Dialect::Classic.completes(length));
    let mut tried = 0;
    for length in refused {
        let length = length.to_string();
        let line = ["-P", "c1,i", "--dialect", "classic", "-L", &length];
        refuse(&line, &["never ends", "classic", "-L 1"]);
        tried += 1;
    }
    assert!(tried > 0);
}

#[test]
fn no_workload_at_all_is_refused_with_what_could_be_given() {
    for nothing in [&[][..], &["-P", ""], &["-l", ""], &["-L", "3"]] {
        refuse(nothing, &["nothing to run", "-P", "-l", "file"]);
    }
}

#[test]
fn a_tick_that_cannot_be_is_refused() {
    refuse(
        &["-P", "c1", "--tick", "5 parsecs"],
        &["'5 parsecs'", "10ms"],
    );
    refuse(&["-P", "c1", "--tick", "1us"], &["'1us'", "100µs to 10s"]);
    refuse(&["-P", "c1", "--tick", "11s"], &["'11s'", "100µs to 10s"]);
    refuse(&["-P", "c1", "--tick", "nan"], &["'nan'", "10ms"]);
    refuse(&["-P", "c1", "--tick", "0"], &["'0'", "10ms"]);
    refuse(&["-P", "c1", "--tick="], &["--tick"]);
    refuse(&["-P", "c1", "--tick=-1ms"], &["'-1ms'", "10ms"]);
}

#[test]
fn a_tick_below_zero_is_named_as_it_was_written() {
    refuse(&["-P", "c1", "--tick", "-1ms"], &["'-1ms'", "10ms"]);
}

#[test]
fn a_cpu_that_is_not_there_is_refused() {
    refuse(&["-P", "c1", "--cpu", "99999"], &["CPU 99999", "may use: "]);
    refuse(&["-P", "c1", "--cpu", "x"], &["'x'", "--cpu"]);
}

#[test]
fn a_workload_cannot_be_given_twice() {
    let file = workload("homework-1");
    refuse(&[&file, "-l", "5:5"], &["workload file", "-l", "not both"]);
    refuse(&[&file, "-P", "c5"], &["workload file", "-P", "not both"]);
}

#[test]
fn a_trace_that_cannot_be_written_is_refused_before_the_run() {
    let named = ["/nonexistent/x", "No such file"];
    refuse(&["-P", "c1", "--json", "/nonexistent/x"], &named);
    refuse(&["-P", "c1", "--json", "/"], &["'/'", "directory"]);
}

#[test]
fn what_is_no_regular_file_is_refused_without_waiting() {
    let folder = TempDir::new().expect("a folder can be made");
    let fifo = folder.path().join("fifo");
    mkfifo(&fifo, Mode::S_IRWXU).expect("a FIFO can be made");
    refuse(&[&text(&fifo)], &["fifo", "a FIFO"]);
    refuse(&[&text(folder.path())], &["a directory"]);
    refuse(&["/dev/zero"], &["/dev/zero", "a device"]);
    refuse(
        &["/nonexistent.toml"],
        &["/nonexistent.toml", "No such file", "figure-4.4"],
    );
    refuse(&["c5:c5"], &["-P c5:c5"]);
    refuse(&["-l", "5:100", "5:100"], &["-l 5:100,5:100"]);
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_faulty_file_is_refused_with_the_place_and_a_picture_of_it() {
    let folder = TempDir::new().expect("a folder can be made");
    let path = folder.path().join("w.toml");
    for (bytes, named) in [
        (&b""[..], &["w.toml is empty"][..]),
        (b"\x7fELF\0\x01", &["w.toml:1:5", "not text"]),
        (b"name = 'a'\n\xff", &["w.toml:2:1", "0xff", "not text"]),
        (
            b"name = \"a\n",
            &[
                "w.toml:1:10",
                "invalid TOML",
                "1 | name = \"a",
                "  |          ^",
            ],
        ),
        (
            b"[[process]]\nprogram = \"c2,x3,i\"\n",
            &["w.toml:2:15", "'x3'", "2 | program = \"c2,x3,i\"", "^^"],
        ),
        (
            b"[[process]]\nprogram = 'i'\nnice = 3\n",
            &["w.toml:3:1", "'nice'", "name, program, random"],
        ),
        (
            b"tick = '5 parsecs'\n[[process]]\nprogram = 'i'\n",
            &["w.toml:1:8", "'5 parsecs'", "10ms"],
        ),
        (b"# nothing\n", &["w.toml:1:10", "no process"]),
    ] {
        fs::write(&path, bytes).expect("the file can be written");
        refuse(&[&text(&path)], named);
    }
}

#[test]
fn a_file_of_a_million_processes_is_refused_with_the_limit_named() {
    let folder = TempDir::new().expect("a folder can be made");
    let path = folder.path().join("w.toml");
    let million = "[[process]]\nprogram='i'\n".repeat(1_000_000);
    fs::write(&path, million).expect("the file can be written");
    refuse(&[&text(&path)], &["too large", "1 MiB"]);
}

#[test]
fn a_program_that_is_too_long_for_an_argument_is_refused_before_the_first_fork() {
    // In the file it is one instruction after the other, and may be as long as the file.
    let folder = TempDir::new().expect("a folder can be made");
    let path = folder.path().join("w.toml");
    let long = "c1,i,".repeat(ARGUMENT_MAX / 4) + "c1";
    let file = format!("[[process]]\nprogram = 'c1'\n[[process]]\nprogram = '{long}'\n");
    fs::write(&path, file).expect("the file can be written");
    refuse(&[&text(&path)], &["P1", "execve(2)", "131071"]);
}

/// Runs so many processes where at most 50 files may be open.
fn with_few_files(processes: usize) -> Finished {
    let programs = vec!["c1"; processes].join(":");
    let line = format!("run --tick 1ms -P {programs}");
    Launch::behind(&["prlimit", "--nofile=50:50"], &line).run()
}

#[test]
fn more_processes_than_open_files_allow_are_refused_with_the_limit_named() {
    let refused = with_few_files(10_000);
    let named = ["the limit is 50", "ulimit -Hn", "at most "];
    assert_refused("too many processes", &refused, &named);

    // It says how many there may be, and that is true.
    let advice = refused.stderr.split("at most ").nth(1);
    let most = advice.and_then(|rest| rest.split(' ').next()?.parse().ok());
    let most: usize = most.expect("a number of processes is named");
    with_few_files(most).succeeded();
    assert_refused("one process more", &with_few_files(most + 1), &named);
}

#[test]
fn the_role_of_the_children_is_no_command() {
    let finished = Launch::timeshare(["worker", "1000000", "c1"]).run();
    assert_refused("worker", &finished, &["'worker'", "not a command"]);
}

/// Words that may follow, sensible and not.
const WORDS: [&str; 40] = [
    "-P",
    "c1,i",
    "c2x",
    "",
    "-l",
    "3:50",
    "0:0:0",
    "1e400:nan",
    "-L",
    "5",
    "-1",
    "-s",
    "999999999999999",
    "-S",
    "SWITCH_ON_IO",
    "SWITCH_ON_MOON",
    "-I",
    "IO_RUN_NEVER",
    "--tick",
    "5 parsecs",
    "0",
    "NaN",
    "--cpu",
    "4096",
    "--reap",
    "--json",
    "/nowhere/x.json",
    "--color",
    "--repeat",
    "-c",
    "-cp",
    "--",
    "zombie",
    "--pause",
    "--list",
    "/dev/zero",
    "/",
    "--seed=\u{202e}",
    "--dialect",
    "ä\n",
];

#[test]
fn no_command_line_does_anything_but_work_or_be_refused_before_any_fork() {
    let commands = [
        "run", "watch", "compare", "demo", "shell", "simulate", "quiz", "homework", "inspect",
        "report", "replay", "worker",
    ];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut dice = |sides: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("it is small") % sides
    };
    let mut refused = 0;
    for round in 0..300 {
        let command = commands[round % commands.len()];
        let count = dice(5);
        let mut line = vec![OsString::from(command)];
        line.extend((0..count).map(|_| OsString::from(WORDS[dice(WORDS.len())])));
        if round % 10 == 0 {
            line.push(OsString::from_vec(vec![b'-', 0xff, 0xfe]));
        }
        let finished = Launch::timeshare(&line).run();
        let code = finished.code();
        // Of `inspect`, no such process; of `compare`, a difference; a script that is none.
        assert!(matches!(code, Some(0..=3)), "{line:?}: {finished:?}");
        assert!(
            !finished.stderr.contains("panicked"),
            "{line:?}: {finished:?}"
        );
        if code == Some(2) {
            refused += 1;
            assert!(!finished.had_children, "{line:?}: {finished:?}");
            assert!(
                finished.stderr.starts_with("timeshare: "),
                "{line:?}: {finished:?}"
            );
        }
    }
    assert!(refused > 150, "{refused}");
}
