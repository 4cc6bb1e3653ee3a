//! What the machine has not enough of: processes, descriptors, memory.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::{Pid, geteuid};

use super::machine::assert_one_message;
use super::subcommand::{ALL, SCHEDULED, Subcommand, copy};
use crate::common::console::Console;
use crate::common::control_group::ControlGroup;
use crate::common::procfs;
use crate::common::program::{Finished, GRACE, Launch, TIMESHARE};
use crate::common::runner::skip;
use test_attribute::test;

/// A fork or a thread has failed, and it says so.
#[track_caller]
fn assert_failed(subcommand: Subcommand, finished: &Finished, limit: &str) {
    assert_eq!(finished.code(), Some(1), "{subcommand:?}: {finished:?}");
    assert_one_message(finished);
    for told in ["EAGAIN", "is reached", limit] {
        assert!(
            finished.stderr.contains(told),
            "{subcommand:?}: {finished:?}"
        );
    }
}

/// It was known before that a fork would fail.
#[track_caller]
fn assert_refused(subcommand: Subcommand, finished: &Finished, limit: &str) {
    assert_eq!(finished.code(), Some(2), "{subcommand:?}: {finished:?}");
    assert_one_message(finished);
    for told in ["there is no room for", limit] {
        assert!(
            finished.stderr.contains(told),
            "{subcommand:?}: {finished:?}"
        );
    }
    if let Subcommand::Run | Subcommand::Watch | Subcommand::Compare = subcommand {
        assert!(!finished.had_children, "{subcommand:?}: {finished:?}");
    }
}

#[test]
pub fn where_a_control_group_allows_no_more_processes_it_says_so_and_none_is_left() {
    let Some(group) = ControlGroup::new("pids") else {
        skip("no control group that limits processes can be made here");
    };
    for subcommand in ALL {
        // Its processes, and threads that sample or print.
        let enough = match subcommand {
            Subcommand::Run | Subcommand::Watch => 4,
            Subcommand::Compare | Subcommand::Driven => 3,
            Subcommand::Demo => 2,
            Subcommand::Shell => 1,
        };
        for more in 0..=enough {
            let poised = subcommand.poised(Path::new(TIMESHARE), &[]);
            group.limit_processes(poised.pid(), more);
            let finished = poised.go();
            match finished.code() {
                Some(0) => assert_eq!(more, enough, "{subcommand:?}: {finished:?}"),
                // A scene tries.
                Some(2) if subcommand != Subcommand::Demo => {
                    assert_refused(subcommand, &finished, "pids.max");
                }
                _ => assert_failed(subcommand, &finished, "pids.max"),
            }
        }
    }
}

/// The kernel itself needs a few pages of it to execute a program.
const SMALL_STACKS_KIB: [u32; 3] = [64, 32, 256];

#[test]
fn on_a_small_stack_every_command_works() {
    for kib in SMALL_STACKS_KIB {
        let bytes = kib * 1024;
        let prefix = ["prlimit", &format!("--stack={bytes}:{bytes}")];
        for subcommand in ALL {
            let finished = subcommand.behind(&prefix).run();
            let code = finished.code();
            assert_eq!(code, Some(0), "{subcommand:?}, {kib} KiB: {finished:?}");
        }
        for line in [
            "demo --all --fast",
            "inspect self",
            "simulate figure-4.4 -c",
        ] {
            let finished = Launch::behind(&prefix, line).run();
            assert_eq!(finished.code(), Some(0), "{line}, {kib} KiB: {finished:?}");
        }
        let refused = Launch::behind(&prefix, "run -P x").run();
        assert_eq!(refused.code(), Some(2), "{refused:?}");
    }
}

#[test]
fn on_a_small_stack_it_hears_signals_and_stands_still_on_ctrl_z() {
    let launch = || Launch::behind(&["prlimit", "--stack=65536:65536"], "run -P c500:c500 -q");
    let running = launch().start();
    running.until_children(2);
    running.suspend(Duration::from_millis(100));
    running.signal(Signal::SIGINT);
    let finished = running.finish();
    assert_eq!(finished.code(), Some(130), "{finished:?}");
    assert!(finished.stdout.contains("stood still"), "{finished:?}");

    let running = launch().start();
    running.until_children(2);
    running.signal(Signal::SIGKILL);
    assert_eq!(running.finish().killed_by(), Some(9));
}

