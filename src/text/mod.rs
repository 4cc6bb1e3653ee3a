//! How text is set for people: tables and the numbers in them, wrapped prose, trees, colours, and
//! what a misspelt word may have meant.
//!
//! It knows no other room: it is told what to write.

pub mod prose;
pub mod similar;
pub mod style;
pub mod table;
pub mod tree;
