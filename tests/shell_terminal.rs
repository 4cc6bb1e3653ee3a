//! `timeshare shell` on a terminal: what a person types, and what then stands on the screen.

mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use common::program::{Launch, Running};
use common::words;
use nix::pty::{Winsize, openpty};
use nix::sys::signal::Signal;
use nix::sys::termios::{Termios, tcgetattr};
use vt100::Parser;

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const TAB: &str = "\t";
const UP: &str = "\x1b[A";
const ENTER: &str = "\r";
const PROMPT: &str = "timeshare>";

/// How long something may take to appear. It bounds a hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// A terminal of 80 columns with a console in it.
struct Session {
    running: Running,
    keys: File,
    screen: Arc<Mutex<Parser>>,
    /// Ours of its end, to see what became of it.
    terminal: OwnedFd,
    before: Termios,
}

impl Session {
    fn open(line: &str) -> Self {
        let size = Winsize {
            ws_row: 50,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).expect("there is a pseudo-terminal");
        let before = tcgetattr(&pty.slave).expect("it is a terminal");
        let end = || pty.slave.try_clone().expect("it can be opened twice");
        let launch = Launch::timeshare(words(line)).env("TERM", "xterm");
        let running = launch.stdin(end()).stdout(end()).start();
        let keys = File::from(pty.master);
        let [rows, columns] = [50, 80].map(|size| NonZero::new(size).expect("it is not zero"));
        let screen = Arc::new(Mutex::new(Parser::new(rows, columns, 0)));
        let (mut output, shown) = (keys.try_clone().expect("it can"), Arc::clone(&screen));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                let mut shown = shown.lock().expect("nobody has failed");
                shown.process(&bytes[..length]);
            }
        });
        let session = Self {
            running,
            keys,
            screen,
            terminal: pty.slave,
            before,
        };
        session.until("the prompt", |text| text.trim_end().ends_with(PROMPT));
        session
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it is open");
    }

    fn text(&self) -> String {
        let screen = self.screen.lock().expect("nobody has failed");
        screen.screen().contents()
    }

    #[track_caller]
    fn until(&self, what: &str, condition: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition(&self.text()) {
            assert!(
                Instant::now() < deadline,
                "in vain until {what}:\n{}",
                self.text()
            );
            sleep(Duration::from_millis(2));
        }
    }

    #[track_caller]
    fn until_shown(&self, what: &str) {
        self.until(what, |text| text.contains(what));
    }

    /// Waits until a command has said this, and the prompt is there again, with nothing typed.
    #[track_caller]
    fn until_said(&self, what: &str) {
        self.until(what, |text| {
            text.contains(what) && text.trim_end().ends_with(PROMPT)
        });
    }

    /// Nobody is left, and the terminal is as it was.
    fn finish(self, code: i32) -> String {
        let text = self.text();
        let finished = self.running.finish();
        assert_eq!(finished.code(), Some(code), "{finished:?}\n{text}");
        let now = tcgetattr(&self.terminal).expect("it is a terminal");
        assert_eq!(now, self.before, "the terminal is not as it was");
        text
    }
}

#[test]
fn a_person_types_with_completion_and_history() {
    let mut session = Session::open("shell");
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
    let mut session = Session::open("shell");
    session.press(&format!("create c1{ENTER}"));
    session.until_said("P0 is ready.");
    session.press(&format!("quit{CTRL_C}"));
    session.until_said("timeshare> quit");
    session.press(&format!("wait P0{ENTER}"));
    session.until_said("P0 is stopped: it does not end before somebody continues it.");
    session.press(CTRL_C);
    session.until_said("Not waiting for P0 any more.");
    session.press(&format!("xyzzy{ENTER}"));
    session.until_said("timeshare: 'xyzzy' is not a command");
    session.press(CTRL_D);
    session.finish(0);
}

#[test]
fn a_person_takes_over_from_the_scheduler_and_gives_back() {
    let mut session = Session::open("shell --tick 10ms");
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
    let mut session = Session::open("shell --tick 200ms");
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
        let mut session = Session::open("shell");
        session.press(&format!("create c100000{ENTER}run P0{ENTER}"));
        session.until_said("SIGCONT) = 0");
        session.press("half a line");
        session.until_shown("half a line");
        session.running.signal(signal);
        session.finish(128 + signal as i32);
    }
}
