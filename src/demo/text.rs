//! A scene as people read it, step by step.

use std::fmt::Write;

use anstyle::Style;
use textwrap::Options;

use super::record::{CallRecord, Phase, ProcessView, Region, SceneRecord, Share, Step};
use super::scene_run::Scene;
use super::scenes::SCENES;
use crate::report::style::style;
use crate::scheduler::State;

use crate::text::table::time;

/// The function of the kernel in which a process sleeps that waits for its next order.
const IDLE: &str = "__skb_wait_for_more_packets";

/// Columns for the name of the process that makes a call.
const BY: usize = 10;

/// What scenes there are, and how to see them.
pub fn list() -> String {
    let mut text = "Scenes of chapter 4, on real processes:\n\n".to_owned();
    for scene in &SCENES {
        let _ = writeln!(text, "  {:15} {}", scene.name, scene.title);
    }
    text.push_str(
        "\n  timeshare demo zombie           shows one\
         \n  timeshare demo zombie --pause   step by step, at a key press\
         \n  timeshare demo --all --fast     all of them, without pauses\n",
    );
    text
}

/// How many claims held.
pub fn totals(records: &[SceneRecord]) -> String {
    let claims = records.iter().flat_map(|record| &record.steps);
    let claims = claims.filter_map(|step| match step {
        Step::Claim { held, .. } => Some(*held),
        _ => None,
    });
    let claims: Vec<_> = claims.collect();
    let held = claims.iter().filter(|&&held| held).count();
    let all = claims.len();
    if held == all {
        format!("\nAll {all} claims held.\n")
    } else {
        format!("\n{held} of {all} claims held; those that did not are marked with ✗.\n")
    }
}

/// Scenes as text, step by step.
pub struct SceneText {
    pub color: bool,
    pub width: usize,
    /// What was written last stands close together with more of its kind.
    last: Paragraph,
    began: bool,
    /// Whether this scene has said what [`IDLE`] is.
    idle_is_explained: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Paragraph {
    Words,
    Actions,
    Table,
    Claims,
    Commands,
}

impl SceneText {
    pub const fn new(width: usize, color: bool) -> Self {
        Self {
            color,
            width,
            last: Paragraph::Words,
            began: false,
            idle_is_explained: false,
        }
    }

    /// The head of a scene.
    pub fn begin(&mut self, scene: &Scene) -> String {
        let head = format!("{}: {}", scene.name, scene.title);
        let line = "─".repeat(head.chars().count());
        let space = if self.began { "\n\n" } else { "" };
        self.began = true;
        self.idle_is_explained = false;
        self.last = Paragraph::Claims;
        format!(
            "{space}{}\n{line}\n",
            self.paint(Style::new().bold(), &head)
        )
    }

    /// One step.
    pub fn step(&mut self, step: &Step) -> String {
        let paragraph = paragraph(step);
        // Words, actions, what can be seen then, and what is claimed of it: that is one paragraph.
        let follows = match paragraph {
            Paragraph::Words | Paragraph::Commands => false,
            Paragraph::Actions | Paragraph::Table => self.last != Paragraph::Claims,
            Paragraph::Claims => true,
        };
        self.last = paragraph;
        let mut text = if follows {
            String::new()
        } else {
            "\n".to_owned()
        };
        match step {
            Step::Say { text: said } => self.wrapped(&mut text, "", "", said),
            Step::Call(call) => self.call(&mut text, call),
            Step::Proc { path, text: found } => {
                self.wrapped(
                    &mut text,
                    "  ",
                    "    ",
                    &format!("{path}: {}", shown(found)),
                );
            }
            Step::View { processes } => {
                self.view(&mut text, processes);
                self.explain_idle(&mut text, processes);
            }
            Step::Memory { regions } => memory(&mut text, regions),
            Step::Shares { shares: all } => shares(&mut text, all),
            Step::Claim { text: claim, held } => self.claim(&mut text, claim, *held),
            Step::Absent { what, why } => {
                let absent = format!("Not shown here: {what}: {why}.");
                self.wrapped(&mut text, "  - ", "    ", &absent);
            }
            Step::Interference { name, pid } => {
                let interference = format!(
                    "Interference: another program stopped {name} (pid {pid}); it was continued."
                );
                self.wrapped(&mut text, "  - ", "    ", &interference);
            }
            Step::ByHand { lines } => {
                text.push_str("See it yourself:\n");
                for line in lines {
                    let _ = writeln!(text, "    {line}");
                }
            }
        }
        text
    }

