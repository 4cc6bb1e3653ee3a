//! Signals as people write them.

use nix::sys::signal::Signal;

/// `KILL`, `-KILL`, `SIGKILL`, `sigkill`, `9` and `-9` are the same. `kill` is none: a process may be
/// called `io`.
pub fn parse(token: &str) -> Option<Signal> {
    let text = token.strip_prefix('-').unwrap_or(token);
    if let Ok(number) = text.parse::<i32>() {
        return Signal::try_from(number).ok();
    }
    let upper = text.to_ascii_uppercase();
    let short = upper.strip_prefix("SIG").unwrap_or(text);
    Signal::iterator().find(|&signal| short_name(signal) == short)
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
