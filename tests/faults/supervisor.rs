//! Faults of the supervisor itself.

use std::io::Read;
use std::os::fd::AsFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::openpty;
use nix::sys::signal::Signal;
use nix::sys::termios::tcgetattr;

use crate::common::program::{Launch, Running};
use crate::common::trace::Trace;
use crate::common::{procfs, words};
use crate::outsider::{letters, long_run};
use crate::{COMMANDS, under_way};

const PROMPTLY: Duration = Duration::from_secs(2);

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
fn moments(count: u32, most: Duration) -> impl Iterator<Item = Duration> {
    (0..count).map(move |round| most * (round * 37 % count) / count)
}

#[test]
fn none_of_64_children_in_mixed_states_outlives_a_killed_supervisor() {
    let mut orphans = 0;
    for command in ["run", "compare"] {
        for moment in moments(12, Duration::from_millis(400)) {
            let running = Launch::timeshare(words(&format!("{command} {}", mixed()))).start();
            sleep(moment);
            orphans += kill(running, moment);
        }
    }
    assert!(
        orphans >= 12 * 64,
        "the kill came too early or too late: {orphans}"
    );
}

#[test]
fn no_child_outlives_a_supervisor_that_is_killed_during_their_birth() {
    let mut orphans = 0;
    for moment in moments(40, Duration::from_millis(60)) {
        let running = Launch::timeshare(words(&format!("run {}", mixed()))).start();
        sleep(moment);
        orphans += kill(running, moment);
    }
    assert!(orphans >= 40, "the kill came too early: {orphans}");
}

/// Kills the supervisor; how many children it had then.
#[track_caller]
fn kill(running: Running, moment: Duration) -> usize {
    running.signal(Signal::SIGKILL);
    let finished = running.try_finish(PROMPTLY);
    let finished = finished.unwrap_or_else(|leak| panic!("after {moment:?}: {leak}"));
    let ended = (finished.killed_by(), finished.code());
    assert!(matches!(ended, (Some(9), _) | (_, Some(0))), "{finished:?}");
    finished.orphans
}

#[test]
fn no_child_outlives_a_supervisor_that_aborts() {
    for command in COMMANDS {
        for signal in [Signal::SIGABRT, Signal::SIGILL] {
            let running = under_way(command);
            running.signal(signal);
            let finished = running.try_finish(PROMPTLY).expect("no child outlives it");
            assert_eq!(finished.killed_by(), Some(signal as i32), "{command}");
        }
    }
}

#[test]
fn every_command_ends_in_good_order_on_every_signal_that_asks_it_to() {
    for command in COMMANDS {
        for signal in ENDING {
            let running = under_way(command);
            sleep(Duration::from_millis(100));
            let sent = Instant::now();
            running.signal(signal);
            let finished = running.finish();
            assert!(
                sent.elapsed() < PROMPTLY,
                "{command}, {signal}: {:?}",
                sent.elapsed()
            );
            assert_eq!(
                finished.code(),
                Some(128 + signal as i32),
                "{command}: {finished:?}"
            );
            assert!(
                finished.stderr.contains(signal.as_str()),
                "{}",
                finished.stderr
            );
            assert!(
                finished.stdout.contains("CPU "),
                "{command}: partial results are told"
            );
        }
    }
}

#[test]
fn a_second_signal_at_any_moment_of_the_teardown_leaves_nobody() {
    for command in COMMANDS {
        for moment in moments(10, Duration::from_millis(20)) {
            let running = under_way(command);
            running.signal(Signal::SIGTERM);
            sleep(moment);
            if !running.has_ended() {
                running.signal(Signal::SIGINT);
            }
            let finished = running.try_finish(PROMPTLY).expect("no child outlives it");
            let ended = [
                finished.code(),
                finished.killed_by().map(|number| 128 + number),
            ];
            let expected = |status: &Option<i32>| matches!(status, Some(130 | 143));
            assert!(
                ended.iter().any(expected),
                "{command}, {moment:?}: {finished:?}"
            );
        }
    }
}

#[test]
fn a_signal_ends_it_while_nobody_reads_its_output() {
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
        assert!(sent.elapsed() < PROMPTLY, "{line}: {:?}", sent.elapsed());
        assert!(
            finished.code() == Some(130) || finished.killed_by() == Some(2),
            "{finished:?}"
        );
        drop(reader);
    }
}

#[test]
fn when_its_terminal_is_gone_it_ends_and_nobody_is_left() {
    for command in COMMANDS {
        let terminal = openpty(None, None).expect("there are terminals");
        for end in [&terminal.master, &terminal.slave] {
            let closed_by_exec = FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC);
            fcntl(end, closed_by_exec).expect("it is open");
        }
        let before = tcgetattr(&terminal.slave).expect("it is a terminal");
        let slave = || terminal.slave.try_clone().expect("it can be opened twice");
        let program = crate::common::program::TIMESHARE;
        let arguments = ["--ctty", "--wait", program]
            .into_iter()
            .chain(words(command));
        let running = Launch::new("setsid", arguments)
            .stdin(slave())
            .stdout(slave())
            .start();
        let mut seen = [0; 4096];
        let mut master = std::fs::File::from(terminal.master);
        if command.starts_with("run") {
            // Its first words: the children are there.
            let read = master.read(&mut seen).expect("it says something");
            assert!(read > 0);
        }
        sleep(Duration::from_millis(300));
        assert_eq!(
            tcgetattr(&terminal.slave).expect("it is a terminal"),
            before
        );
        drop(terminal.slave);
        drop(master);
        let finished = running.try_finish(PROMPTLY).expect("nobody is left");
        // The output may be gone a moment before the signal comes.
        let lost = finished.code() == Some(1) && finished.stderr.contains("Input/output error");
        assert!(
            finished.code() == Some(129) || lost,
            "{command}: {finished:?}"
        );
    }
}

