//! A run that is watched, and what then stands on the screen.

use std::fs;

use nix::unistd::Pid;

use super::procfs::stat;
use super::program::Launch;
use super::terminal::Session;
use super::words;

/// The columns of the process table that are the kernel's own.
const KERNELS: std::ops::Range<usize> = 21..66;

/// What is the same in every run: no pid, no time, no switch, and no function of the kernel.
pub fn discrete(rows: &[String]) -> String {
    let percent = regex::Regex::new(r"(simulated, |%, )[0-9.]+%( measured)?").expect("it is one");
    let cpu = regex::Regex::new("CPU [0-9]+ ").expect("it is one");
    // What stands at the right edge stands further to the left where the figures are longer.
    let gap = regex::Regex::new(" {3,}").expect("it is one");
    let mut table = false;
    let mut lines = Vec::new();
    for row in rows {
        let mut row = percent.replace_all(row, "${1}…${2}").into_owned();
        row = cpu.replace(&row, "CPU … ").into_owned();
        if row.contains("TIMELINE") {
            row = gap.replace(&row, "   ").into_owned();
        }
        table =
            row.contains("PROC STATE") || (table && !row.is_empty() && !row.contains("TIMELINE"));
        if table && !row.contains("PROC STATE") {
            let masked = |(x, sign)| if KERNELS.contains(&x) { ' ' } else { sign };
            row = row.chars().enumerate().map(masked).collect();
        }
        lines.push(row.trim_end().to_owned());
    }
    lines.join("\n")
}

/// A lane of the timeline, without its name.
pub fn timeline(rows: &[String], lane: &str) -> String {
    let start = rows.iter().position(|row| row.contains("TIMELINE"));
    let mut lanes = rows.iter().skip(start.expect("there is a timeline"));
    let of = |row: &&String| {
        row.get(..).is_some_and(|row| {
            row.trim_start_matches(['▸', ' '])
                .starts_with(&format!("{lane} "))
        })
    };
    let row = lanes.find(of).unwrap_or_else(|| panic!("no lane {lane}"));
    row.chars()
        .skip(8)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// The state of a process in the table: the book's.
pub fn state(rows: &[String], process: &str) -> String {
    in_table(rows, process, 7..16)
}

/// The kernel's letter for its state, in the table.
pub fn letter(rows: &[String], process: &str) -> String {
    in_table(rows, process, 16..21)
}

fn in_table(rows: &[String], process: &str, columns: std::ops::Range<usize>) -> String {
    let start = rows.iter().position(|row| row.contains("PROC STATE"));
    let mut table = rows.iter().skip(start.expect("there is a table"));
    let of = |row: &&String| {
        row.trim_start_matches(['▸', ' '])
            .starts_with(&format!("{process} "))
    };
    let row = table
        .find(of)
        .unwrap_or_else(|| panic!("{process} is not in the table"));
    let text: String = row
        .chars()
        .skip(columns.start)
        .take(columns.len())
        .collect();
    text.trim().to_owned()
}

/// What is told to the right of the diagram, in one line.
pub fn events(rows: &[String]) -> String {
    let of = |row: &String| row.chars().count() > 0;
    let right = rows.iter().skip(1).filter(|row| of(row)).map(|row| {
        // Behind the diagram, which is three fifths wide.
        let edge = (rows
            .iter()
            .map(|row| row.chars().count())
            .max()
            .unwrap_or(80)
            .max(80)
            * 3
            / 5)
        .max(48);
        row.chars().skip(edge + 1).collect::<String>()
    });
    let lines: Vec<_> = right.collect();
    lines
        .join(" ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Watches on a small terminal.
pub fn watch(line: &str) -> Session {
    watch_on(line, 80, 24)
}

pub fn watch_on(line: &str, columns: u16, rows: u16) -> Session {
    let line = format!("watch {line}");
    let session = Session::open(Launch::timeshare(words(&line)), columns, rows);
    session.until_shown("TIMELINE");
    session
}

/// The letters of those who live.
pub fn letters(session: &Session) -> String {
    let children = session.running.children();
    let letters = children.iter().filter_map(|&pid| Some(stat(pid)?.letter));
    letters.collect()
}

/// CPU time of all its processes in nanoseconds, by the kernel's clock.
pub fn cpu_ns(session: &Session) -> u64 {
    let of = |pid: &Pid| -> Option<u64> {
        let schedstat = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
        schedstat.split_whitespace().next()?.parse().ok()
    };
    session.running.children().iter().filter_map(of).sum()
}

/// Waits for the end of the run.
pub fn until_over(session: &Session) {
    session.until_shown("over after");
}

/// The tick that is shown.
pub fn tick(session: &Session) -> u64 {
    let status = session.rows().first().cloned().unwrap_or_default();
    let after = status.rsplit("tick ").next().unwrap_or_default();
    let number = after.split_whitespace().next().unwrap_or_default();
    number.parse().unwrap_or(0)
}

/// Waits until this tick has begun. Not every tick is seen.
#[track_caller]
pub fn until_past(session: &Session, number: u64) {
    session.until(&format!("tick {number}"), |_| tick(session) >= number);
}

/// Waits until it stands still at the beginning of a tick, with all processes stopped.
#[track_caller]
pub fn until_paused_at(session: &Session, tick: u64) {
    session.until(&format!("it is paused at tick {tick}"), |text| {
        let status = text.lines().next().unwrap_or_default();
        status
            .trim_end()
            .ends_with(&format!("tick {tick}  ‖ PAUSED"))
    });
}

/// Waits until it stands among the decisions.
#[track_caller]
pub fn until_told(session: &Session, what: &str) {
    session.until(what, |_| events(&session.rows()).contains(what));
}
