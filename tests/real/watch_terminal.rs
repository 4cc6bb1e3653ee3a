//! `timeshare watch` and its terminal: taken, given back whatever happens, and followed in its size.

use std::time::Duration;

use crate::common::procfs::stat;
use crate::common::program::Launch;
use crate::common::screen::{cpu_ns, letters, until_over, until_past, watch};
use crate::common::terminal::{CTRL_C, CTRL_Z, Session};
use crate::common::words;
use nix::sys::signal::Signal;

#[test]
fn the_terminal_is_given_back_while_it_is_suspended() {
    let mut session = watch("-P c400:c400 --tick 10ms");
    until_past(&session, 5);
    let pid = session.running.pid();
    session.running.signal(Signal::SIGTSTP);
    session.until("it stands still", |_| {
        stat(pid).is_some_and(|stat| stat.letter == 'T')
    });
    session.until("the screen is given back", |_| !session.is_full_screen());
    session.assert_given_back();
    assert_eq!(letters(&session), "TT");
    session.running.signal(Signal::SIGCONT);
    session.until_shown("▶ running");
    assert!(session.is_full_screen());
    let before = cpu_ns(&session);
    session.until("it goes on", |_| cpu_ns(&session) > before + 50_000_000);
    session.press("q");
    let text = session.finish(0);
    assert!(text.contains("Suspended in tick"), "{text}");
}

#[test]
fn ctrl_z_and_fg_work_in_a_shell() {
    let shell =
        Launch::new("sh", ["-c", "exec setsid --wait --ctty sh -i 2>&1"]).env("PS1", "PROMPT> ");
    let mut session = Session::open(shell, 80, 24);
    session.until_shown("PROMPT>");
    let watch = format!(
        "{} watch -P c400:c400 --tick 10ms\r",
        crate::common::program::TIMESHARE
    );
    session.press(&watch);
    until_past(&session, 5);
    for time in 1..=2 {
        session.press(CTRL_Z);
        session.until("the shell is back", |text| {
            text.matches("Stopped").count() == time && text.trim_end().ends_with("PROMPT>")
        });
        assert!(!session.is_full_screen());
        session.press("fg\r");
        session.until("the view is back", |text| text.contains("▶ running"));
        session.until_shown("┌ Running");
        assert!(session.is_full_screen());
    }
    session.press(CTRL_C);
    session.until_shown("timeshare: ended by SIGINT");
    session.press("exit 7\r");
    let (text, finished) = session.end();
    assert_eq!(finished.code(), Some(7), "{text}");
}

#[test]
fn the_view_follows_the_size_of_the_terminal() {
    let mut session = watch("-P c400 --tick 10ms");
    session.resize(70, 20);
    session.until_shown("too small");
    session.until_shown("70x20; needed: 80x24");
    session.resize(120, 40);
    session.until_shown("┌ Running");
    session.until("it is larger", |_| session.rows()[39].contains("q quit"));
    session.resize(80, 24);
    session.until("it is smaller", |_| session.rows()[23].contains("q quit"));
    session.press("q");
    session.finish(0);
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_given_back() {
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        for line in [
            "-P c400:c400 --tick 10ms",
            "-P c400:c400 --paused",
            "-P c1 --tick 1ms",
        ] {
            let session = watch(line);
            match line {
                "-P c1 --tick 1ms" => until_over(&session),
                _ => session.until_shown("[c]"),
            }
            session.running.signal(signal);
            let text = session.finish(128 + signal as i32);
            assert!(text.contains("CPU utilization"), "{signal}, {line}: {text}");
        }
    }
}

#[test]
fn a_second_signal_gives_the_terminal_back_too() {
    let session = watch("-P c400:c400 --paused");
    // Whichever comes while it is ending.
    session.running.signal(Signal::SIGTERM);
    session.running.signal(Signal::SIGINT);
    session.running.until_ended();
    session.assert_given_back();
    let finished = session.running.try_finish(Duration::from_secs(2));
    let code = finished.expect("nobody is left").code().expect("it exits");
    assert!(code == 128 + 15 || code == 128 + 2, "{code}");
}

#[test]
fn nobody_survives_a_kill() {
    let session = watch("-P c400:c400:c400 --tick 10ms");
    until_past(&session, 5);
    session.running.signal(Signal::SIGKILL);
    let finished = session.running.finish();
    assert_eq!(finished.killed_by(), Some(9));
}

#[test]
fn without_a_terminal_nothing_is_started() {
    for line in [
        "watch -P c1",
        "watch -P c1 --paused",
        "watch -P c1 --json -",
    ] {
        let finished = Launch::timeshare(words(line)).run();
        assert_eq!(finished.code(), Some(2), "{finished:?}");
        assert!(!finished.had_children && finished.stdout.is_empty());
        assert!(
            finished.stderr.contains("needs a terminal"),
            "{}",
            finished.stderr
        );
        assert!(
            finished.stderr.contains("timeshare run"),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn the_screen_and_the_json_do_not_share_standard_output() {
    let session = Session::open(Launch::timeshare(words("watch -P c1 --json -")), 80, 24);
    let (_, finished) = session.end();
    assert_eq!(finished.code(), Some(2));
    assert!(finished.stderr.contains("give --json and --html a file") && !finished.had_children);
}

#[test]
fn whatever_signal_ends_it_the_terminal_is_given_back() {
    for signal in [
        Signal::SIGUSR1,
        Signal::SIGABRT,
        Signal::SIGSEGV,
        Signal::SIGXCPU,
        Signal::SIGALRM,
        Signal::SIGVTALRM,
    ] {
        let session = watch("-P c400:c400 --tick 10ms");
        until_past(&session, 2);
        session.running.signal(signal);
        let (_, finished) = session.end();
        assert_eq!(finished.killed_by(), Some(signal as i32), "{finished:?}");
    }
}