#[test]
fn while_it_is_suspended_everybody_is_stopped_and_afterwards_only_one_goes_on() {
    const FOR: Duration = Duration::from_millis(600);
    let (running, children) = long_run();
    running.signal(Signal::SIGTSTP);
    let all: Vec<_> = children.into_iter().chain([running.pid()]).collect();
    running.until("all stand still", |_| letters(&all) == [Some('T'); 3]);
    let at_first = children.map(cpu_time);
    sleep(FOR);
    assert_eq!(letters(&all), [Some('T'); 3]);
    assert_eq!(children.map(cpu_time), at_first, "no time passes");

    running.signal(Signal::SIGCONT);
    running.until("it goes on", |_| letters(&children).contains(&Some('R')));
    for _ in 0..50 {
        let runnable = letters(&children[1..]);
        assert!(
            !runnable.contains(&Some('R')),
            "P1 is not the one that was running"
        );
        sleep(Duration::from_millis(1));
    }
    let trace = Trace::of(&running.finish().succeeded());
    trace.assert_model_equal("suspended and resumed");
    let [pause] = trace.list("pauses") else {
        panic!("one pause: {}", trace["pauses"]);
    };
    assert_eq!(pause["cause"], "terminal");
    let length_ns = pause["length_ns"].as_u64().expect("it is a number");
    assert!(u128::from(length_ns) >= FOR.as_nanos(), "{pause}");
    // Each tick is as long as the instruction in it, or a little longer; not so the pause.
    let ns = |tick: &serde_json::Value, field: &str| tick[field].as_u64().expect("it is measured");
    let lengths = trace
        .list("ticks")
        .iter()
        .map(|tick| ns(tick, "end_ns") - ns(tick, "start_ns"));
    let longest = lengths.max().expect("there are ticks");
    assert!(
        longest < length_ns,
        "the pause is part of a tick: {longest} ns"
    );
    assert_eq!(crate::outsider::interference(&trace), []);
}

/// Nanoseconds it has been on a CPU (`/proc/PID/schedstat`).
fn cpu_time(pid: nix::unistd::Pid) -> Option<u64> {
    let schedstat = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    schedstat.split_whitespace().next()?.parse().ok()
}

#[test]
fn ended_while_it_is_suspended_it_leaves_nobody() {
    for command in COMMANDS {
        for signal in [Signal::SIGKILL, Signal::SIGTERM] {
            let running = under_way(command);
            running.signal(Signal::SIGTSTP);
            running.until("it stands still", |running| {
                letters(&[running.pid()]) == [Some('T')]
            });
            running.signal(signal);
            if signal != Signal::SIGKILL {
                running.signal(Signal::SIGCONT);
            }
            let finished = running.try_finish(PROMPTLY).expect("nobody is left");
            let expected = (finished.killed_by(), finished.code());
            assert!(
                matches!(expected, (Some(9), _) | (_, Some(143))),
                "{command}: {finished:?}"
            );
        }
    }
}

#[test]
fn a_stopped_supervisor_tells_for_how_long_it_was() {
    const FOR: Duration = Duration::from_millis(500);
    let (running, [p0, _]) = long_run();
    running.signal(Signal::SIGSTOP);
    sleep(FOR);
    assert!(
        procfs::stat(p0).is_some_and(|stat| stat.letter == 'R'),
        "it was not asked"
    );
    running.signal(Signal::SIGCONT);
    let trace = Trace::of(&running.finish().succeeded());
    assert_eq!(trace["outcome"], "complete");
    let pauses = trace.list("pauses").iter();
    let outside: Vec<_> = pauses.filter(|pause| pause["cause"] == "outside").collect();
    let told = |pause: &&serde_json::Value| pause["length_ns"].as_u64().unwrap_or(0);
    let longest = outside.iter().map(told).max().unwrap_or(0);
    assert!(
        u128::from(longest) >= FOR.as_nanos() * 8 / 10,
        "{outside:?}"
    );
}

#[test]
fn without_the_guard_children_outlive_a_killed_supervisor_and_the_check_finds_them() {
    // The negative control: prctl(PR_SET_PDEATHSIG) succeeds, and does nothing.
    let filter = crate::machine::swallowing_pdeathsig();
    let killed = std::thread::spawn(move || {
        seccompiler::apply_filter(&filter).expect("a filter can be had");
        let running = under_way(COMMANDS[0]);
        running.until("one is stopped", |running| {
            letters(&running.children()).contains(&Some('T'))
        });
        running.signal(Signal::SIGKILL);
        running.try_finish(Duration::from_millis(300))
    });
    let leak = killed
        .join()
        .expect("it has run")
        .expect_err("it cannot be without the guard");
    assert!(leak.to_string().contains("ts:P"), "{leak}");
}

#[test]
fn continued_before_it_has_come_to_a_stop_it_goes_on() {
    for command in COMMANDS {
        for moment in moments(20, Duration::from_millis(4)) {
            let running = under_way(command);
            running.signal(Signal::SIGTSTP);
            sleep(moment);
            running.signal(Signal::SIGCONT);
            sleep(Duration::from_millis(20));
            running.signal(Signal::SIGTERM);
            running.until_ended();
            assert_eq!(running.finish().code(), Some(143), "{command}, {moment:?}");
        }
    }
}
