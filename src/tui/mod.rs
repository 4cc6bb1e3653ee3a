//! The full-screen view of a run: the book's figure 4.2 with the processes in it, the process
//! table, a timeline and the decisions, all as they were or are at one tick.
//!
//! It knows no clock, no terminal and no process. It is told what happened ([`Model`]) and which
//! keys were pressed ([`View`]), draws what is to be seen into a buffer ([`draw()`]), and says what
//! the person wants ([`Action`]). A live run and a recorded one are told in the same words, so both
//! look the same at the same tick.
//!
//! Knows `trace` and what that is made of, and `text`.

mod banner;
mod canvas;
mod counters;
mod diagram;
mod draw;
mod help;
mod keys;
mod log;
mod model;
mod notice;
mod processes;
mod status;
mod summary;
#[cfg(test)]
mod tests;
mod theme;
mod tick_length;
mod timeline;
mod view;

pub use draw::{LEAST_COLUMNS, LEAST_ROWS, draw};
pub use keys::{Key, Keys};
pub use model::{Model, Sample};
pub use theme::Theme;
pub use view::{Action, Mode, View};
