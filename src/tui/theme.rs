//! Colours and signs. Each state has both, so that neither a colour-blind person nor a black and
//! white terminal misses anything.

use ratatui::style::{Color, Modifier, Style};

use crate::scheduler::State;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    pub color: bool,
}

/// The colours of Okabe and Ito, as near as the 256 of a terminal come: people who do not tell red
/// from green tell these apart. Light ones lie behind black text, where they are the same on every
/// terminal; darker ones are read on white as well as on black.
#[derive(Clone, Copy)]
struct Shade {
    light: Color,
    text: Color,
}

const GREEN: Shade = Shade {
    light: Color::Indexed(36),
    text: Color::Indexed(29),
};
const ORANGE: Shade = Shade {
    light: Color::Indexed(214),
    text: Color::Indexed(166),
};
const SKY: Shade = Shade {
    light: Color::Indexed(74),
    text: Color::Indexed(32),
};
const PURPLE: Shade = Shade {
    light: Color::Indexed(175),
    text: Color::Indexed(133),
};
const BLACK: Color = Color::Indexed(16);

impl Theme {
    /// New and Gone have no colour.
    const fn shade(state: State) -> Option<Shade> {
        match state {
            State::New | State::Gone => None,
            State::Running => Some(GREEN),
            State::Ready => Some(ORANGE),
            State::Blocked => Some(SKY),
            State::Zombie => Some(PURPLE),
        }
    }

    fn text(self, shade: Option<Shade>) -> Style {
        match shade {
            Some(shade) if self.color => Style::new().fg(shade.text),
            _ => Style::new(),
        }
    }

    fn ground(self, shade: Option<Shade>) -> Option<Style> {
        let shade = shade.filter(|_| self.color)?;
        Some(Style::new().fg(BLACK).bg(shade.light))
    }

    /// Words about a state.
    pub fn of(self, state: State) -> Style {
        let style = self.text(Self::shade(state));
        match state {
            State::Running => style.add_modifier(Modifier::BOLD),
            State::Gone => style.add_modifier(Modifier::DIM),
            _ => style,
        }
    }

    /// A process in the diagram.
    pub fn token(self, state: State) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        self.ground(Self::shade(state)).unwrap_or(bold)
    }

    /// A cell of the timeline, filled. Without colours only the running one is.
    pub fn filled(self, state: State) -> Style {
        match (self.ground(Self::shade(state)), state) {
            (_, State::New | State::Gone) => self.quiet(),
            (Some(style), State::Running) => style.add_modifier(Modifier::BOLD),
            (Some(style), _) => style,
            (None, State::Running) => self.bar(),
            (None, _) => Style::new(),
        }
    }

    pub fn device(self) -> Style {
        self.ground(Some(SKY)).unwrap_or(self.bar())
    }

    pub const fn plain(self) -> Style {
        Style::new()
    }

    /// The frame of things: in the terminal's own colour, which is read on its ground.
    pub const fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub const fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What happens right now, and what is chosen.
    pub const fn bright(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What was done from outside, and what is not as it should be.
    pub fn outside(self) -> Style {
        self.text(Some(PURPLE)).add_modifier(Modifier::BOLD)
    }

    /// Bars across the screen, and the current instruction.
    pub const fn bar(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    /// What WCAG asks of large text, and of what is no text.
    const LEAST: f64 = 3.0;

    /// Relative luminance (WCAG 2) of one of the 6x6x6 colours of a terminal.
    fn luminance(color: Color) -> f64 {
        let Color::Indexed(index @ 16..=231) = color else {
            panic!("{color:?} is not one of the cube")
        };
        let steps = [0.0, 95.0, 135.0, 175.0, 215.0, 255.0];
        let level = |part: u8| {
            let share: f64 = steps[usize::from(part % 6)] / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        };
        let cube = index - 16;
        let [red, green, blue] = [cube / 36, cube / 6, cube].map(level);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: f64, other: f64) -> f64 {
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_colour_can_be_read_on_white_and_on_black() {
        let theme = Theme { color: true };
        let states =
            State::ALL.map(|state| [theme.of(state), theme.token(state), theme.filled(state)]);
        let others = [theme.outside(), theme.device(), theme.quiet()];
        let mut colored = 0;
        for style in states.into_iter().flatten().chain(others) {
            let Some(text) = style.fg else {
                assert_eq!(
                    style.bg, None,
                    "only its own text is sure to be read on a ground"
                );
                continue;
            };
            colored += 1;
            let grounds = style
                .bg
                .map_or(vec![0.0, 1.0], |ground| vec![luminance(ground)]);
            for ground in grounds {
                let contrast = contrast(luminance(text), ground);
                assert!(contrast >= LEAST, "{style:?}: {contrast:.2}");
            }
        }
        assert!(colored > 12, "there are colours: {colored}");
    }

    #[test]
    fn the_contrast_is_that_of_the_standard() {
        // 21 to 1, and what orange has on white.
        assert!((contrast(0.0, luminance(Color::Indexed(231))) - 21.0).abs() < 1e-9);
        assert!(contrast(1.0, luminance(Color::Indexed(214))) < 1.9);
    }
}
