//! How text is set: tables and the numbers in them, wrapped prose, trees, and whether to colour.
//!
//! It knows no other room: it is told what to write.

pub mod prose;
pub mod similar;
pub mod style;
pub mod table;
pub mod tree;
