//! Ways to start a program and to end it early, of which the tests of several commands make use.

use std::io::{BufRead, BufReader};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::program::{Launch, Running, TIMESHARE};
use super::words;

/// A shell that does something first, and then becomes timeshare.
pub fn after(before: &str, line: &str) -> Launch {
    let script = format!("{before}\nexec \"$0\" \"$@\"");
    let start = ["-c", &script, TIMESHARE];
    Launch::new("sh", start.into_iter().chain(words(line)))
}

/// Kills a program at a moment, unless it has come to its end by then: how many children it had, of
/// which none may be left after `grace`.
#[track_caller]
pub fn killed_after(running: Running, moment: Duration, grace: Duration) -> usize {
    sleep(moment);
    running.signal(Signal::SIGKILL);
    let finished = running.try_finish(grace);
    let finished = finished.unwrap_or_else(|leak| panic!("after {moment:?}: {leak}"));
    let ended = (finished.killed_by(), finished.code());
    assert!(matches!(ended, (Some(9), _) | (_, Some(0))), "{finished:?}");
    finished.orphans
}

/// Reads the first line that timeshare prints, and no other: that is no failure. The line, and how long
/// it took to end then.
#[track_caller]
pub fn only_the_first_line(line: &str) -> (String, Duration) {
    let (reader, writer) = std::io::pipe().expect("a pipe can be made");
    let running = Launch::timeshare(words(line)).stdout(writer).start();
    let mut first = String::new();
    let mut reader = BufReader::new(reader);
    reader.read_line(&mut first).expect("the pipe can be read");
    let closed = Instant::now();
    drop(reader);
    running.finish().succeeded();
    (first, closed.elapsed())
}
