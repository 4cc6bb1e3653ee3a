//! Spawns that fail: children that are something else than workers. Whatever happens to one, none
//! remains, and the error says what it was.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use tempfile::TempDir;

use super::*;
use crate::os::affinity::AllowedCpus;
use crate::os::block_on;
use crate::process::kill_on_drop::Killable;
use crate::process::pidfd::PidFd;
use crate::process::watchdog::Watchdog;
use crate::workload::notation;

/// The message of a worker that is ready, as a shell writes it: kind, detail, six zeroes, and one
/// instruction.
const READY: &str =
    r"printf '\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >&3";

/// Only one of these tests has children at a time.
static TURN: Mutex<()> = Mutex::new(());

/// What the children execute, and a folder for it.
struct Fixture {
    folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Fixture {
    /// Each child is a shell with this script; its program is `$3`.
    fn of(script: &str) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let fixture = Self {
            folder,
            _turn: turn,
        };
        fs::write(fixture.script(), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(fixture.script(), Permissions::from_mode(0o755)).unwrap();
        fixture
    }

    fn script(&self) -> PathBuf {
        self.folder.path().join("script")
    }

    fn spawner(&self) -> Spawner {
        let cpu = AllowedCpus::of_this_process().unwrap().choose(None);
        Spawner::of_script(&self.script(), cpu.unwrap()).unwrap()
    }

    /// Spawns children with these programs.
    fn spawn(spawner: &Spawner, programs: &str, ready: Duration) -> Result<Children, Error> {
        let (workload, _) = notation::programs(programs).unwrap();
        block_on(async {
            let signals = Signals::listen()?;
            let started = Children::spawn_within(spawner, &workload, &signals, ready).await;
            started.map(|(children, _)| children)
        })
        .unwrap()
    }

    /// How children with these programs cannot be spawned, of which none must be left.
    fn failure(&self, programs: &str) -> String {
        let failed = Self::spawn(&self.spawner(), programs, deadline::READY).err();
        assert_none_left();
        failed.expect("they cannot be spawned").to_string()
    }
}

fn assert_none_left() {
    let any = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    let left = waitid(Id::All, any | WaitPidFlag::__WALL);
    assert_eq!(left, Err(Errno::ECHILD), "a child is left");
}

#[test]
fn a_child_that_ends_before_it_is_ready_is_reported_with_its_exit_status() {
    for (script, how) in [
        ("exit 7", "exit status 7"),
        ("exit 127", "exit status 127"),
        ("kill -SEGV $$", "killed by SIGSEGV"),
        ("kill -ABRT $$", "killed by SIGABRT"),
    ] {
        let message = Fixture::of(script).failure("c1");
        assert_eq!(message, format!("P0 ended before it was ready: {how}"));
    }
}

#[test]
fn a_child_that_ends_between_its_ready_message_and_its_first_stop_is_reported_too() {
    let fixture = Fixture::of(&format!("{READY}; exit 3"));
    // Which of the two comes first is up to the kernel: where the stop does, all is well.
    let ended =
        (0..200).find_map(|_| Fixture::spawn(&fixture.spawner(), "c1", deadline::READY).err());
    assert_none_left();
    let message = ended.expect("one of 200 ends first").to_string();
    assert_eq!(message, "P0 ended before it was ready: exit status 3");
}

#[test]
fn a_child_that_cannot_be_executed_takes_those_forked_before_it_along() {
    let fixture = Fixture::of(&format!("{READY}; exec sleep 100"));
    fs::set_permissions(fixture.script(), Permissions::from_mode(0o644)).unwrap();
    let message = fixture.failure("c1:c1:c1");
    assert!(message.starts_with("P0 could not execute "), "{message}");
    assert!(message.contains("EACCES"), "{message}");
    fs::remove_file(fixture.script()).unwrap();
    let message = fixture.failure("c1:c1:c1");
    assert!(message.contains("ENOENT"), "{message}");
}

#[test]
fn a_child_that_fails_takes_those_forked_before_it_along() {
    let script = format!("[ $4 = c2 ] && exit 7; {READY}; exec sleep 100");
    let message = Fixture::of(&script).failure("c1:c1:c2:c1");
    assert_eq!(message, "P2 ended before it was ready: exit status 7");
}

#[test]
fn a_child_that_stops_itself_before_it_is_ready_is_given_up_in_time() {
    for (script, seen) in [("kill -STOP $$", "is T"), ("exec sleep 100", "is S")] {
        let fixture = Fixture::of(script);
        let began = Instant::now();
        let spawned = Fixture::spawn(&fixture.spawner(), "c1:c1", Duration::from_millis(300));
        let message = spawned.err().expect("it is given up").to_string();
        assert_none_left();
        assert!(message.contains("P0 (pid "), "{message}");
        assert!(message.contains("did not get ready"), "{message}");
        assert!(message.ends_with(seen), "{message}");
        assert!(began.elapsed() < deadline::READY);
    }
}

#[test]
fn children_that_take_their_time_share_one_deadline() {
    // Each gets ready in time after the one before it; all together do not.
    let fixture = Fixture::of(&format!("sleep 0.${{4#c}}; {READY}; exec sleep 100"));
    let began = Instant::now();
    let programs = "c2:c4:c6:c8";
    let spawned = Fixture::spawn(&fixture.spawner(), programs, Duration::from_millis(500));
    let message = spawned.err().expect("it is given up").to_string();
    assert_none_left();
    assert!(message.contains("did not get ready"), "{message}");
    assert!(began.elapsed() < deadline::READY);
}

#[test]
fn a_child_that_sends_what_no_worker_sends_is_refused() {
    let message = Fixture::of("printf xxxxxxxxxxxxxxxxxxxxxxxx >&3; exec sleep 100").failure("c1");
    assert!(
        message.contains("sent a message that no worker"),
        "{message}"
    );
}

#[test]
fn a_panic_between_fork_and_exec_ends_that_child_and_touches_nothing_of_its_parent() {
    let fixture = Fixture::of("exit 0");
    let soon = Duration::from_secs(5);
    // To report a panic takes locks, which another thread of this program may have held when it was
    // forked, and never gives back in the child: then that hangs, and is given up. Not every time.
    let messages = (0..3).map(|_| {
        let failed = Fixture::spawn(&fixture.spawner().that_panics(), "c1:c1", soon).err();
        assert_none_left();
        failed.expect("they cannot be spawned").to_string()
    });
    let mut messages = messages.skip_while(|message| message.contains("did not get ready"));
    let ended = "P0 ended before it was ready: killed by SIGABRT";
    assert_eq!(messages.next().as_deref(), Some(ended));
    // Had the child unwound, it would have removed the folder that its parent holds.
    assert!(fixture.script().exists());
}

#[test]
fn when_the_supervisor_panics_its_children_end_with_it() {
    let fixture = Fixture::of(&format!("{READY}; exec sleep 100"));
    let children = Fixture::spawn(&fixture.spawner(), "c1:c1:c1", deadline::READY).unwrap();
    assert!(children.iter().all(|child| child.stage() == Stage::Stopped));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _children = children;
        panic!("as a fault of ours would");
    }));
    assert!(panicked.is_err());
    assert_none_left();
}