    fn call(&self, text: &mut String, record: &CallRecord) {
        let CallRecord {
            by, call, phase, ..
        } = record;
        // Actions that are no system calls read on differently.
        let joint = if call.ends_with(')') { " =" } else { ":" };
        let result = record.result.as_deref();
        let result = result.map_or_else(String::new, |result| format!("{joint} {result}"));
        let line = match phase {
            Phase::Whole => format!("{call}{result}"),
            Phase::Begins => format!("{call} …"),
            Phase::Ends => format!("… {call}{result}"),
        };
        let indent = " ".repeat(BY + 5);
        self.wrapped(text, &format!("  {by:BY$} "), &indent, &line);
    }

    fn view(&self, text: &mut String, rows: &[ProcessView]) {
        let head = "NAME           PID    PPID  STATE               WCHAN, OR EXIT STATUS";
        let _ = writeln!(text, "  {head}");
        for row in rows {
            let ProcessView {
                name, pid, state, ..
            } = row;
            let ppid = row.ppid.map_or("-".to_owned(), |ppid| ppid.to_string());
            let letter = row.letter.unwrap_or('-');
            let what = format!("{letter} {state}");
            let blank = " ".repeat(18_usize.saturating_sub(what.chars().count()));
            let what = self.paint(of_letter(row.letter), &what);
            let more = row.exit.as_deref().or(row.wchan.as_deref()).unwrap_or("-");
            let line = format!("  {name:10} {pid:7} {ppid:>7}  {what}{blank}  {more}");
            let _ = writeln!(text, "{line}");
        }
    }

    /// Where it comes up first in a scene.
    fn explain_idle(&mut self, text: &mut String, rows: &[ProcessView]) {
        let waits = |row: &ProcessView| row.wchan.as_deref() == Some(IDLE);
        if !self.idle_is_explained && rows.iter().any(waits) {
            self.idle_is_explained = true;
            let _ = writeln!(
                text,
                "  ({IDLE}: it waits for its next order, from a socket.)"
            );
        }
    }

    fn claim(&self, text: &mut String, claim: &str, held: bool) {
        let color = |color| Style::new().fg_color(Some(anstyle::Color::Ansi(color)));
        let (mark, color, negation) = if held {
            ("✓", color(anstyle::AnsiColor::Green), "")
        } else {
            ("✗", color(anstyle::AnsiColor::Red).bold(), "NOT SO: ")
        };
        let claim = format!("{negation}{claim}");
        let start = text.len();
        self.wrapped(text, &format!("  {mark} "), "    ", &claim);
        let painted = self.paint(color, mark);
        text.replace_range(start.., &text[start..].replacen(mark, &painted, 1));
    }

