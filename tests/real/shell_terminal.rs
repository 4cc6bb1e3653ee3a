//! `timeshare shell` on a terminal: what a person types, and what then stands on the screen.

use crate::common::procfs;
use crate::common::procfs::stat;
use crate::common::program::{GRACE, Launch, TIMESHARE};
use crate::common::terminal::{CTRL_C, CTRL_D, CTRL_Z, ENTER, Session, TAB, UP};
use crate::common::words;
use nix::sys::signal::Signal;
use test_attribute::test;

const PROMPT: &str = "timeshare>";
const BASH: &str = "bash>";

/// A shell with job control, of which the terminal is.
fn bash() -> Session {
    // It prompts on standard error.
    let bash = "exec bash --norc --noprofile --noediting -i 2>&1";
    let launch = Launch::new("setsid", ["--ctty", "--wait", "sh", "-c", bash]);
    let launch = launch.env("PS1", "bash> ").env("TIMESHARE", TIMESHARE);
    let session = Session::open(launch, 80, 50);
    until_bash(&session);
    session
}

fn until_bash(session: &Session) {
    session.until("its prompt", |text| text.trim_end().ends_with(BASH));
}

/// A terminal of 80 columns with a console in it.
fn console(line: &str) -> Session {
    let session = Session::open(Launch::timeshare(words(line)), 80, 50);
    session.until("the prompt", |text| text.trim_end().ends_with(PROMPT));
    session
}

impl Prompting for Session {
    #[track_caller]
    fn until_said(&self, what: &str) {
        self.until(what, |text| {
            text.contains(what) && text.trim_end().ends_with(PROMPT)
        });
    }
}

trait Prompting {
    /// Waits until a command has said this, and the prompt is there again, with nothing typed.
    fn until_said(&self, what: &str);
}

#[test]
fn a_person_types_with_completion_and_history() {
    let mut session = console("shell");
    session.press(&format!("cre{TAB}"));
    session.until_shown("timeshare> create ");
    session.press(&format!("c100000 as spinner{ENTER}"));
    session.until_said("P0 is ready.");
    session.press(&format!("run sp{TAB}"));
    session.until_shown("timeshare> run spinner");
    session.press(ENTER);
    session.until_said("SIGCONT) = 0");
    session.press(&format!("kill SIGK{TAB}P0{ENTER}"));
    session.until_said("P0 has ended (killed by SIGKILL)");
    // To the line before the line before.
    session.press(&format!("{UP}{UP}{UP}"));
    session.until("the first line again", |text| {
        text.trim_end()
            .ends_with("timeshare> create c100000 as spinner")
    });
    session.press("-2");
    session.press(ENTER);
    session.until_said("P1 is ready.");
    session.press(&format!("quit{ENTER}"));
    session.finish(0);
}

#[test]
fn ctrl_c_takes_back_a_line_or_a_wait_and_ctrl_d_leaves() {
    let mut session = console("shell");
    session.press(&format!("create c1{ENTER}"));
    session.until_said("P0 is ready.");
    session.press(&format!("quit{CTRL_C}"));
    session.until_said("timeshare> quit");
    session.press(&format!("wait P0{ENTER}"));
    session.until_said("P0 is stopped: it does not end before it is continued.");
    session.press(CTRL_C);
    session.until_said("Not waiting for P0 any more.");
    session.press(&format!("xyzzy{ENTER}"));
    session.until_said("timeshare: 'xyzzy' is not a command");
    session.press(CTRL_D);
    session.finish(0);
}

#[test]
fn a_person_takes_over_from_the_scheduler_and_gives_back() {
    let mut session = console("shell --tick 10ms");
    session.press(&format!("create c400{ENTER}create c3{ENTER}start{ENTER}"));
    session.until_shown("  3      RUN:cpu");
    session.press(&format!("run P1{ENTER}"));
    session.until_shown("only status, help and pause work now");
    session.press(&format!("status{ENTER}"));
    session.until_shown("left");
    session.press(&format!("pause{ENTER}"));
    session.until_said(": all workers are stopped.");
    session.press(&format!("status{ENTER}"));
    session.until("both stand", |text| {
        text.matches("do_signal_stop").count() >= 2
    });
    session.press(&format!("kill -9 P0{ENTER}"));
    session.until_said("P0 has ended (killed by SIGKILL)");
    session.press(&format!("start{ENTER}"));
    session.until_said("All workers have finished after tick 3.");
    session.press(&format!("quit{ENTER}"));
    session.finish(0);
}

