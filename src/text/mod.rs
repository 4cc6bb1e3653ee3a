//! How things are written for people: tables, paragraphs, trees, colours, suggestions.

pub mod prose;
pub mod similar;
pub mod style;
pub mod table;
pub mod tree;
