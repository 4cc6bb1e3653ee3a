//! A `timeshare shell` that reads lines from us.

use std::io::{PipeWriter, Write, pipe};

use nix::unistd::Pid;

use super::procfs::stat;
use super::program::{Finished, Launch, Running};
use super::words;

/// A console that is told its lines one after the other.
pub struct Console {
    pub running: Running,
    input: PipeWriter,
    /// How much of its output has been looked at.
    seen: usize,
}

impl Console {
    pub fn open(line: &str) -> Self {
        let (reader, input) = pipe().expect("a pipe can be made");
        Self {
            running: Launch::timeshare(words(line)).stdin(reader).start(),
            input,
            seen: 0,
        }
    }

    /// Tells it a line and waits for what it says then. What it said up to there.
    pub fn tell(&mut self, line: &str, until: &str) -> String {
        self.say(line);
        self.until(until)
    }

    /// Tells it a line.
    pub fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("it reads");
    }

    pub fn until(&mut self, what: &str) -> String {
        let seen = self.seen;
        let has = |running: &Running| running.stdout_so_far()[seen..].contains(what);
        self.running.until(what, has);
        let said = self.running.stdout_so_far()[seen..].to_owned();
        let end = said.find(what).expect("it was there") + what.len();
        self.seen += end;
        said[..end].to_owned()
    }

    /// Creates a process and says its pid.
    pub fn create(&mut self, what: &str) -> Pid {
        let said = self.tell(&format!("create {what}"), " is ready.\n");
        let pid = said.split("fork() = ").nth(1).expect("it was forked");
        let pid = pid.lines().next().and_then(|pid| pid.parse().ok());
        Pid::from_raw(pid.expect("a pid is a number"))
    }

    pub fn until_letter(&self, pid: Pid, letter: char) {
        let what = format!("{pid} is {letter}");
        self.running
            .until(&what, |_| self::letter(pid) == Some(letter));
    }

    /// Ends the input.
    pub fn close(self) -> Finished {
        drop(self.input);
        self.running.finish().succeeded()
    }
}

/// Its state, as the kernel sees it; `None`: it is gone.
pub fn letter(pid: Pid) -> Option<char> {
    stat(pid).map(|stat| stat.letter)
}

/// Runs a whole script.
pub fn script(lines: &str) -> Finished {
    let (reader, mut input) = pipe().expect("a pipe can be made");
    input
        .write_all(lines.as_bytes())
        .expect("it fits into the pipe");
    drop(input);
    Launch::timeshare(["shell", "--tick", "2ms"])
        .stdin(reader)
        .run()
}