#[test]
fn an_io_in_flight_is_complete_when_a_person_takes_over() {
    let mut session = console("shell --tick 200ms");
    session.press(&format!("policy iolength 1000{ENTER}create i,c1{ENTER}"));
    session.until_said("P0 is ready.");
    // Whether it comes in the very tick of the request or while the device works on it.
    session.press(&format!("start{ENTER}pause{ENTER}"));
    session.until_said("The device answered P0 at once: its I/O is complete.");
    session.press(&format!("start{ENTER}"));
    session.until_said("All workers have finished after tick 2.");
    session.press(CTRL_D);
    session.finish(0);
}

#[test]
fn a_signal_ends_the_console_and_gives_the_terminal_back() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let mut session = console("shell");
        session.press(&format!("create c100000{ENTER}run P0{ENTER}"));
        session.until_said("SIGCONT) = 0");
        session.press("half a line");
        session.until_shown("half a line");
        session.running.signal(signal);
        session.finish(128 + signal as i32);
    }
}

#[test]
fn a_console_that_was_in_the_background_edits_lines_in_the_foreground() {
    let mut session = bash();
    session.press(&format!("\"$TIMESHARE\" shell{ENTER}"));
    session.until("the prompt", |text| text.trim_end().ends_with(PROMPT));
    session.press(&format!("create c1{ENTER}"));
    session.until_said("P0 is ready.");
    let console = session.foreground();

    session.press(CTRL_Z);
    session.until_shown("Stopped");
    until_bash(&session);
    assert_ne!(session.foreground(), console);
    // The fg continues nothing: it runs already. Typed in one line, since keys that are pressed while it
    // runs in the background may stop it again (SIGTTIN).
    session.press(&format!("bg; sleep 1; fg{ENTER}"));
    session.until_shown("All processes stood still");
    session.until("it is in the foreground", |_| {
        session.foreground() == console
    });
    session.until("it edits", |_| session.has_single_keys());
    session.press(&format!("stat{TAB}"));
    session.until("the word is complete", |text| {
        text.trim_end().ends_with("timeshare> status")
    });
    session.press(ENTER);
    session.until_said("do_signal_stop");
    session.press(&format!("quit{ENTER}"));
    until_bash(&session);
    session.press(&format!("exit{ENTER}"));
    session.finish(0);
}

/// Starts a command in the background, where the terminal stops it, and gets it to the foreground.
fn from_the_background(command: &str) -> Session {
    let mut session = bash();
    session.press(&format!("\"$TIMESHARE\" {command} &{ENTER}"));
    let is_stopped = |session: &Session| {
        let all = procfs::children_of(session.running.pid()).into_iter();
        let jobs = all.flat_map(procfs::children_of).filter_map(stat);
        jobs.into_iter()
            .any(|job| job.name == "timeshare" && job.letter == 'T')
    };
    session.until("the terminal has stopped it", |_| is_stopped(&session));
    session.press(&format!("fg{ENTER}"));
    session
}

#[test]
fn a_view_that_was_started_in_the_background_is_shown_in_the_foreground() {
    let mut session = from_the_background("watch -P c1000 --tick 20ms");
    session.until("it is the whole screen", |_| session.is_full_screen());
    session.until_shown("TIMELINE");
    session.press("q");
    session.until_shown("The run was left before its end");
    until_bash(&session);
    session.press(&format!("exit{ENTER}"));
    session.finish(0);
}

#[test]
fn a_scene_that_was_started_in_the_background_waits_for_keys_in_the_foreground() {
    let mut session = from_the_background("demo zombie --pause");
    session.until("it waits for a key", |_| session.has_single_keys());
    session.press(" ");
    session.until_shown("fork() = ");
    session.press(CTRL_C);
    until_bash(&session);
    session.press(&format!("exit{ENTER}"));
    session.finish(130);
}

#[test]
fn a_third_signal_ends_it_on_the_spot_and_gives_the_terminal_back() {
    let mut session = console("shell");
    session.press(&format!("create c5000{ENTER}"));
    session.until_said("P0 is ready.");
    // All three are there before anything else can be done about the first.
    session.running.signal(Signal::SIGSTOP);
    session.until("it stands still", |_| {
        stat(session.running.pid()).is_some_and(|stat| stat.letter == 'T')
    });
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
        session.running.signal(signal);
    }
    session.running.signal(Signal::SIGCONT);
    session.running.until_ended();
    session.assert_given_back();
    let finished = session.running.try_finish(GRACE);
    let finished = finished.expect("none is left");
    let code = finished.code();
    assert!(matches!(code, Some(129 | 131 | 143)), "{finished:?}");
    assert_eq!(finished.orphans, 1, "it waited for none");
}
