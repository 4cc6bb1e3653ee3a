//! Signals as people write them.

use std::fmt;

use nix::sys::signal::Signal;

use crate::machine::signal_name;

/// A signal by its number: also a real-time one, for which nix has no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalNumber(pub i32);

impl SignalNumber {
    pub const TERM: Self = Self::of(Signal::SIGTERM);

    pub const fn of(signal: Signal) -> Self {
        Self(signal as i32)
    }

    /// One of those that have a name of their own.
    pub fn named(self) -> Option<Signal> {
        Signal::try_from(self.0).ok()
    }
}

/// `SIGTERM`, `SIGRTMIN+6`.
impl fmt::Display for SignalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&signal_name(self.0))
    }
}

/// The kernel's last one (`_NSIG`).
const LAST: i32 = 64;

/// Second names (`signal(7)`).
const SYNONYMS: [(&str, Signal); 4] = [
    ("POLL", Signal::SIGIO),
    ("IOT", Signal::SIGABRT),
    ("CLD", Signal::SIGCHLD),
    ("UNUSED", Signal::SIGSYS),
];

/// `KILL`, `-KILL`, `SIGKILL`, `sigkill`, `9` and `-9` are the same. `kill` is none: a process may be
/// called `io`.
pub fn parse(token: &str) -> Option<SignalNumber> {
    let text = token.strip_prefix('-').unwrap_or(token);
    if let Ok(number) = text.parse::<i32>() {
        return (1..=LAST).contains(&number).then_some(SignalNumber(number));
    }
    let upper = text.to_ascii_uppercase();
    let short = upper.strip_prefix("SIG").unwrap_or(text);
    if let Some(signal) = Signal::iterator().find(|&signal| short_name(signal) == short) {
        return Some(SignalNumber::of(signal));
    }
    let synonym = SYNONYMS.iter().find(|(name, _)| *name == short);
    synonym
        .map(|&(_, signal)| SignalNumber::of(signal))
        .or_else(|| real_time(short))
}

/// `RTMIN`, `RTMIN+6`, `RTMAX-2`: the C library keeps the first ones for itself.
fn real_time(name: &str) -> Option<SignalNumber> {
    let (first, last) = (libc::SIGRTMIN(), libc::SIGRTMAX());
    let distance = |text: &str, sign| match text {
        "" => Some(0),
        text => text.strip_prefix(sign)?.parse::<u16>().ok(),
    };
    let number = if let Some(above) = name.strip_prefix("RTMIN") {
        first + i32::from(distance(above, '+')?)
    } else {
        last - i32::from(distance(name.strip_prefix("RTMAX")?, '-')?)
    };
    (first..=last)
        .contains(&number)
        .then_some(SignalNumber(number))
}

/// Whether it can only have been meant as a signal.
pub fn looks_like_one(token: &str) -> bool {
    let upper = token.to_ascii_uppercase();
    token.starts_with('-') || token.parse::<i32>().is_ok() || upper.starts_with("SIG")
}

/// `KILL`.
pub fn short_name(signal: Signal) -> &'static str {
    let name = signal.as_str();
    name.strip_prefix("SIG").unwrap_or(name)
}

/// All names, as `SIGKILL`.
pub fn names() -> impl Iterator<Item = &'static str> {
    Signal::iterator().map(Signal::as_str)
}
