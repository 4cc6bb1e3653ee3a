//! Faults of the actors of a scene.

use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};

use crate::common::program::Launch;
use crate::outsider::letters;

#[test]
fn an_actor_that_somebody_stops_is_continued_and_it_is_told() {
    let running = Launch::timeshare(["demo", "time-sharing", "--fast"]).start();
    let actors = running.until_children(2);
    for &actor in &actors {
        // Between two calls, or in the midst of one.
        kill(actor, Signal::SIGSTOP).expect("it is there");
    }
    let told = |name: &str| format!("Interference: another program stopped {name} ");
    running.until("both are told", |running| {
        let out = running.stdout_so_far();
        ["A", "B"].iter().all(|name| out.contains(&told(name)))
    });
    assert!(!letters(&actors).contains(&Some('T')));
    // What was meddled with may not hold what was claimed of it.
    let finished = running.finish();
    assert!(matches!(finished.code(), Some(0 | 1)), "{finished:?}");
}

#[test]
fn nobody_is_said_to_meddle_when_nobody_does() {
    let finished = Launch::timeshare(["demo", "--all", "--fast"])
        .run()
        .succeeded();
    assert!(
        !finished.stdout.contains("Interference"),
        "{}",
        finished.stdout
    );
}

#[test]
fn an_actor_that_never_answers_is_waited_for_only_until_a_signal_comes() {
    let running = Launch::timeshare(["demo", "time-sharing", "--fast"]).start();
    let actors = running.until_children(2);
    nix::sys::ptrace::seize(actors[0], nix::sys::ptrace::Options::empty()).expect("one may");
    kill(actors[0], Signal::SIGSTOP).expect("it is there");
    running.until("the debugger has it", |_| {
        letters(&actors[..1]) == [Some('t')]
    });
    sleep(Duration::from_millis(300));
    running.signal(Signal::SIGTERM);
    sleep(Duration::from_millis(50));
    running.signal(Signal::SIGTERM);
    running.until_ended();
    let finished = running.try_finish(Duration::from_secs(3));
    assert_eq!(finished.expect("nobody is left").code(), Some(143));
}