#[test]
fn children_that_are_not_killed_are_left() {
    // The negative control of `assert_none_left`.
    let fixture = Fixture::of(&format!("{READY}; exec sleep 100"));
    let mut children = Fixture::spawn(&fixture.spawner(), "c1", deadline::READY).unwrap();
    assert!(std::panic::catch_unwind(assert_none_left).is_err());
    children.kill_all();
    assert_none_left();
}

#[test]
fn a_child_that_never_answers_is_given_up_by_its_cpu_time_or_for_standing_still() {
    for (script, what) in [
        ("while :; do :; done", "finish its instruction"),
        ("exec sleep 100", "go on"),
    ] {
        let fixture = Fixture::of(&format!("{READY}; head -c1 <&4 >/dev/null; {script}"));
        let mut children = Fixture::spawn(&fixture.spawner(), "c1", deadline::READY).unwrap();
        let child = children.get_mut(ProcId(0));
        child.cont().unwrap();
        let mut watchdog = Watchdog::default();
        let given_up = loop {
            match watchdog.look(child, 1) {
                Ok(()) => std::thread::sleep(deadline::LOOK_INTO),
                Err(error) => break error.to_string(),
            }
        };
        assert!(given_up.contains(what), "{given_up}");
        drop(children);
        assert_none_left();
    }
}

#[test]
fn a_child_that_cannot_stop_for_a_while_is_waited_for_within_bounds() {
    let fixture = Fixture::of("exit 0");
    // A process that starts a program with vfork(2) sleeps until that has begun; and it does not
    // begin before the other end of its standard input is opened.
    let fifo = fixture.folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _interval_signal = IntervalSignal::start().unwrap();
    let mut child = block_on(async { in_vfork(&fifo) }).unwrap();
    while child.letter() != Some('D') {
        std::thread::sleep(Duration::from_millis(1));
    }

    let late = child.stop_within(Duration::from_millis(200)).unwrap_err();
    assert!(late.to_string().contains("did not stop"), "{late}");
    assert!(late.to_string().ends_with("is D"), "{late}");

    let opens = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        fs::File::options().write(true).open(fifo)
    });
    child.stop().unwrap();
    assert_eq!(child.letter(), Some('T'));
    child.kill();
    child.confirm_exit().unwrap();
    child.reap().unwrap();
    opens.join().unwrap().unwrap();
    assert_none_left();
}

/// A child that starts a program and is in `vfork(2)` until `fifo` is opened for writing.
fn in_vfork(fifo: &std::path::Path) -> Child {
    use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, posix_spawn};
    use nix::{fcntl::OFlag, sys::stat::Mode};
    let mut actions = PosixSpawnFileActions::init().unwrap();
    actions
        .add_open(0, fifo, OFlag::O_RDONLY, Mode::empty())
        .unwrap();
    let attributes = PosixSpawnAttr::init().unwrap();
    let (requests, _) = nix::unistd::pipe().unwrap();
    let (_, answers) = nix::unistd::pipe().unwrap();
    // SAFETY: the C library's allocator and posix_spawn work in the child of a fork, and nothing
    // of ours runs there but _exit.
    let pid = match unsafe { nix::unistd::fork() }.unwrap() {
        nix::unistd::ForkResult::Child => {
            let arguments = [c"true"];
            let _ = posix_spawn(c"/bin/true", &actions, &attributes, &arguments, &[c""]);
            // SAFETY: async-signal-safe.
            unsafe { libc::_exit(0) }
        }
        nix::unistd::ForkResult::Parent { child } => child,
    };
    let spawned = Spawned {
        process: PidFd::open(pid).unwrap(),
        requests,
        answers,
    };
    Child::new(ProcId(0), spawned).unwrap()
}
