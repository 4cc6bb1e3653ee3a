//! How far it is, on a terminal, for as long as it takes.

use std::io::{self, IsTerminal};

/// A line on standard error that goes away when dropped. Without a terminal, nothing.
pub struct Progress(bool);

impl Progress {
    #[must_use]
    pub fn show(what: &str) -> Self {
        let terminal = io::stderr().is_terminal();
        if terminal {
            eprint!("\r\x1b[K{what} …");
        }
        Self(terminal)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.0 {
            eprint!("\r\x1b[K");
        }
    }
}
