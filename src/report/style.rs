//! The colours of the book's states on a terminal.

use anstyle::{AnsiColor, Style};

use crate::scheduler::State;

/// The colour of a state. The words say the same: colour is never the only sign.
pub const fn style(state: State) -> Style {
    let color = match state {
        State::New => return Style::new(),
        State::Gone => return Style::new().dimmed(),
        State::Ready => AnsiColor::Yellow,
        State::Running => AnsiColor::Green,
        State::Blocked => AnsiColor::Cyan,
        State::Zombie => AnsiColor::Magenta,
    };
    let style = Style::new().fg_color(Some(anstyle::Color::Ansi(color)));
    if matches!(state, State::Running) {
        style.bold()
    } else {
        style
    }
}
