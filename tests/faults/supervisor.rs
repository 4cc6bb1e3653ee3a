//! Faults of the supervisor itself.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::openpty;
use nix::sys::signal::Signal;

use super::subcommand::{ALL, PLAIN, Subcommand};
use crate::common::ending::killed_after;
use crate::common::modes::Modes;
use crate::common::program::Launch;
use crate::common::speed;
use crate::common::words;
use test_attribute::test;

pub const PROMPTLY: Duration = Duration::from_secs(2);

const ENDING: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Computing, blocked and ready ones, 64 in all; the first 48 ms of their lives are their births.
fn mixed() -> String {
    let programs = ["c50,i,c50", "i,c9", "c3,i,c3", "i,i,i,i"].map(|p| [p; 16].join(":"));
    format!("-L 4 --tick 1ms -P {}", programs.join(":"))
}

/// Moments from 0 to `most`, spread out evenly and in no order.
pub fn moments(count: u32, most: Duration) -> impl Iterator<Item = Duration> {
    (0..count).map(move |round| most * (round * 37 % count) / count)
}

#[test]
pub fn none_of_64_children_in_mixed_states_outlives_a_killed_supervisor() {
    let mut orphans = 0;
    for command in ["run", "compare"] {
        for moment in moments(8, Duration::from_millis(400)) {
            let running = Launch::timeshare(words(&format!("{command} {}", mixed()))).start();
            orphans += killed_after(running, moment, PROMPTLY);
        }
    }
    assert!(
        orphans >= 8 * 64,
        "the kill came too early or too late: {orphans}"
    );
}

#[test]
pub fn no_child_outlives_a_supervisor_that_is_killed_while_it_forks_them() {
    // Whose births last some 50 ms, from soon after its start.
    let workers = "create c9\n".repeat(64);
    for (line, script) in [
        (format!("run {}", mixed()), ""),
        (format!("watch {}", mixed()), ""),
        (format!("compare {}", mixed()), ""),
        ("demo double-fork orphan wait --fast".to_owned(), ""),
        ("shell".to_owned(), workers.as_str()),
    ] {
        let mut orphans = 0;
        for moment in moments(9, speed::quiet(Duration::from_millis(60))) {
            let launch = Launch::timeshare(words(&line));
            let launch = match line.split_once(' ') {
                Some(("watch", _)) => Subcommand::Watch.attended(launch),
                _ => launch.input(script),
            };
            let running = launch.start();
            orphans += killed_after(running, moment, PROMPTLY);
        }
        assert!(orphans >= 4, "{line}: the kill came too early: {orphans}");
    }
}

#[test]
pub fn no_command_leaves_a_process_when_it_is_killed() {
    for subcommand in ALL {
        for moment in moments(4, Duration::from_millis(100)) {
            let running = subcommand.under_way();
            sleep(moment);
            running.signal(Signal::SIGKILL);
            let finished = running.try_finish(PROMPTLY).expect("no child outlives it");
            assert_eq!(finished.killed_by(), Some(9), "{subcommand:?}");
            assert!(finished.orphans > 0, "{subcommand:?}: it had children");
        }
    }
}

#[test]
pub fn no_child_outlives_a_supervisor_that_aborts() {
    for subcommand in ALL {
        for signal in [Signal::SIGABRT, Signal::SIGILL] {
            let running = subcommand.under_way();
            running.signal(signal);
            let finished = running.try_finish(PROMPTLY).expect("no child outlives it");
            assert_eq!(finished.killed_by(), Some(signal as i32), "{subcommand:?}");
        }
    }
}

#[test]
pub fn every_command_ends_in_good_order_on_every_signal_that_asks_it_to() {
    for subcommand in ALL {
        for signal in ENDING {
            let running = subcommand.under_way();
            sleep(Duration::from_millis(50));
            let sent = Instant::now();
            running.signal(signal);
            let finished = running.finish();
            let took = sent.elapsed();
            assert!(
                took < speed::quiet(PROMPTLY),
                "{subcommand:?}, {signal}: {took:?}"
            );
            let code = finished.code();
            assert_eq!(
                code,
                Some(128 + signal as i32),
                "{subcommand:?}: {finished:?}"
            );
            let why = &finished.stderr;
            assert!(why.contains(signal.as_str()), "{subcommand:?}: {why}");
            let partial = match subcommand {
                Subcommand::Run | Subcommand::Watch => "total time",
                Subcommand::Compare => "wall time",
                Subcommand::Demo => "stop-cont: ",
                Subcommand::Shell => "P2 issued an I/O",
                Subcommand::Driven => "The scheduler drives",
            };
            let told = finished.stdout.contains(partial);
            assert!(told, "{subcommand:?}: partial results are told");
        }
    }
}

