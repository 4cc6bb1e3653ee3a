//! `timeshare inspect --watch`: the same page again and again, until the process is gone.
//!
//! On a terminal the page is drawn over the one before. No mode of the terminal is changed, so that
//! however we end there is nothing to restore.

use crate::os;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::Duration;

use nix::sys::signal::Signal;
use terminal_size::{Height, terminal_size};

use super::{layout, read};
use crate::cli::Inspect;
use crate::command::Failure;
use crate::command::output::{JsonFile, print};
use crate::inspect::page::{Page, page};
use crate::inspect::pcb::{Missing, Pcb};
use crate::process::exit_watch::{ExitWatch, Woken};
use crate::text::table::length;
use crate::workload::quote::one_line;

pub fn watch(arguments: &Inspect, every: Duration, json: Option<&JsonFile>) -> Result<(), Failure> {
    os::block_on(look_again(arguments, every, json))?
}

async fn look_again(
    arguments: &Inspect,
    every: Duration,
    json: Option<&JsonFile>,
) -> Result<(), Failure> {
    let mut pcb = read(arguments)?;
    let exit_watch = ExitWatch::over(arguments.pid)?;
    let mut show = Show::new(arguments, every, json);
    loop {
        show.show(&pcb)?;
        match exit_watch.wait(every).await? {
            Woken::Again => {}
            Woken::Gone => return show.farewell(&pcb, &exit_watch),
            Woken::Asked(Signal::SIGINT) => return show.end(),
            Woken::Asked(signal) => {
                show.end()?;
                return Err(os::Error::Interrupted(signal).into());
            }
        }
        pcb = match read(arguments) {
            // Not somebody else, to whom its pid was given since.
            Ok(now) if exit_watch.is_there() => now,
            Ok(_) | Err(Missing::Never(_) | Missing::Vanished(_)) => {
                return show.farewell(&pcb, &exit_watch);
            }
            Err(other) => return Err(other.into()),
        };
    }
}

/// Where the pages go.
struct Show<'a> {
    arguments: &'a Inspect,
    every: Duration,
    json: Option<&'a JsonFile>,
    /// Nothing but JSON may go to standard output.
    silent: bool,
    /// Pages are drawn one over the other; elsewhere they follow one another.
    on_terminal: bool,
    before: Option<Page>,
}

impl<'a> Show<'a> {
    fn new(arguments: &'a Inspect, every: Duration, json: Option<&'a JsonFile>) -> Self {
        Self {
            arguments,
            every,
            json,
            silent: json.is_some_and(JsonFile::is_stdout),
            on_terminal: std::io::stdout().is_terminal(),
            before: None,
        }
    }

    fn show(&mut self, pcb: &Pcb) -> Result<(), Failure> {
        if let Some(json) = self.json {
            json.write(pcb)?;
        }
        if self.silent {
            return Ok(());
        }
        let page = page(pcb);
        let text = if self.on_terminal {
            self.frame(&page)
        } else {
            page.text(layout(self.arguments), self.before.as_ref()) + "\n"
        };
        self.before = Some(page);
        print(&text)
    }

    /// Briefly, where the page is too long for the terminal.
    fn frame(&self, page: &Page) -> String {
        let rows = terminal_size().map_or(24, |(_, Height(rows))| usize::from(rows));
        let mut layout = layout(self.arguments);
        let before = self.before.as_ref();
        let mut text = page.text(layout, before);
        if text.lines().count() >= rows {
            layout.brief = true;
            text = page.text(layout, before);
        }
        let foot = format!("Every {}; *: changed; Ctrl-C ends", length(self.every));
        draw(&text, &foot, rows, before.is_none())
    }

    /// Says how it ended, if that can be known.
    fn farewell(&self, last: &Pcb, exit_watch: &ExitWatch) -> Result<(), Failure> {
        self.end()?;
        if self.silent {
            return Ok(());
        }
        let exit = last
            .beyond
            .exit
            .value()
            .copied()
            .or_else(|| exit_watch.exit());
        let how = exit.map_or_else(
            || "how, its parent knows".to_owned(),
            |exit| exit.to_string(),
        );
        let name = one_line(&last.name);
        print(&format!("Process {} ({name}) is gone: {how}.\n", last.pid))
    }

    /// Leaves the last page.
    fn end(&self) -> Result<(), Failure> {
        if self.on_terminal && !self.silent {
            print("\n")
        } else {
            Ok(())
        }
    }
}

/// What draws a text over the one before, from the upper left corner, with a last line below it. At
/// first, what stands on the screen is scrolled away, so that it is not lost.
fn draw(text: &str, foot: &str, rows: usize, is_first: bool) -> String {
    let scroll = if is_first { rows } else { 0 };
    let mut frame = "\n".repeat(scroll) + HOME;
    for line in text.lines().take(rows.saturating_sub(1)) {
        let _ = write!(frame, "{line}{CLEAR_LINE}\r\n");
    }
    let _ = write!(frame, "{foot}{CLEAR_LINE}{CLEAR_BELOW}");
    frame
}

const HOME: &str = "\x1b[H";
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_fits_onto_the_screen_and_leaves_nothing_of_the_one_before() {
        let frame = draw("a\nb\nc\nd\n", "end", 3, false);
        assert_eq!(frame, "\x1b[Ha\x1b[K\r\nb\x1b[K\r\nend\x1b[K\x1b[J");
    }

    #[test]
    fn the_first_frame_scrolls_away_what_stands_on_the_screen() {
        let first = draw("a\n", "end", 3, true);
        let next = draw("a\n", "end", 3, false);
        assert_eq!(first, format!("\n\n\n{next}"));
    }
}