#[test]
fn without_a_large_stack_and_without_a_thread_it_says_so() {
    if !geteuid().is_root() {
        skip("only root can run it as a user who has no other processes");
    }
    let prefix = ["prlimit", "--stack=65536:65536", "--nproc=1:1"];
    let finished = Launch::unprivileged(&prefix, "run -P c1").run();
    assert_eq!(finished.code(), Some(2), "{finished:?}");
    assert_eq!(
        finished.stderr,
        "timeshare: the stack may have 64 KiB (ulimit -s), of 2048 KiB that are needed, and there is \
         no thread to be had with a larger one: Resource temporarily unavailable (os error 11). \
         Raise that limit, or the one on processes (ulimit -u)\n"
    );
}

#[test]
pub fn where_a_user_may_have_no_more_processes_it_says_so_and_none_is_left() {
    if !geteuid().is_root() {
        skip("only root can run it as a user who has no other processes");
    }
    for subcommand in ALL {
        for limit in [1, 2] {
            let finished = subcommand
                .unprivileged(&["prlimit", &format!("--nproc={limit}:{limit}")])
                .run();
            let (refused, is_scheduled) =
                (finished.code() == Some(2), SCHEDULED.contains(&subcommand));
            assert!(
                is_scheduled && limit == 1 || !refused,
                "{subcommand:?}: {finished:?}"
            );
            match (subcommand, limit) {
                (Subcommand::Shell, 2) => assert_eq!(finished.code(), Some(0), "{finished:?}"),
                _ if refused => assert_refused(subcommand, &finished, "ulimit -u"),
                _ => assert_failed(subcommand, &finished, "ulimit -u"),
            }
        }
    }
}

#[test]
fn a_timer_that_cannot_be_had_is_put_down_to_the_limit_on_pending_signals() {
    for subcommand in ALL {
        // A scene sets no timer.
        if subcommand == Subcommand::Demo {
            continue;
        }
        let none = ["prlimit", "--sigpending=0:0"];
        let finished = subcommand.unprivileged(&none).run();
        assert_eq!(finished.code(), Some(1), "{subcommand:?}: {finished:?}");
        assert_one_message(&finished);
        assert!(!finished.had_children, "{subcommand:?}: {finished:?}");
        let told = &finished.stderr;
        assert!(told.contains("of 0 (ulimit -i)"), "{subcommand:?}: {told}");
        assert!(!told.contains("ulimit -u"), "{subcommand:?}: {told}");
    }
}

#[test]
fn a_program_that_takes_more_cpu_time_than_it_may_is_refused_before_the_first_fork() {
    let limited = |line: &str| Launch::behind(&["prlimit", "--cpu=1:1"], line);
    for line in [
        "run -P c100",
        "compare -P c1:c50,i,c49 --tick 20ms",
        "run -P c2 --tick 500ms",
    ] {
        let finished = limited(line).run();
        assert_eq!(finished.code(), Some(2), "{line}: {finished:?}");
        assert_one_message(&finished);
        assert!(!finished.had_children, "{line}: {finished:?}");
        let told = &finished.stderr;
        assert!(told.contains("limit is 1 s (ulimit -t)"), "{line}: {told}");
        assert!(!told.contains("--cpu"), "{line}: {told}");
    }
    let console = limited("shell").input("create c100\n").run();
    assert!(!console.had_children, "{console:?}");
    let told = console.stdout + &console.stderr;
    assert!(told.contains("limit is 1 s (ulimit -t)"), "{told}");
    // What it may take is no reason.
    limited("run -P c5:c5 --tick 5ms -q").run().succeeded();
}

#[test]
pub fn a_child_that_cannot_be_executed_is_named_with_the_reason() {
    for subcommand in ALL {
        let (_folder, program) = copy();
        let poised = subcommand.poised(&program, &[]);
        // Not even root executes a file without any x permission.
        fs::set_permissions(&program, Permissions::from_mode(0o644)).expect("it is ours");
        let finished = poised.go();
        assert_eq!(finished.code(), Some(1), "{subcommand:?}: {finished:?}");
        assert_one_message(&finished);
        for told in ["execute", "/proc/self/exe", "EACCES"] {
            assert!(
                finished.stderr.contains(told),
                "{subcommand:?}: {}",
                finished.stderr
            );
        }
    }
}

#[test]
pub fn with_any_number_of_open_files_it_works_or_says_why_not() {
    for (subcommand, step) in ALL.into_iter().zip([1, 5, 9, 5, 5, 5]) {
        let mut worked = 0;
        for limit in (4..80).step_by(step) {
            let limit = format!("--nofile={limit}:{limit}");
            let finished = subcommand.behind(&["prlimit", &limit]).run();
            match finished.code() {
                Some(0) => worked += 1,
                Some(1 | 2) => assert_one_message(&finished),
                _ => panic!("{subcommand:?}, {limit}: {finished:?}"),
            }
        }
        assert!(worked > 1, "{subcommand:?}: {worked}");
    }
}

