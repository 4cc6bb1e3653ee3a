//! The line that says how far it is: on a terminal while it takes, gone afterwards; no such line elsewhere.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::thread;

use crate::common::program::{Finished, Launch};
use crate::common::words;
use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use regex::Regex;
use test_attribute::test;

/// A pseudo-terminal and its end for a program. No other program that is started meanwhile has
/// them, too: one would wait for the end of what it tells for as long as that lives.
fn terminal() -> (File, File) {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let screen = posix_openpt(flags).expect("there is a pseudo-terminal");
    grantpt(&screen).expect("it is ours");
    unlockpt(&screen).expect("it is ours");
    let name = ptsname_r(&screen).expect("it has a name");
    let end = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags.bits())
        .open(name);
    (
        File::from(OwnedFd::from(screen)),
        end.expect("it is unlocked"),
    )
}

/// What a terminal got on standard error, and what came of the program.
fn on_a_terminal(line: &str, input: &str) -> (String, Finished) {
    let (mut screen, end) = terminal();
    let reader = thread::spawn(move || {
        let (mut told, mut bytes) = (Vec::new(), [0; 4096]);
        // An error: the other end is closed.
        while let Ok(length @ 1..) = screen.read(&mut bytes) {
            told.extend_from_slice(&bytes[..length]);
        }
        String::from_utf8(told).expect("it is text")
    });
    let launch = Launch::timeshare(words(line)).input(input).stderr(end);
    let finished = launch.run();
    (reader.join().expect("it reads to the end"), finished)
}

#[track_caller]
fn assert_told_and_gone(line: &str, input: &str, pattern: &str) -> Finished {
    let (told, finished) = on_a_terminal(line, input);
    let pattern = Regex::new(pattern).expect("it is one");
    assert!(pattern.is_match(&told), "{line}: {told:?}");
    assert!(
        told.ends_with("\r\x1b[K"),
        "{line}: something is left of {told:?}"
    );
    assert!(!told.contains('\n'), "{line}: {told:?}");
    assert!(!finished.stdout.contains('…'), "{}", finished.stdout);
    finished
}

#[test]
fn a_run_of_which_nothing_is_seen_counts_its_ticks() {
    let pattern = r"\r\x1b\[Ktick \d+ of 60 …";
    let quiet = assert_told_and_gone("run -q -P c60 --tick 20ms", "", pattern);
    assert!(quiet.stdout.contains("total time"), "{}", quiet.stdout);
    let json = assert_told_and_gone("run --json - -P c60 --tick 20ms", "", pattern);
    assert!(json.stdout.starts_with('{'), "{}", json.stdout);
}

#[test]
fn a_run_that_is_watched_has_no_need_of_it() {
    let (told, finished) = on_a_terminal("run -P c40 --tick 20ms", "");
    assert_eq!((told.as_str(), finished.code()), ("", Some(0)));
    let (told, _) = on_a_terminal("run -q --why -P c40 --tick 20ms", "");
    assert_eq!(told, "");
}

#[test]
fn repeated_runs_and_questions_say_which_they_are_at() {
    let line = "compare -q --repeat 3 -P c30 --tick 20ms";
    assert_told_and_gone(line, "", r"run 2 of 3, tick \d+ of 30 …");
    let line = "homework 6 --answer --tick 40ms";
    assert_told_and_gone(line, "", r"question 6, tick \d+ of \d+ …");
}

#[test]
fn an_answer_that_is_played_out_unseen_counts_too() {
    let line = "quiz --json - -P c40 --tick 20ms";
    assert_told_and_gone(line, "0x40\n\n", r"\x1b\[Ktick \d+ of 40 …");
}

#[test]
fn a_long_simulation_counts_as_it_goes() {
    let line = "simulate -q -P c2000000:c2000000";
    let finished = assert_told_and_gone(line, "", r"\x1b\[Ktick \d+ …");
    assert!(
        finished.stdout.contains("Total Time 4000000"),
        "{}",
        finished.stdout
    );
}

#[test]
fn a_short_run_says_nothing() {
    let (told, finished) = on_a_terminal("run -q -P c2 --tick 1ms", "");
    assert_eq!(told.replace("\r\x1b[K", ""), "");
    assert_eq!(finished.code(), Some(0));
}

#[test]
fn without_a_terminal_nothing_is_told() {
    for line in [
        "run -q -P c60 --tick 20ms",
        "compare -q --repeat 2 -P c40 --tick 20ms",
    ] {
        crate::common::timeshare(line).succeeded();
    }
}
