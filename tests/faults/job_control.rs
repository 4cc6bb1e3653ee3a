//! Ctrl-Z and fg, and the end of what stands still.

use std::cell::RefCell;
use std::fs;
use std::hint::spin_loop;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use super::interference::{interference, letters, long_run};
use super::subcommand::{ALL, Subcommand};
use super::supervisor::{PROMPTLY, moments};
use crate::common::procfs;
use crate::common::program::Running;
use crate::common::trace::Trace;
use test_attribute::test;

#[test]
pub fn while_it_is_suspended_all_are_stopped_and_afterwards_only_one_goes_on() {
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
    assert_eq!(interference(&trace), []);
}

/// Nanoseconds it has been on a CPU (`/proc/PID/schedstat`).
fn cpu_time(pid: Pid) -> Option<u64> {
    let schedstat = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    schedstat.split_whitespace().next()?.parse().ok()
}

/// Who runs, and for how long they all have had a CPU so far.
fn moment(children: &[Pid]) -> (Vec<Pid>, u64) {
    let runs = |pid: &&Pid| letters(&[**pid]) == [Some('R')];
    let times = children.iter().filter_map(|&child| cpu_time(child));
    (children.iter().filter(runs).copied().collect(), times.sum())
}

#[test]
pub fn suspended_no_command_lets_a_process_compute_and_continued_the_same_one_goes_on() {
    for subcommand in ALL {
        let running = subcommand.under_way();
        let before = RefCell::new(Vec::new());
        running.until("a process computes", |running| {
            let (runnable, time) = moment(&running.children());
            before.replace(runnable);
            // Longer than it takes to be born.
            before.borrow().len() == 1 && time > 60_000_000
        });
        let (before, children) = (before.take(), running.children());
        running.signal(Signal::SIGTSTP);
        running.until("it stands still", |running| {
            letters(&[running.pid()]) == [Some('T')]
        });
        let (runnable, time) = moment(&children);
        assert_eq!(runnable, [], "{subcommand:?}");
        sleep(Duration::from_millis(150));
        assert_eq!(moment(&children), (Vec::new(), time), "{subcommand:?}");

        running.signal(Signal::SIGCONT);
        running.until("it goes on", |_| moment(&children).1 > time);
        // Who sleeps in a call begins it anew.
        let as_before = || moment(&children).0 == before;
        running.until("it is as before", |_| as_before());
        if subcommand != Subcommand::Demo {
            for _ in 0..20 {
                assert!(as_before(), "{subcommand:?}");
                sleep(Duration::from_millis(1));
            }
        }
        running.signal(Signal::SIGTERM);
        assert_eq!(running.finish().code(), Some(143), "{subcommand:?}");
    }
}

#[test]
pub fn ended_while_it_is_suspended_it_leaves_no_process() {
    for subcommand in ALL {
        for signal in [Signal::SIGKILL, Signal::SIGTERM] {
            let running = subcommand.under_way();
            running.signal(Signal::SIGTSTP);
            running.until("it stands still", |running| {
                letters(&[running.pid()]) == [Some('T')]
            });
            running.signal(signal);
            if signal != Signal::SIGKILL {
                running.signal(Signal::SIGCONT);
            }
            let finished = running.try_finish(PROMPTLY).expect("none is left");
            let ended = (finished.killed_by(), finished.code());
            let expected = match signal {
                Signal::SIGKILL => (Some(9), None),
                _ => (None, Some(143)),
            };
            assert_eq!(ended, expected, "{subcommand:?}: {finished:?}");
        }
    }
}

#[test]
pub fn continued_before_it_has_come_to_a_stop_it_goes_on() {
    for subcommand in ALL {
        for moment in moments(4, Duration::from_millis(4)) {
            let running = subcommand.under_way();
            running.signal(Signal::SIGTSTP);
            sleep(moment);
            running.signal(Signal::SIGCONT);
            sleep(Duration::from_millis(20));
            running.signal(Signal::SIGTERM);
            running.until_ended();
            assert_eq!(
                running.finish().code(),
                Some(143),
                "{subcommand:?}, {moment:?}"
            );
        }
    }
}

/// Ctrl-Z, and so soon after it the SIGCONT. Both have had their effect then.
fn suspend_and_continue(running: &Running, between: Duration) {
    running.signal(Signal::SIGTSTP);
    let until = Instant::now() + between;
    while Instant::now() < until {
        spin_loop();
    }
    running.signal(Signal::SIGCONT);
    sleep(Duration::from_millis(3));
}

#[test]
pub fn a_continue_takes_back_a_ctrl_z_at_whatever_moment_of_it_it_comes() {
    for subcommand in ALL {
        let running = subcommand.under_way();
        let letter = || letters(&[running.pid()]);
        // From before it is heard to when all stand still.
        for moment in moments(100, Duration::from_micros(200)) {
            suspend_and_continue(&running, moment);
            // Of which the next one would wake it up.
            running.until("it goes on", |_| letter() != [Some('T')]);
        }
        running.signal(Signal::SIGTERM);
        running.until_ended();
        assert_eq!(running.finish().code(), Some(143), "{subcommand:?}");
    }
}

#[test]
pub fn a_ctrl_z_that_was_taken_back_is_no_suspension() {
    let (running, _) = long_run();
    // The kernel tells a parent of a continue only if there was a stop before it.
    let was_stopped = || {
        let flags = WaitPidFlag::WCONTINUED | WaitPidFlag::WNOHANG;
        let status = waitid(Id::Pid(running.pid()), flags).expect("it has not been waited for");
        status != WaitStatus::StillAlive
    };
    let mut stops = 0;
    for moment in moments(100, Duration::from_micros(200)) {
        suspend_and_continue(&running, moment);
        stops += usize::from(was_stopped());
    }
    running.suspend(Duration::from_millis(3));
    stops += usize::from(was_stopped());
    assert!(stops < 101, "none was taken back");
    let trace = Trace::of(&running.finish().succeeded());
    trace.assert_model_equal("suspended, and not");
    let pauses = trace.list("pauses").iter();
    let told = pauses.filter(|pause| pause["cause"] == "terminal").count();
    assert!((1..=stops).contains(&told), "{told}, stopped {stops} times");
}

#[test]
pub fn a_stopped_supervisor_tells_for_how_long_it_was() {
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
pub fn stopped_from_outside_and_continued_every_command_comes_to_its_end() {
    for subcommand in ALL {
        let running = subcommand.behind(&[]).start();
        for pause in [5, 20] {
            sleep(Duration::from_millis(pause));
            if running.has_ended() {
                break;
            }
            running.signal(Signal::SIGSTOP);
            sleep(Duration::from_millis(100));
            running.signal(Signal::SIGCONT);
        }
        let finished = running.finish().succeeded();
        let conclusion = subcommand.conclusion();
        assert!(
            finished.stdout.contains(conclusion),
            "{subcommand:?}: {finished:?}"
        );
        if let Subcommand::Demo = subcommand {
            assert!(!finished.stdout.contains('✗'), "{}", finished.stdout);
        }
    }
}
