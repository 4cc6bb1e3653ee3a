//! How far it is, on a terminal, for as long as it takes. Where standard error is no terminal, it
//! stays empty.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::machine::{Observer, TickSnapshot};
use crate::output::say_aside;
use crate::run::Setup;
use crate::run::background_writer::{BackgroundWriter, Work};
use crate::trace::tick_accounting;

/// Back to the first column, and nothing is left of the line.
const CLEAR: &str = "\r\x1b[K";

/// A line on standard error that stands still, and goes away when dropped.
pub struct Progress(bool);

impl Progress {
    pub fn show(what: &str) -> Self {
        let terminal = io::stderr().is_terminal();
        if terminal {
            say_aside(&format!("{CLEAR}{what} …"));
        }
        Self(terminal)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.0 {
            say_aside(CLEAR);
        }
    }
}

/// The first line comes when it is worth it, and the others as often as one can read them.
const FIRST: Duration = Duration::from_millis(500);
const EVERY: Duration = Duration::from_millis(200);

/// More ticks than these are not counted in advance: one would wait for it.
const MOST_COUNTED: u64 = 100_000;

/// A line on standard error that counts ticks as they pass, for a run of which nothing else is
/// seen, and goes away when dropped.
pub struct Ticks {
    /// It may have to wait for the terminal; the scheduler may not.
    line: Option<BackgroundWriter<String>>,
    /// What comes before the number of the tick.
    which: String,
    of: String,
    next: Instant,
}

impl Ticks {
    /// Counts the ticks of a run, off the children's CPU if that is possible. `None` without a
    /// terminal, or where there is no thread to be had: a run does without.
    pub fn of_run(setup: &Setup) -> Option<Self> {
        if !io::stderr().is_terminal() {
            return None;
        }
        let workload = &setup.scenario.workload;
        let all = tick_accounting(workload, &setup.policy(), MOST_COUNTED)
            .all
            .count;
        let of = if all < MOST_COUNTED {
            format!(" of {all}")
        } else {
            String::new()
        };
        Self::start(setup.cpus_beside(), of)
    }

    /// Counts ticks on paper, whose number is not known before. `None` as above.
    pub fn on_paper() -> Option<Self> {
        if !io::stderr().is_terminal() {
            return None;
        }
        Self::start(Vec::new(), String::new())
    }

    fn start(cpus: Vec<usize>, of: String) -> Option<Self> {
        Some(Self {
            line: Some(BackgroundWriter::start(cpus, Line).ok()?),
            which: String::new(),
            of,
            next: Instant::now() + FIRST,
        })
    }

    /// From now on these ticks, as in `run 3 of 10, tick 7 of 31 …`.
    pub fn now(&mut self, which: String) {
        self.which = which;
    }
}

impl Observer for Ticks {
    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        // On paper ticks are shorter than a look at the clock.
        const SOME: u64 = 1 << 12;
        if seen.measured.is_none() && !seen.tick.0.is_multiple_of(SOME) {
            return Ok(());
        }
        let now = Instant::now();
        if now >= self.next {
            self.next = now + EVERY;
            let Self { which, of, .. } = self;
            let text = format!("{CLEAR}{which}tick {}{of} …", seen.tick.0);
            // A terminal that has been closed shows nothing.
            let _ = self.line.as_ref().map(|line| line.hand(text));
        }
        Ok(())
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            let _ = line.hand(CLEAR.to_owned());
            let _ = line.finish();
        }
    }
}

struct Line;

impl Work<String> for Line {
    fn take(&mut self, text: String) -> io::Result<()> {
        io::stderr().write_all(text.as_bytes())
    }

    fn rest(&mut self) -> io::Result<()> {
        Ok(())
    }
}
