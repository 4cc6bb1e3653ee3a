//! What commands of a console leave behind, and what is not the console's.

use std::fs::{self, File, Permissions};
use std::io::{Read, Seek};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

use super::subcommand::Subcommand;
use crate::common::console::Console;
use crate::common::procfs;
use crate::common::program::{GRACE, Launch, TIMESHARE};
use crate::common::runner::skip;
use crate::common::speed;
use test_attribute::test;

/// Starts another one, so many times over, and again whenever that ends; in a session of its own.
const KEEPS_ONE: &str = "trap '' TERM INT HUP QUIT
if [ \"$1\" = 0 ]; then exec sleep 60; fi
while :; do setsid sh \"$0\" $(($1 - 1)) & wait; done
";

#[test]
fn a_process_that_keeps_starting_others_ends_with_the_console_and_so_do_they() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let script = folder.path().join("keeps-one");
    fs::write(&script, KEEPS_ONE).expect("it can be written");
    let mut console = Console::open("shell");
    console.create(&format!("-- sh {} 8", script.display()));
    console.tell("run P0", "SIGCONT");
    console.running.until("they are there", |running| {
        let mut descendants = running.children();
        for generation in 0.. {
            if descendants.is_empty() {
                return generation > 8;
            }
            let children = descendants.into_iter().flat_map(procfs::children_of);
            descendants = children.collect();
        }
        unreachable!("a tree has an end")
    });
    let asked = Instant::now();
    console.close();
    assert!(asked.elapsed() < speed::quiet(Duration::from_secs(5)));
}

#[test]
fn children_that_the_console_was_started_with_are_not_ended() {
    // A shell with a job becomes the console.
    let line = format!("sleep 30 & exec {TIMESHARE} shell");
    let input = "create -- sleep 60\nrun P0\nsleep 500ms\n";
    let running = Launch::new("sh", ["-c", &line]).input(input).start();
    running.until("it is the console", |running| {
        running.stdout_so_far().contains("SIGCONT")
    });
    let is_the_job = |pid: &Pid| {
        let arguments = fs::read_to_string(format!("/proc/{pid}/cmdline"));
        arguments.is_ok_and(|arguments| arguments.contains("30"))
    };
    let jobs: Vec<_> = running.children().into_iter().filter(is_the_job).collect();
    running.until_ended();
    // Its parent has ended: it is our child now.
    sleep(Duration::from_millis(50));
    let letter = |&pid: &Pid| procfs::stat(pid).map(|stat| stat.letter);
    let after: Vec<_> = jobs.iter().map(letter).collect();
    for &job in &jobs {
        let _ = kill(job, Signal::SIGKILL);
    }
    assert_eq!(after, [Some('S')], "the job goes on");
    let finished = running.try_finish(GRACE);
    let finished = finished.expect("none else is left");
    assert_eq!(finished.code(), Some(0), "{finished:?}");
    let told = "What commands leave behind will not be ended";
    assert!(finished.stderr.contains(told), "{finished:?}");
}

#[test]
fn a_process_that_cannot_be_ended_is_named() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let setpriv = folder.path().join("setpriv");
    if !geteuid().is_root() || fs::copy("/usr/bin/setpriv", &setpriv).is_err() {
        skip("no program can be made that becomes root");
    }
    for (path, mode) in [(folder.path(), 0o755), (setpriv.as_path(), 0o4755)] {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
    }
    let command = format!("{} --reuid=0 --clear-groups sleep 60", setpriv.display());
    let input = format!("create -- {command}\nrun P0\nsleep 300ms\n");
    let mut errors = tempfile::tempfile().expect("a file can be made");
    let to = |errors: &File| errors.try_clone().expect("it can be opened twice");
    let launch = Launch::unprivileged(&[], "shell").input(&input);
    let running = launch.stderr(to(&errors)).start();
    running.until_ended();
    let is_left = running.try_finish(Duration::from_millis(200)).is_err();
    let mut text = String::new();
    errors.rewind().expect("it is a file");
    errors.read_to_string(&mut text).expect("it is text");
    if !is_left {
        skip("the folder for temporary files takes no programs that become root");
    }
    assert!(text.contains("P0 (pid"), "{text}");
    assert!(text.contains("could not be ended"), "{text}");
}

/// A control group whose processes do not even die while it is frozen (cgroups version 1).
struct Freezer(PathBuf);

impl Freezer {
    fn new() -> Option<Self> {
        let name = format!("timeshare-test-{}", std::process::id());
        let group = Self(Path::new("/sys/fs/cgroup/freezer").join(name));
        let there = fs::create_dir(&group.0).is_ok() && group.0.join("freezer.state").exists();
        there.then_some(group)
    }

    fn freeze(&self, pid: Pid) {
        let write = |file: &str, text: &str| fs::write(self.0.join(file), text);
        write("cgroup.procs", &pid.to_string()).expect("it can be moved");
        write("freezer.state", "FROZEN").expect("it can be frozen");
    }

    fn thaw(&self) {
        fs::write(self.0.join("freezer.state"), "THAWED").expect("it can be thawed");
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        let _ = fs::write(self.0.join("freezer.state"), "THAWED");
        for _ in 0..100 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_process_that_does_not_die_in_time_is_named() {
    let Some(group) = Freezer::new() else {
        skip("no control group can be frozen here");
    };
    // Each takes as long as a process is given to die; a comparison is a run.
    for subcommand in [Subcommand::Run, Subcommand::Driven] {
        let running = subcommand.under_way();
        group.freeze(running.children()[1]);
        running.signal(Signal::SIGINT);
        running.until_ended();
        group.thaw();
        let finished = running.try_finish(GRACE);
        let finished = finished.expect("it dies when it can");
        assert_eq!(finished.code(), Some(130), "{subcommand:?}: {finished:?}");
        let told = &finished.stderr;
        assert!(
            told.contains("could not be ended"),
            "{subcommand:?}: {told}"
        );
        assert!(told.contains("P1"), "{subcommand:?}: {told}");
    }
}