#[test]
pub fn repeated_runs_need_no_more_open_files_than_one() {
    let line = "compare --repeat 12 -P c1:c1 --tick 1ms -q";
    Launch::behind(&["prlimit", "--nofile=50:50"], line)
        .run()
        .succeeded();
}

/// The open files of a process, by what they are, without those it has read in the meantime.
fn kinds(pid: Pid) -> Vec<String> {
    let files = procfs::open_files(pid).into_iter();
    let kind = |(_, target): (i32, PathBuf)| {
        let target = target.display().to_string();
        // A pipe is a pipe.
        let numbered = ["pipe:[", "socket:["];
        let kind = numbered.into_iter().find(|kind| target.starts_with(kind));
        kind.map_or(target, str::to_owned)
    };
    let mut kinds: Vec<_> = files.map(kind).collect();
    kinds.sort();
    kinds
}

#[test]
pub fn a_console_keeps_nothing_of_processes_that_are_gone_but_what_refuses_signals() {
    let mut console = Console::open("shell --tick 1ms");
    let round = |console: &mut Console, id: usize| {
        console.create("i");
        console.tell(&format!("run P{id}"), "has ended");
        console.tell(&format!("wait P{id}"), "exit status 0\n");
        console.create("c1");
        console.tell("start", "All workers have finished");
        let files = kinds(console.running.pid());
        let pidfds = files
            .iter()
            .filter(|kind| *kind == "anon_inode:[pidfd]")
            .count();
        (pidfds, files.len() - pidfds)
    };
    let (first_pidfds, first) = round(&mut console, 0);
    for number in 1..12 {
        let (pidfds, others) = round(&mut console, 2 * number);
        assert_eq!(others, first, "{:?}", kinds(console.running.pid()));
        assert!(pidfds <= first_pidfds + 2 * number, "{pidfds}");
    }
    console.close();
}

#[test]
pub fn all_scenes_need_no_more_open_files_than_the_greediest_of_them() {
    let works = |limit: u32, scene: &str| {
        let limit = format!("--nofile={limit}:{limit}");
        let line = format!("demo {scene} --fast");
        Launch::behind(&["prlimit", &limit], &line).run().code() == Some(0)
    };
    let enough = (20..60).find(|&limit| works(limit, "orphan") && works(limit, "wait"));
    let enough = enough.expect("a scene needs so many");
    assert!(works(enough + 2, "--all"), "{enough}");
}

#[test]
fn what_piles_up_is_seen() {
    // The negative control of the two above.
    let leaky = "while read line; do exec {fd}</dev/null; echo $fd; done";
    let (reader, mut input) = std::io::pipe().expect("a pipe can be made");
    let running = Launch::new("bash", ["-c", leaky]).stdin(reader).start();
    let mut counts = Vec::new();
    for number in 1..=3 {
        std::io::Write::write_all(&mut input, b"x\n").expect("it reads");
        running.until("it has answered", |running| {
            running.stdout_so_far().lines().count() == number
        });
        counts.push(kinds(running.pid()).len());
    }
    assert_eq!(counts[2], counts[0] + 2, "{counts:?}");
    drop(input);
    running.finish();
}

#[test]
fn with_however_little_memory_no_process_is_left() {
    for subcommand in ALL {
        for mebibytes in [4, 8, 12, 16, 24, 32, 64, 96, 128, 160] {
            let limit = format!("--as={}", mebibytes << 20);
            let running = subcommand.behind(&["prlimit", &limit]).start();
            // Without memory, a program of this language aborts; or it was not even loaded.
            let finished = running.try_finish(GRACE);
            finished.expect("none is left");
        }
    }
}

#[test]
fn a_file_that_may_not_grow_is_an_error_that_is_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("file").display().to_string();
    for (subcommand, option) in [
        (Subcommand::Run, "--json"),
        (Subcommand::Run, "--record"),
        (Subcommand::Watch, "--record"),
        (Subcommand::Compare, "--json"),
        (Subcommand::Demo, "--json"),
    ] {
        let line = format!("{} {option} {file}", subcommand.short());
        // It shall be the document that is too long, not what is printed.
        let launch = Launch::behind(&["prlimit", "--fsize=2000:2000"], &line);
        let launch = match subcommand {
            Subcommand::Watch => subcommand.attended(launch),
            _ => launch.stdout(
                File::options()
                    .write(true)
                    .open("/dev/null")
                    .expect("it is there"),
            ),
        };
        let finished = launch.run();
        assert_eq!(finished.code(), Some(1), "{subcommand:?}: {finished:?}");
        assert!(
            finished.stderr.contains("File too large"),
            "{subcommand:?}: {finished:?}"
        );
    }
}
