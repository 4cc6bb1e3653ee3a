//! How slow this machine is at the moment: nothing that takes time is held against a clock alone.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program takes that does nothing, on a machine that does nothing else.
const QUIET: Duration = Duration::from_millis(3);

/// So much time, on a quiet machine, and more on one that has much else to do just now.
pub fn quiet(time: Duration) -> Duration {
    let took = (0..3).map(|_| {
        let start = Instant::now();
        let mut nothing = Command::new("true");
        let ended = nothing.stdin(Stdio::null()).status();
        assert!(ended.expect("there is `true`").success());
        start.elapsed()
    });
    let longest = took.max().expect("it was tried");
    time.mul_f64((longest.as_secs_f64() / QUIET.as_secs_f64()).max(1.0))
}
