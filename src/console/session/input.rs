//! What comes in from a person or a script.

use std::io;

/// What comes in.
#[derive(Debug)]
pub enum Input {
    Line(Line),
    /// Ctrl-C.
    Interrupt,
    End,
    Failed(io::Error),
}

#[derive(Debug)]
pub struct Line {
    /// From 1.
    pub number: u64,
    pub text: String,
}