#[test]
pub fn a_signal_ends_it_while_its_output_is_not_read() {
    for (line, ticks) in [("run --tick 1ms -P c300", 300), ("run -P c2000", 0)] {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        fcntl(writer.as_fd(), FcntlArg::F_SETPIPE_SZ(4096)).expect("a pipe can be small");
        let running = Launch::timeshare(words(line)).stdout(writer).start();
        running.until_children(1);
        if ticks > 0 {
            running.until("the processes are gone", |running| {
                running.children().is_empty()
            });
        }
        sleep(Duration::from_millis(100));
        let sent = Instant::now();
        running.signal(Signal::SIGINT);
        sleep(Duration::from_millis(300));
        if !running.has_ended() {
            running.signal(Signal::SIGINT);
        }
        let finished = running.try_finish(PROMPTLY).expect("no child outlives it");
        assert!(
            sent.elapsed() < speed::quiet(PROMPTLY),
            "{line}: {:?}",
            sent.elapsed()
        );
        assert!(
            finished.code() == Some(130) || finished.killed_by() == Some(2),
            "{finished:?}"
        );
        drop(reader);
    }
}

#[test]
pub fn when_its_terminal_is_gone_it_ends_as_on_sighup_and_none_is_left() {
    for subcommand in ALL {
        let terminal = openpty(None, None).expect("there are terminals");
        for end in [&terminal.master, &terminal.slave] {
            let closed_by_exec = FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC);
            fcntl(end, closed_by_exec).expect("it is open");
        }
        let before = Modes::of(&terminal.slave);
        let mut keys = File::from(terminal.master);
        let running = subcommand.under_way_on(&terminal.slave, &mut keys);
        sleep(Duration::from_millis(100));
        if !matches!(
            subcommand,
            Subcommand::Watch | Subcommand::Shell | Subcommand::Driven
        ) {
            let now = Modes::of(&terminal.slave);
            assert_eq!(now, before, "{subcommand:?}");
        }
        drop((terminal.slave, keys));
        let finished = running.try_finish(PROMPTLY).expect("none is left");
        assert_eq!(finished.code(), Some(129), "{subcommand:?}: {finished:?}");
    }
}

#[test]
pub fn when_the_output_is_gone_before_the_signal_comes_that_is_the_same() {
    // What the harness starts once must be able to print.
    Launch::new("true", [""; 0]).run();
    for subcommand in PLAIN {
        for (to, expected) in [("/dev/null", 129), ("", 1)] {
            let filter = super::machine::failing_output();
            let ended = std::thread::spawn(move || {
                seccompiler::apply_filter(&filter).expect("a filter can be had");
                let launch = subcommand.behind(&[]);
                let device = File::options().write(true).open(to);
                device.into_iter().fold(launch, Launch::stdout).run()
            });
            let finished = ended.join().expect("it has run");
            // A file that fails is no terminal.
            assert_eq!(
                finished.code(),
                Some(expected),
                "{subcommand:?}: {finished:?}"
            );
        }
    }
}

#[test]
pub fn a_reader_of_only_the_first_line_ends_it_without_an_error() {
    for subcommand in PLAIN {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        let mut reader = BufReader::new(reader);
        let mut line = String::new();
        let started = Instant::now();
        let running = match subcommand {
            // All it says, it says at the end.
            Subcommand::Compare => subcommand.behind(&[]).stdout(writer).start(),
            _ => subcommand
                .under_way_to(|launch| launch.stdout(writer))
                .into_running(),
        };
        reader.read_line(&mut line).expect("the pipe can be read");
        assert!(!line.is_empty(), "{subcommand:?}");
        drop(reader);
        running.finish().succeeded();
        let took = started.elapsed();
        // A console that is told nothing has nothing to say, and ends with its input.
        assert!(
            took < speed::quiet(Duration::from_secs(10)),
            "{subcommand:?}: {took:?}"
        );
    }
}

#[test]
pub fn a_full_disk_ends_it_with_an_error() {
    for subcommand in PLAIN {
        let full = File::options().write(true).open("/dev/full");
        let launch = subcommand.behind(&[]).stdout(full.expect("it is there"));
        let finished = launch.run();
        assert_eq!(finished.code(), Some(1), "{subcommand:?}: {finished:?}");
        let why = &finished.stderr;
        assert!(why.contains("No space left"), "{subcommand:?}: {why}");
    }
}

#[test]
fn what_cannot_be_told_shows_in_the_exit_status() {
    let full = || File::options().write(true).open("/dev/full");
    for (line, expected) in [("run --bad", 2), ("run -P c1 --cpu 9999", 2), ("--help", 1)] {
        let launch = Launch::timeshare(words(line)).stderr(full().expect("it is there"));
        let launch = launch.stdout(full().expect("it is there"));
        assert_eq!(launch.run().code(), Some(expected), "{line}");
    }
}

#[test]
pub fn without_the_guard_children_outlive_a_killed_supervisor_and_the_check_finds_them() {
    // The negative control: prctl(PR_SET_PDEATHSIG) succeeds, and does nothing.
    let filter = super::machine::swallowing_pdeathsig();
    let killed = std::thread::spawn(move || {
        seccompiler::apply_filter(&filter).expect("a filter can be had");
        let running = Subcommand::Run.under_way();
        running.signal(Signal::SIGKILL);
        running.try_finish(Duration::from_millis(300))
    });
    let leak = killed
        .join()
        .expect("it has run")
        .expect_err("it cannot be without the guard");
    assert!(leak.to_string().contains("ts:P"), "{leak}");
}
