//! Colours, and whether to use them.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;

use crate::scheduler::State;

/// When to colour. By default on a terminal, unless `NO_COLOR` is set (no-color.org) or `TERM` is
/// `dumb`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// Whether to colour what goes to standard output.
    #[must_use]
    pub fn on_stdout(self) -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
            }
        }
    }
}

/// The colour of a state. The words say the same: colour is never the only sign.
#[must_use]
pub const fn of(state: State) -> Style {
    let style = Style::new();
    match state {
        State::New => style,
        State::Ready => style.fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow))),
        State::Running => style
            .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)))
            .bold(),
        State::Blocked => style.fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan))),
        State::Zombie => style.fg_color(Some(anstyle::Color::Ansi(AnsiColor::Magenta))),
        State::Gone => style.dimmed(),
    }
}
