//! Processes to look at, each brought into a state and kept there, and what the program says of
//! them.
//!
//! The subject is the [`Running`] of the test, with the harness's promise that nothing of it is left.
//! The program itself is run beside it, by plain commands that end by themselves.

use std::ops::Deref;
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::procfs;
use super::program::{Launch, Running, TIMESHARE};

/// A process in a state, and the program it belongs to.
pub struct Subject {
    running: Running,
    pub pid: Pid,
}

impl Deref for Subject {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

fn shell(script: &str) -> Running {
    Launch::new("sh", ["-c", script]).start()
}

fn letter(pid: Pid) -> Option<char> {
    procfs::stat(pid).map(|stat| stat.letter)
}

impl Subject {
    /// The process that is started itself.
    pub fn itself(running: Running) -> Self {
        let pid = running.pid();
        Self { running, pid }
    }

    /// Computes.
    pub fn spinning() -> Self {
        Self::itself(shell("while :; do :; done")).once('R')
    }

    /// Waits in `read()` for a pipe into which nothing is written.
    pub fn in_a_pipe() -> Self {
        let running = shell("sleep 60 | cat; exit 0");
        let named = |running: &Running| {
            let name = |pid: &Pid| procfs::stat(*pid).map(|stat| stat.name);
            let mut children = running.children().into_iter();
            children.find(|pid| name(pid).as_deref() == Some("cat"))
        };
        running.until("cat is there", |running| named(running).is_some());
        let pid = named(&running).expect("it has just been seen");
        Self { running, pid }.once('S')
    }

    /// Stopped by SIGSTOP while it slept.
    pub fn stopped() -> Self {
        let subject = Self::itself(Launch::new("sleep", ["60"]).start()).once('S');
        subject.signal(Signal::SIGSTOP);
        subject.once('T')
    }

    /// Has exited with this status, and its parent does not wait for it.
    pub fn zombie(status: i32) -> Self {
        Self::only_child(shell(&format!("sh -c 'exit {status}' & exec sleep 60"))).once('Z')
    }

    /// Was killed, and its parent does not wait for it.
    pub fn killed() -> Self {
        let subject = Self::only_child(shell("sleep 60 & exec sleep 61"));
        kill(subject.pid, Signal::SIGKILL).expect("it is our grandchild");
        subject.once('Z')
    }

    fn only_child(running: Running) -> Self {
        running.until("it has become sleep, with a child", |running| {
            let stat = procfs::stat(running.pid());
            stat.is_some_and(|stat| stat.name == "sleep") && running.children().len() == 1
        });
        let pid = running.children()[0];
        Self { running, pid }
    }

    /// Waits until it is in this state.
    pub fn once(self, state: char) -> Self {
        let pid = self.pid;
        let what = format!("it is {state}");
        self.until(&what, |_| letter(pid) == Some(state));
        self
    }

    pub fn letter(&self) -> Option<char> {
        letter(self.pid)
    }

    /// A file of its own in `/proc`.
    pub fn file(&self, name: &str) -> String {
        let path = format!("/proc/{}/{name}", self.pid);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn link(&self, name: &str) -> String {
        let path = format!("/proc/{}/{name}", self.pid);
        let target = std::fs::read_link(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        target.to_string_lossy().into_owned()
    }

    /// What the program says of it.
    #[track_caller]
    pub fn inspected(&self) -> Value {
        document(&inspect(&[&self.pid.to_string(), "--json", "-"]))
    }
}

/// Runs `timeshare inspect` to its end, beside a subject: only while a test holds one does no other
/// look for processes left behind.
pub fn inspect(arguments: &[&str]) -> Output {
    let mut command = Command::new(TIMESHARE);
    command.arg("inspect").args(arguments).stdin(Stdio::null());
    command.output().expect("the program starts")
}

/// Runs `timeshare inspect` to its end, where there is no subject.
pub fn inspect_alone(arguments: &[&str]) -> Output {
    let whole = ["inspect"].iter().chain(arguments);
    let finished = Launch::timeshare(whole).run();
    Output {
        status: finished.status,
        stdout: finished.stdout.into_bytes(),
        stderr: finished.stderr.into_bytes(),
    }
}

/// The whole standard output of a successful `--json -`.
#[track_caller]
pub fn document(output: &Output) -> Value {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    assert_eq!(complaint, "");
    let document: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(document["schema"], "timeshare/inspect/1");
    document
}

/// The value of one of the fields of `struct proc`; null if there is none.
pub fn xv6<'a>(document: &'a Value, field: &str) -> &'a Value {
    &document["proc"][field]["value"]
}
