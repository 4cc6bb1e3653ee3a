//! A wait hears the signals that come meanwhile, and its clock stands still while this process does.

use std::env;
use std::io::stdin;
use std::os::fd::AsRawFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::program::{Launch, Running};
use crate::common::runner;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal, raise};
use nix::unistd::dup;
use test_attribute::test;
use timeshare::os::block_on;
use timeshare::os::deadline::Deadline;
use timeshare::os::signal::{BlockingSignals, Signals};

/// Set in a test that is a program of its own: what a signal does, it does to a whole process.
const APART: &str = "TIMESHARE_TEST_APART";

fn is_apart() -> bool {
    env::var_os(APART).is_some()
}

/// Starts the test of this name as a program of its own. It inherits that SIGTSTP is blocked: so the
/// thread that waits for the test's is not stopped by it before that hears of it.
fn start_apart(test: &str) -> Running {
    let program = env::current_exe().expect("it has a name");
    let test = format!("real::blocking_signals::{test}");
    let launch = Launch::new(program, [runner::HERE, &test]).env(APART, "1");
    let tstp = SigSet::from(Signal::SIGTSTP);
    tstp.thread_block().expect("a mask can be set");
    let running = launch.start();
    tstp.thread_unblock().expect("a mask can be set");
    running
}

/// Waits until the program says so.
fn until_said(running: &Running, what: &str) {
    running.until(what, |running| running.stdout_so_far().contains(what));
}

#[test]
fn what_has_been_waited_for_already_is_not_forgotten_while_it_is_suspended() {
    const TIME: Duration = Duration::from_secs(2);
    if is_apart() {
        let listener = BlockingSignals::listen().unwrap();
        println!("It sleeps.");
        listener.sleep(TIME).unwrap();
        println!("It has slept.");
        return;
    }
    let test = "what_has_been_waited_for_already_is_not_forgotten_while_it_is_suspended";
    let since = Instant::now();
    let running = start_apart(test);
    until_said(&running, "It sleeps.");
    let mut stood_still = Duration::ZERO;
    for _ in 0..5 {
        sleep(TIME / 10);
        stood_still += running.suspend(Duration::from_millis(20));
    }
    // If each of them began the wait anew, all of it would be left.
    let last = Instant::now();
    until_said(&running, "It has slept.");
    assert!(last.elapsed() < TIME * 3 / 4, "{:?}", last.elapsed());
    assert!(since.elapsed() >= TIME + stood_still, "{stood_still:?}");
    running.finish().succeeded();
}

#[test]
fn a_deadline_comes_no_nearer_while_we_stand_still() {
    const TIME: Duration = Duration::from_secs(2);
    if is_apart() {
        let listener = BlockingSignals::listen().unwrap();
        let deadline = Deadline::after(TIME);
        println!("It waits.");
        // Slice by slice, as who has something to look after meanwhile.
        while deadline.left().is_some() {
            listener.sleep(Duration::from_millis(50)).unwrap();
            println!("It looked.");
        }
        return;
    }
    let since = Instant::now();
    let running = start_apart("a_deadline_comes_no_nearer_while_we_stand_still");
    until_said(&running, "It waits.");
    let stood_still = running.suspend(TIME + TIME / 2);
    let finished = running.finish().succeeded();
    assert!(since.elapsed() >= TIME + stood_still, "{stood_still:?}");
    assert!(finished.stdout.matches("It looked.").count() > 1);
}

#[test]
fn a_failure_to_listen_leaves_the_signals_as_they_were() {
    if is_apart() {
        SigSet::from(Signal::SIGTSTP).thread_unblock().unwrap();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        let mut failures = 0;
        block_on(async {
            // With each more, another step of it is the one that fails.
            for more in 0.. {
                let next = dup(stdin()).unwrap().as_raw_fd();
                let next = u64::try_from(next).unwrap();
                setrlimit(Resource::RLIMIT_NOFILE, next + more, hard).unwrap();
                let listening = Signals::listen();
                setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
                if listening.is_ok() {
                    break;
                }
                failures += 1;
            }
        })
        .unwrap();
        assert!(failures >= 4, "{failures}");
        let blocked = SigSet::thread_get_mask().unwrap();
        assert!(!blocked.contains(Signal::SIGTSTP));
        // Nothing listens.
        raise(Signal::SIGINT).unwrap();
        println!("It was not heard.");
        return;
    }
    let test = "a_failure_to_listen_leaves_the_signals_as_they_were";
    let finished = start_apart(test).finish();
    assert_eq!(finished.killed_by(), Some(2), "{finished:?}");
}
