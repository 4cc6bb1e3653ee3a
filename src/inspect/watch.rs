//! The same page again and again, until the process is gone.
//!
//! On a terminal the page is drawn over the one before. No mode of the terminal is changed, so that
//! however this ends there is nothing to restore.

use std::fmt::Write as _;
use std::time::Duration;

use nix::sys::signal::Signal;
use terminal_size::{Height, terminal_size};

use super::Subject;
use super::page::{Layout, Page, page};
use super::pcb::{Missing, Pcb};
use crate::os;
use crate::process::exit_watch::{ExitWatch, Woken};
use crate::text::table::length;
use crate::workload::quote::one_line;

/// How it is shown.
pub struct Watch<'a> {
    pub subject: Subject,
    pub every: Duration,
    /// Asked for each page: a terminal can change its size.
    pub layout: &'a dyn Fn() -> Layout,
    /// Pages are drawn one over the other; elsewhere they follow one another.
    pub is_terminal: bool,
}

impl Watch<'_> {
    /// `show` takes the process, when it has been read again, and a text to print.
    ///
    /// # Errors
    /// When the process cannot be read or watched, when a signal other than SIGINT asks to end, and
    /// those of `show`.
    pub async fn run<E>(
        self,
        mut show: impl FnMut(Option<&Pcb>, &str) -> Result<(), E>,
    ) -> Result<(), E>
    where
        E: From<Missing> + From<os::Error>,
    {
        let mut pcb = self.subject.read()?;
        let exit_watch = ExitWatch::over(self.subject.pid)?;
        let mut previous = None;
        // The last page stays.
        let end = if self.is_terminal { "\n" } else { "" };
        loop {
            let page = page(&pcb);
            show(Some(&pcb), &self.text(&page, previous.as_ref()))?;
            previous = Some(page);
            match exit_watch.wait(self.every).await? {
                Woken::Again => {}
                Woken::Gone => break,
                Woken::Asked(signal) => {
                    show(None, end)?;
                    return match signal {
                        Signal::SIGINT => Ok(()),
                        signal => Err(os::Error::Interrupted(signal).into()),
                    };
                }
            }
            match self.subject.read() {
                // Not another process that has its pid now.
                Ok(now) if exit_watch.is_there() => pcb = now,
                Ok(_) | Err(Missing::Never(_) | Missing::Vanished(_)) => break,
                Err(other) => return Err(other.into()),
            }
        }
        show(None, &format!("{end}{}", farewell(&pcb, &exit_watch)))
    }

    fn text(&self, page: &Page, previous: Option<&Page>) -> String {
        let mut layout = (self.layout)();
        let text = page.text(layout, previous);
        if !self.is_terminal {
            return text + "\n";
        }
        let rows = terminal_size().map_or(24, |(_, Height(rows))| usize::from(rows));
        let text = if text.lines().count() < rows {
            text
        } else {
            layout.brief = true;
            page.text(layout, previous)
        };
        let foot = format!("Every {}; *: changed; Ctrl-C ends", length(self.every));
        draw(&text, &foot, rows, previous.is_none())
    }
}

/// How it ended, if that can be known.
fn farewell(last: &Pcb, exit_watch: &ExitWatch) -> String {
    let exit = last.beyond.exit.value().copied();
    let exit = exit.or_else(|| exit_watch.exit());
    let how = exit.map_or_else(
        || "how, its parent knows".to_owned(),
        |exit| exit.to_string(),
    );
    let name = one_line(&last.name);
    format!("Process {} ({name}) is gone: {how}.\n", last.pid)
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
