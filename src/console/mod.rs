//! `timeshare shell`: the process API by hand. A line becomes a command ([`language`], which is pure), a
//! [`session`] executes it with [`manual`] control of real processes, and [`mod@text`] says what the
//! kernel answered. For a while the scheduler can have the processes ([`manual::Delegated`]).
//!
//! Knows `process` and `linux`, whose machine it lends the processes to, `output`, and `inspect` for the
//! page of one; no other feature.

pub mod language;
pub mod manual;
pub mod session;
pub mod text;
