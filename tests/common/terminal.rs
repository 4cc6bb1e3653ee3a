//! A program on a terminal: what a person types, and what then stands on the screen.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::{Pid, tcgetpgrp};
use vt100::{Parser, Screen};

use super::modes::Modes;
use super::program::{Finished, Launch, Running};

pub const CTRL_C: &str = "\x03";
pub const CTRL_D: &str = "\x04";
pub const CTRL_Z: &str = "\x1a";
pub const TAB: &str = "\t";
pub const UP: &str = "\x1b[A";
pub const DOWN: &str = "\x1b[B";
pub const RIGHT: &str = "\x1b[C";
pub const LEFT: &str = "\x1b[D";
pub const HOME: &str = "\x1b[H";
pub const END: &str = "\x1b[F";
pub const ENTER: &str = "\r";

/// How long something may take to appear. It bounds a hang.
const PATIENCE: Duration = Duration::from_mins(1);

/// A terminal with a program on it.
pub struct Session {
    pub running: Running,
    keys: File,
    shown: Arc<Mutex<Shown>>,
    /// Ours of its end, to see what became of it.
    terminal: OwnedFd,
    before: Modes,
}

/// What the program has written so far.
struct Shown {
    parser: Parser,
    /// As it was when no frame was half written.
    whole: Screen,
    /// The last bytes, for what comes in two parts.
    last: Vec<u8>,
}

/// Before and behind a frame (synchronized output).
const BEGIN: &[u8] = b"\x1b[?2026h";
const END_OF: &[u8] = b"\x1b[?2026l";

impl Shown {
    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.last.extend_from_slice(bytes);
        let place = |what: &[u8]| self.last.windows(what.len()).rposition(|seen| seen == what);
        // Option: None is before all.
        if place(BEGIN) <= place(END_OF) {
            self.whole = self.parser.screen().clone();
        }
        let from = place(BEGIN).max(place(END_OF)).unwrap_or(0);
        let from = from.max(self.last.len().saturating_sub(1 << 16));
        self.last.drain(..from);
    }
}

impl Session {
    pub fn open(launch: Launch, columns: u16, rows: u16) -> Self {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).expect("there is a pseudo-terminal");
        let before = Modes::of(&pty.slave);
        let end = || pty.slave.try_clone().expect("it can be opened twice");
        let launch = launch.env("TERM", "xterm-256color").env("NO_COLOR", "");
        let running = launch.stdin(end()).stdout(end()).start();
        let keys = File::from(pty.master);
        let [rows, columns] = [rows, columns].map(|size| size.try_into().expect("it is not zero"));
        let parser = Parser::new(rows, columns, 0);
        let shown = Arc::new(Mutex::new(Shown {
            whole: parser.screen().clone(),
            parser,
            last: Vec::new(),
        }));
        let (mut output, to) = (keys.try_clone().expect("it can"), Arc::clone(&shown));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                to.lock()
                    .expect("no thread has failed")
                    .take(&bytes[..length]);
            }
        });
        Self {
            running,
            keys,
            shown,
            terminal: pty.slave,
            before,
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it is open");
    }

    /// Whose the terminal is: a process group.
    pub fn foreground(&self) -> Pid {
        tcgetpgrp(&self.keys).expect("it is a terminal")
    }

    /// Whether it hands over single keys and echoes none of them.
    pub fn has_single_keys(&self) -> bool {
        let modes = tcgetattr(&self.terminal).expect("it is a terminal");
        !(modes.local_flags).intersects(LocalFlags::ICANON | LocalFlags::ECHO)
    }

    /// What stands on it, when that is whole.
    fn screen(&self) -> Screen {
        let shown = self.shown.lock().expect("no thread has failed");
        shown.whole.clone()
    }

    /// All rows of the screen.
    pub fn rows(&self) -> Vec<String> {
        let screen = self.screen();
        let (_, columns) = screen.size();
        screen.rows(0, columns.into()).collect()
    }

    pub fn text(&self) -> String {
        self.screen().contents()
    }

    /// Whether it is the other screen, the one that is left again.
    pub fn is_full_screen(&self) -> bool {
        self.screen().alternate_screen()
    }

    #[track_caller]
    pub fn until(&self, what: &str, condition: impl Fn(&str) -> bool) {
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
    pub fn until_shown(&self, what: &str) {
        self.until(what, |text| text.contains(what));
    }

    /// Makes the terminal larger or smaller, as a person does with a window.
    pub fn resize(&self, columns: u16, rows: u16) {
        let [row, column] = [rows, columns].map(|size| size.try_into().expect("it is not zero"));
        let mut shown = self.shown.lock().expect("no thread has failed");
        shown.parser.screen_mut().set_size(row, column);
        drop(shown);
        let end = self.terminal.try_clone().expect("it can be opened twice");
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let resized = Command::new("stty")
            .args(["cols", &columns, "rows", &rows])
            .stdin(end)
            .status();
        assert!(resized.expect("there is stty").success());
    }

    /// The terminal is as it was before.
    #[track_caller]
    pub fn assert_given_back(&self) {
        let now = Modes::of(&self.terminal);
        assert_eq!(now, self.before, "the terminal is not as it was");
        // What was written may be on its way still.
        let deadline = Instant::now() + PATIENCE;
        let given_back = || {
            let screen = self.screen();
            !screen.alternate_screen() && !screen.hide_cursor()
        };
        while !given_back() {
            assert!(Instant::now() < deadline, "the screen is not given back");
            sleep(Duration::from_millis(2));
        }
    }

    /// No process is left, and the terminal is as it was. What stands on it then.
    #[track_caller]
    pub fn finish(self, code: i32) -> String {
        let (text, finished) = self.end();
        assert_eq!(finished.code(), Some(code), "{finished:?}\n{text}");
        text
    }

    /// As [`Session::finish`], however it ends.
    #[track_caller]
    pub fn end(self) -> (String, Finished) {
        self.running.until_ended();
        // What it wrote last is on its way still.
        let deadline = Instant::now() + PATIENCE;
        let mut text = self.text();
        loop {
            sleep(Duration::from_millis(50));
            let now = self.text();
            if now == text || Instant::now() >= deadline {
                break;
            }
            text = now;
        }
        self.assert_given_back();
        (text, self.running.finish())
    }
}
