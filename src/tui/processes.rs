//! The process table: the book's state, and beside it what the kernel says.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::canvas::{Canvas, shortened, width};
use super::model::Sample;
use super::theme;
use super::view::View;
use crate::scheduler::State;
use crate::text::table::time;
use crate::trace::Glyph;

/// Where the columns begin.
const ID: u16 = 2;
const STATE: u16 = 7;
const LETTER: u16 = 16;
const PID: u16 = 21;
const WCHAN: u16 = 29;
const CPU_TIME: u16 = 46;
const SWITCHES: u16 = 56;
const PROGRAM: u16 = 66;

/// `first`: the first process to show, of as many as there is room for.
pub fn draw(view: &View, first: usize, area: Rect, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(area, buffer);
    let title = view.theme.title();
    let shift = names(view, canvas.width());
    canvas.text(ID, 0, "PROC", title);
    for (x, head) in [
        (STATE, "STATE"),
        (LETTER, "STAT"),
        (PID, "PID"),
        (WCHAN, "WCHAN"),
        (CPU_TIME, "CPU TIME"),
        (SWITCHES, "VOL+INV"),
        (PROGRAM, "PROGRAM"),
    ] {
        canvas.text(x + shift, 0, head, title);
    }
    let shown = usize::from(canvas.height().saturating_sub(1));
    let count = view.model.processes();
    if shown < count {
        canvas.text(ID, 0, "PROC↕", title);
    }
    for (y, process) in (1..canvas.height()).zip(first..count) {
        row(view, process, y, &mut canvas);
    }
}

/// Columns for the names of processes, where there are names, and so much room.
fn names(view: &View, columns: u16) -> u16 {
    let names = (0..view.model.processes()).filter_map(|process| view.model.name(process));
    let longest = names.map(width).max().map_or(0, |longest| longest + 2);
    longest.min(columns.saturating_sub(PROGRAM + LEAST_PROGRAM))
}

/// Columns that the program keeps.
const LEAST_PROGRAM: u16 = 14;

fn row(view: &View, process: usize, y: u16, canvas: &mut Canvas<'_>) {
    let (moment, theme) = (view.moment(), view.theme);
    let state = view.model.state(moment, process);
    let style = theme.of(state);
    if process == view.selected() {
        canvas.text(0, y, "▸", theme.bright());
    }
    let mark = if view.model.is_disturbed(moment, process) {
        "!"
    } else {
        ""
    };
    let id = canvas.text(ID, y, &format!("P{process}{mark}"), style);
    let shift = names(view, canvas.width());
    if let Some(name) = view.model.name(process).filter(|_| shift > 0) {
        let room = (STATE + shift).saturating_sub(id + 2);
        canvas.text(id + 1, y, &shortened(name, room), style);
    }
    canvas.text(STATE + shift, y, theme::name(state), style);
    let Sample { letter, wchan, .. } = view
        .model
        .sample(moment, process)
        .cloned()
        .unwrap_or_default();
    let sampled = view
        .model
        .tick(moment)
        .and_then(|tick| tick.processes.get(process)?.kernel);
    // What is now goes before what was in the middle of a tick, and before what had been by its
    // beginning.
    let told_ns = view.counters().cpu_ns(process);
    let (letter, cpu_ns) = if view.is_present() {
        (letter, view.model.cpu_ns(moment, process).max(told_ns))
    } else {
        (sampled, told_ns)
    };
    let switches = view.model.switches(moment, process);
    canvas.text(
        LETTER + shift,
        y,
        &letter.map_or("-".to_owned(), String::from),
        style,
    );
    let plain = Style::new();
    let pid = view.model.beginning.pids.get(process);
    let pid = pid.filter(|_| state != State::Gone);
    canvas.text(
        PID + shift,
        y,
        &pid.map_or("-".to_owned(), i32::to_string),
        plain,
    );
    let wchan = wchan.filter(|_| state != State::Gone);
    let wchan: String = wchan.map_or("-".to_owned(), |name| name.chars().take(16).collect());
    canvas.text(WCHAN + shift, y, &wchan, plain);
    let cpu = cpu_ns.map_or("-".to_owned(), time);
    canvas.text(CPU_TIME + shift, y, &cpu, plain);
    let switches = switches.map_or("-".to_owned(), |(own, forced)| format!("{own}+{forced}"));
    canvas.text(SWITCHES + shift, y, &switches, plain);
    program(view, process, Position::new(PROGRAM + shift, y), canvas);
}

/// The program, an instruction a letter, with the current one marked.
fn program(view: &View, process: usize, at: Position, canvas: &mut Canvas<'_>) {
    let Position { mut x, y } = at;
    let theme = view.theme;
    let program = view.model.program(process);
    let done = view.counters().executed(process);
    let state = view.model.state(view.moment(), process);
    let ended = matches!(state, State::Zombie | State::Gone);
    let room = usize::from(canvas.width().saturating_sub(x));
    // Two brackets, and two dots where there is more.
    let shown = room.saturating_sub(4).max(1);
    let first = done
        .saturating_sub(shown / 2)
        .min(program.len().saturating_sub(shown));
    let last = (first + shown).min(program.len());
    if first > 0 {
        x = canvas.text(x, y, "…", theme.quiet());
    }
    for (index, &instruction) in program.iter().enumerate().take(last).skip(first) {
        let letter = Glyph::of(instruction).letter().to_string();
        if index == done && !ended {
            let style = theme.of(state).add_modifier(Modifier::BOLD);
            x = canvas.text(x, y, &format!("[{letter}]"), style);
        } else if index < done {
            x = canvas.text(x, y, &letter, theme.quiet());
        } else {
            x = canvas.text(x, y, &letter, Style::new());
        }
    }
    if last < program.len() {
        canvas.text(x, y, "…", theme.quiet());
    }
}
