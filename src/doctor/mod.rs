//! What this machine allows and how far runs on it can be trusted: what was found, and its page.
//!
//! Knows `os`, `process` (limits) and `text`.

pub mod capabilities;
pub mod page;
