//! A second signal that asks to end: no process is waited for, and what is known is told.

use std::os::fd::AsFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::ptrace;
use nix::sys::signal::Signal;

use super::subcommand::{ALL, SCHEDULED, Subcommand};
use crate::common::program::{GRACE, Launch};
use crate::common::speed;
use crate::common::words;
use test_attribute::test;

/// A timer ends it after 500 ms, on a machine that has other things to do.
const AT_ONCE: Duration = Duration::from_millis(1_500);

#[test]
pub fn a_second_ctrl_c_waits_for_no_child_and_the_summary_is_printed() {
    for subcommand in SCHEDULED {
        let running = subcommand.under_way();
        let children = running.children();
        sleep(Duration::from_millis(100));
        // A dead child is there for its tracer first, and for us only when that lets it go: without
        // a second signal, its end is awaited for two seconds.
        for &child in &children {
            ptrace::seize(child, ptrace::Options::empty()).expect("one may trace it");
        }
        let sent = Instant::now();
        running.signal(Signal::SIGINT);
        sleep(Duration::from_millis(200));
        assert!(!running.has_ended(), "{subcommand:?}: it waits");
        running.signal(Signal::SIGINT);
        running.until_ended();
        let took = sent.elapsed();
        assert!(took < speed::quiet(AT_ONCE), "{subcommand:?}: {took:?}");
        let finished = running.try_finish(GRACE);
        let finished = finished.expect("none is left alive");
        assert_eq!(finished.code(), Some(130), "{subcommand:?}: {finished:?}");
        let partial = match subcommand {
            Subcommand::Run | Subcommand::Watch => "The run was ended by SIGINT",
            Subcommand::Compare => "wall time",
            _ => "The scheduler drives",
        };
        let out = &finished.stdout;
        assert!(out.contains(partial), "{subcommand:?}: {out}");
    }
}

#[test]
pub fn a_second_signal_ends_it_while_its_output_is_not_read_and_a_third_one_at_once() {
    for third in [false, true] {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        fcntl(writer.as_fd(), FcntlArg::F_SETPIPE_SZ(4096)).expect("a pipe can be small");
        let line = words("run --tick 1ms -P c100000");
        let running = Launch::timeshare(line).stdout(writer).start();
        running.until_children(1);
        // The pipe is full by then.
        sleep(speed::quiet(Duration::from_millis(400)));
        running.signal(Signal::SIGTERM);
        running.until("the process is gone", |running| {
            running.children().is_empty()
        });
        sleep(Duration::from_millis(50));
        assert!(!running.has_ended(), "it waits for a reader");
        let sent = Instant::now();
        running.signal(Signal::SIGINT);
        let expected = if third {
            sleep(Duration::from_millis(20));
            running.signal(Signal::SIGQUIT);
            131
        } else {
            130
        };
        running.until_ended();
        let took = sent.elapsed();
        assert!(took < speed::quiet(AT_ONCE), "{took:?}");
        // It had that long to tell the rest, and it was not read.
        assert!(third || took > Duration::from_millis(490), "{took:?}");
        assert_eq!(running.finish().code(), Some(expected));
        drop(reader);
    }
}

#[test]
pub fn a_second_signal_at_any_moment_of_the_teardown_leaves_no_process() {
    for subcommand in ALL {
        for moment in super::supervisor::moments(8, Duration::from_millis(20)) {
            let running = subcommand.under_way();
            running.signal(Signal::SIGTERM);
            sleep(moment);
            if !running.has_ended() {
                running.signal(Signal::SIGINT);
            }
            let finished = running.try_finish(super::supervisor::PROMPTLY);
            let finished = finished.expect("no child outlives it");
            let code = finished.code();
            let expected = matches!(code, Some(130 | 143));
            assert!(expected, "{subcommand:?}, {moment:?}: {finished:?}");
        }
    }
}
