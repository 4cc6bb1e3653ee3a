//! TODO room.

pub mod prose;
pub mod similar;
pub mod style;
pub mod table;
pub mod tree;
