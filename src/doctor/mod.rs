//! What this machine allows and how far runs on it can be trusted: what was found, and its page.

pub mod capabilities;
pub mod checks;
pub mod page;
mod surroundings;
pub mod trial;
