//! TODO room.

pub mod language;
pub mod manual;
pub mod text;
