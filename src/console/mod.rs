//! TODO room.

pub mod language;
pub mod manual;
pub mod session;
pub mod text;