    fn wrapped(&self, text: &mut String, first: &str, others: &str, what: &str) {
        let options = Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(others);
        let _ = writeln!(text, "{}", textwrap::fill(what, options));
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

const fn paragraph(step: &Step) -> Paragraph {
    match step {
        Step::Say { .. } => Paragraph::Words,
        Step::Call(_) | Step::Proc { .. } => Paragraph::Actions,
        Step::View { .. } | Step::Memory { .. } | Step::Shares { .. } => Paragraph::Table,
        Step::Claim { .. } | Step::Absent { .. } | Step::Interference { .. } => Paragraph::Claims,
        Step::ByHand { .. } => Paragraph::Commands,
    }
}

/// Files of `/proc` separate words by NUL bytes and tabs.
fn shown(text: &str) -> String {
    text.trim_end_matches('\0')
        .replace(|character: char| character.is_control(), " ")
}

fn of_letter(letter: Option<char>) -> Style {
    match letter {
        Some('R') => style(State::Running),
        Some('S' | 'D') => style(State::Blocked),
        Some('T' | 't') => style(State::Ready),
        Some('Z') => style(State::Zombie),
        None => style(State::Gone),
        Some(_) => Style::new(),
    }
}

fn memory(text: &mut String, regions: &[Region]) {
    let _ = writeln!(
        text,
        "  {:9}  {:>14} {:>8} {:>8}",
        "PART", "FROM", "SIZE", "THERE"
    );
    for region in regions {
        let Region {
            part,
            address,
            bytes,
            resident_bytes,
            what,
        } = region;
        let (size, there) = (kib(*bytes), kib(*resident_bytes));
        let _ = writeln!(
            text,
            "  {part:9}  {address:#14x} {size:>8} {there:>8}  {what}"
        );
    }
}

fn kib(bytes: u64) -> String {
    format!("{} KiB", bytes / 1024)
}

fn shares(text: &mut String, shares: &[Share]) {
    let head = [
        "NAME",
        "WALL CLOCK",
        "ITS CPU CLOCK",
        "SHARE",
        "READY",
        "TAKEN",
    ];
    let [name, wall, cpu, share, ready, taken] = head;
    let _ = writeln!(
        text,
        "  {name:9} {wall:>11} {cpu:>14} {share:>7} {ready:>11} {taken:>10}"
    );
    for row in shares {
        let ns = |ns: u64| time(i64::try_from(ns).unwrap_or(i64::MAX));
        let (wall, cpu) = (ns(row.wall_ns), ns(row.cpu_ns));
        let percent = format!("{}%", 100 * row.cpu_ns / row.wall_ns.max(1));
        let ready = row.ready_ns.map_or_else(|| "-".to_owned(), ns);
        let taken = row
            .taken
            .map_or_else(|| "-".to_owned(), |times| format!("{times} times"));
        let name = format!("ts:{}", row.name);
        let _ = writeln!(
            text,
            "  {name:9} {wall:>11} {cpu:>14} {percent:>7} {ready:>11} {taken:>10}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(held: bool) -> Step {
        let text = "The child is a zombie: no process has reaped it, not even its parent; and so \
                    this takes two lines."
            .to_owned();
        Step::Claim { text, held }
    }

    fn call(call: &str, phase: Phase, result: Option<&str>) -> Step {
        Step::Call(CallRecord {
            by: "parent".to_owned(),
            pid: 2,
            call: call.to_owned(),
            phase,
            result: result.map(str::to_owned),
            returned: None,
            errno: None,
        })
    }

    fn view() -> Step {
        let row = ProcessView {
            name: "ts:child".to_owned(),
            pid: 4711,
            ppid: Some(4710),
            letter: Some('Z'),
            state: "zombie",
            wchan: None,
            wait_status: Some(0x700),
            exit: Some("exited, 7".to_owned()),
        };
        let gone = ProcessView::new("parent", 4710, None);
        let processes = vec![row, gone];
        Step::View { processes }
    }

    fn written(color: bool, steps: &[Step]) -> String {
        let mut scene_text = SceneText::new(80, color);
        let begin = scene_text.begin(&SCENES[0]);
        let steps = steps.iter().map(|step| scene_text.step(step));
        std::iter::once(begin).chain(steps).collect()
    }

    #[test]
    fn a_claim_that_does_not_hold_is_marked_without_colour() {
        let text = written(false, &[claim(true), claim(false)]);
        assert!(text.contains("\n  ✓ The child is a zombie:"), "{text}");
        assert!(text.contains("\n  ✗ NOT SO: The child"), "{text}");
        assert!(text.contains("\n    "), "both are wrapped: {text}");
    }

    #[test]
    fn calls_stand_as_strace_writes_them() {
        let steps = [
            call("waitpid(3, &status, 0)", Phase::Begins, None),
            call("waitpid(3, &status, 0)", Phase::Ends, Some("3")),
            call("_exit(7)", Phase::Whole, None),
            call("computes", Phase::Ends, Some("5 ms passed")),
        ];
        let text = written(false, &steps);
        let lines: Vec<_> = text.lines().skip(3).collect();
        assert_eq!(
            lines,
            [
                "  parent     waitpid(3, &status, 0) …",
                "  parent     … waitpid(3, &status, 0) = 3",
                "  parent     _exit(7)",
                "  parent     … computes: 5 ms passed",
            ]
        );
    }

    #[test]
    fn what_the_kernel_shows_stands_in_columns() {
        let text = written(false, &[view()]);
        let lines: Vec<_> = text.lines().skip(3).collect();
        assert_eq!(
            lines,
            [
                "  NAME           PID    PPID  STATE               WCHAN, OR EXIT STATUS",
                "  ts:child      4711    4710  Z zombie            exited, 7",
                "  parent        4710       -  - gone, no entry    -",
            ]
        );
    }

    #[test]
    fn colour_changes_nothing_else() {
        let steps = [claim(true), view(), claim(false)];
        let strip = regex::Regex::new("\x1b\\[[0-9;]*m").unwrap();
        let colored = written(true, &steps);
        assert_ne!(colored, written(false, &steps));
        assert_eq!(strip.replace_all(&colored, ""), written(false, &steps));
    }

    #[test]
    fn whatever_a_file_contains_does_not_reach_the_terminal() {
        assert_eq!(shown("a\0b\x1b[2J\n\0"), "a b [2J ");
        assert_eq!(shown("ts:child\0commanded\0"), "ts:child commanded");
    }
}
