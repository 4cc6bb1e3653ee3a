//! The homework of chapter 4: its questions in our own words, and what a run shows of the answers.
//!
//! A question is data ([`QUESTIONS`]): command lines of `process-run.py`, and what to think about.
//! What is said of an answer is made of [`Facts`] of the run at hand, so that it holds in every
//! dialect and on every machine (see [`self::text`]).
//!
//! Knows traces and their formats (`trace`, `report`); no feature.

mod edition;
mod facts;
mod questions;
pub mod text;

pub use edition::{Edition, Figures, figures};
pub use facts::{Facts, Stretch};
pub use questions::QUESTIONS;

use serde::Serialize;

use crate::trace::Trace;

/// A question of the chapter.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The book's number, from 1.
    pub number: u8,
    /// One line.
    pub title: &'static str,
    /// What is to be found out.
    pub task: &'static str,
    /// What leads there.
    pub hints: &'static [&'static str],
    /// What to run: first what the question asks for, then what to compare it with.
    pub runs: &'static [Run],
    /// How many of the runs the question asks for.
    pub asked: usize,
    /// Which of the runs are shown tick by tick.
    pub shown: &'static [usize],
}

/// A workload, and the rules it runs by.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// In a few words, among the other runs.
    pub name: &'static str,
    /// As `process-run.py` takes it.
    pub arguments: &'static str,
}

/// A run of a question, performed by real processes.
#[derive(Clone, Debug, Serialize)]
pub struct Answered {
    pub name: &'static str,
    /// As `process-run.py` takes it.
    pub arguments: &'static str,
    /// What each version of `process-run.py` says of it.
    pub versions: [Figures; 3],
    pub trace: Trace,
}

impl Question {
    /// The runs that the question itself asks for.
    pub fn asked(&self) -> &'static [Run] {
        &self.runs[..self.asked]
    }
}
