//! Colours and signs. Each state has both, so that neither a colour-blind person nor a black and
//! white terminal misses anything.

use ratatui::style::{Color, Modifier, Style};

use crate::scheduler::State;
use crate::workload::Instruction;

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    pub color: bool,
}

/// The colours of Okabe and Ito, as near as the 256 of a terminal come: people who do not tell red
/// from green tell these apart.
const GREEN: Color = Color::Indexed(36);
const ORANGE: Color = Color::Indexed(214);
const SKY: Color = Color::Indexed(74);
const PURPLE: Color = Color::Indexed(175);
const GREY: Color = Color::Indexed(245);
const BLACK: Color = Color::Indexed(16);

impl Theme {
    const fn color_of(state: State) -> Color {
        match state {
            State::New => Color::Reset,
            State::Running => GREEN,
            State::Ready => ORANGE,
            State::Blocked => SKY,
            State::Zombie => PURPLE,
            State::Gone => GREY,
        }
    }

    fn fg(self, color: Color) -> Style {
        if self.color {
            Style::new().fg(color)
        } else {
            Style::new()
        }
    }

    /// Words about a state.
    #[must_use]
    pub fn of(self, state: State) -> Style {
        let style = self.fg(Self::color_of(state));
        match state {
            State::Running => style.add_modifier(Modifier::BOLD),
            State::Gone if !self.color => style.add_modifier(Modifier::DIM),
            _ => style,
        }
    }

    /// A process in the diagram.
    #[must_use]
    pub fn token(self, state: State) -> Style {
        if self.color {
            Style::new().fg(BLACK).bg(Self::color_of(state))
        } else {
            Style::new().add_modifier(Modifier::BOLD)
        }
    }

    /// A cell of the timeline, filled. Without colours only the running one is.
    #[must_use]
    pub fn filled(self, state: State) -> Style {
        match (self.color, state) {
            (_, State::New | State::Gone) => self.quiet(),
            (true, State::Running) => Style::new()
                .fg(BLACK)
                .bg(Self::color_of(state))
                .add_modifier(Modifier::BOLD),
            (true, _) => self.fg(Self::color_of(state)),
            (false, State::Running) => Style::new().add_modifier(Modifier::REVERSED),
            (false, _) => Style::new(),
        }
    }

    /// A request that the device works on.
    #[must_use]
    pub fn device(self) -> Style {
        if self.color {
            Style::new().fg(BLACK).bg(SKY)
        } else {
            Style::new().add_modifier(Modifier::REVERSED)
        }
    }

    #[must_use]
    pub const fn plain(self) -> Style {
        Style::new()
    }

    /// The frame of things.
    #[must_use]
    pub fn quiet(self) -> Style {
        if self.color {
            self.fg(GREY)
        } else {
            Style::new().add_modifier(Modifier::DIM)
        }
    }

    /// Titles.
    #[must_use]
    pub const fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What happens right now, and what is chosen.
    #[must_use]
    pub const fn bright(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What somebody did who is not the scheduler, and what is not as it should be.
    #[must_use]
    pub fn outside(self) -> Style {
        self.fg(PURPLE).add_modifier(Modifier::BOLD)
    }

    /// Bars across the screen, and the current instruction.
    #[must_use]
    pub const fn bar(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

/// The name of a state, as figure 4.2 writes it.
#[must_use]
pub const fn name(state: State) -> &'static str {
    match state {
        State::New => "New",
        State::Ready => "Ready",
        State::Running => "Running",
        State::Blocked => "Blocked",
        State::Zombie => "Zombie",
        State::Gone => "gone",
    }
}

/// What stands for an instruction: the letters are those of programs, `c2,i`.
#[must_use]
pub const fn letter(instruction: Instruction) -> char {
    match instruction {
        Instruction::Cpu => 'c',
        Instruction::Io => 'i',
        Instruction::IoDone => 'd',
    }
}

/// What stands for a state in the timeline, where no instruction is executed.
#[must_use]
pub const fn sign(state: State) -> char {
    match state {
        State::New | State::Gone => ' ',
        State::Ready => '·',
        State::Running => '-',
        State::Blocked => '▒',
        State::Zombie => 'z',
    }
}
