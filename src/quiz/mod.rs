//! Predict, then check: a question, what a person predicts, and which kind of mistake was made.
//!
//! Pure, as the scheduler is: the judging reads, prints and starts nothing. A [`Question`] is a
//! workload and its rules, solved on paper. A prediction is judged against the solution, and, where
//! it is wrong, against what other rules would give ([`Misconception`]), so that a mistake has a name.
//! Only [`answers`] reads, from a person or a script.
//!
//! Knows `trace`, `report`, `output`, and of `homework` the versions of `process-run.py`.

pub mod answers;
mod draw;
mod figure;
mod guess;
mod judge;
mod misconception;
mod mistake;
mod naive;
mod question;
pub mod text;
mod verdict;

pub use draw::{Drawn, draw};
pub use figure::{Asked, FigureError, parse_share, parse_ticks};
pub use guess::{Guess, GuessError, MAX_GUESSES, parse_guesses};
pub use judge::judge;
pub use misconception::Misconception;
pub use mistake::Mistake;
pub use question::{MAX_TICKS, Question, TooLong, Turn};
pub use verdict::{Prediction, Verdict};
