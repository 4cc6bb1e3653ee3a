//! TODO room.

pub mod prose;
pub mod style;
pub mod table;
pub mod tree;
