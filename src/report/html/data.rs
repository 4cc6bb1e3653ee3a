//! What the script has to know, as JSON in the page.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::live::cell_text;
use crate::report::timeline::{CELL, Layout, Side, Timeline};
use crate::scheduler::State;
use crate::trace::{Cell, DecisionRecord, Glyph, Outcome};
use crate::workload::Instruction;

/// Ticks count from 1, and what comes for each tick starts with that of tick 1.
#[derive(Serialize)]
struct Data {
    ticks: usize,
    /// Whether the run or its simulation goes on behind them.
    goes_on: bool,
    /// Pixels.
    cell: usize,
    label_width: usize,
    /// Of each process drawn.
    names: Vec<String>,
    /// What the letters of the cells stand for.
    words: BTreeMap<char, String>,
    simulated: Lanes,
    measured: Lanes,
    /// Of the ticks measured, in nanoseconds.
    times: Vec<(u64, u64)>,
    /// Ticks in which the sides differ.
    differences: Vec<usize>,
    /// What else happened in a tick.
    marks: BTreeMap<usize, Vec<String>>,
}

#[derive(Serialize)]
struct Lanes {
    /// Of each process, a letter for each tick.
    cells: Vec<String>,
    /// Of each process, the kernel's letter in each tick, or a space.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kernel: Vec<String>,
    /// The letter of each process when all is over.
    end: String,
    /// Why it came to a tick, or behind the last one to the end.
    reasons: BTreeMap<u64, Vec<String>>,
}

/// The data, so that it cannot end the element it is in, nor begin another.
pub fn json(timeline: &Timeline<'_>, layout: &Layout) -> String {
    let trace = timeline.trace;
    let ticks = 1..=timeline.ticks;
    let data = Data {
        ticks: timeline.ticks,
        goes_on: Side::BOTH
            .iter()
            .any(|&side| last(timeline, side) > timeline.ticks),
        cell: CELL,
        label_width: layout.label_width,
        names: (0..timeline.processes).map(|p| timeline.name(p)).collect(),
        words: words(timeline),
        simulated: Lanes {
            cells: cells(timeline, Side::Simulated),
            kernel: Vec::new(),
            end: end(timeline, Side::Simulated),
            reasons: reasons(
                timeline,
                timeline.paper_decisions.iter().map(DecisionRecord::from),
            ),
        },
        measured: Lanes {
            cells: cells(timeline, Side::Measured),
            kernel: kernel(timeline),
            end: end(timeline, Side::Measured),
            reasons: reasons(timeline, trace.decisions.iter().cloned()),
        },
        times: ticks
            .clone()
            .filter_map(|tick| {
                let tick = timeline.tick(Side::Measured, tick)?;
                Some((tick.start_ns?, tick.end_ns?))
            })
            .collect(),
        differences: ticks
            .clone()
            .filter(|&tick| timeline.differs(tick))
            .collect(),
        marks: ticks
            .filter(|&tick| !timeline.marks(tick).is_empty())
            .map(|tick| {
                let marks = timeline.marks(tick).iter();
                (tick, marks.map(|mark| mark.text.clone()).collect())
            })
            .collect(),
    };
    escaped(&serde_json::to_string(&data).expect("it consists of texts and numbers"))
}

/// `<` and `>` are nothing but text in JSON, and may be written so that HTML does not see them.
fn escaped(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

fn words(timeline: &Timeline<'_>) -> BTreeMap<char, String> {
    let states = State::ALL;
    let instructions = [
        None,
        Some(Instruction::Cpu),
        Some(Instruction::Io),
        Some(Instruction::IoDone),
    ];
    let mut words = BTreeMap::new();
    for (state, instruction) in states
        .into_iter()
        .flat_map(|state| instructions.map(|instruction| (state, instruction)))
    {
        let cell = Cell {
            state,
            instruction,
            kernel: None,
        };
        let word = match state {
            State::Gone => "gone".to_owned(),
            _ => cell_text(cell, timeline.trace.policy.dialect),
        };
        words.entry(Glyph::from(cell).letter()).or_insert(word);
    }
    words
}

/// Of each process, what it is in each tick that side has.
fn cells(timeline: &Timeline<'_>, side: Side) -> Vec<String> {
    letters(timeline, side, |cell| Glyph::from(cell).letter())
}

fn kernel(timeline: &Timeline<'_>) -> Vec<String> {
    letters(timeline, Side::Measured, |cell| cell.kernel.unwrap_or(' '))
}

fn letters(timeline: &Timeline<'_>, side: Side, letter: impl Fn(Cell) -> char) -> Vec<String> {
    let of = |process| {
        let cells = (1..=timeline.ticks).map_while(|tick| timeline.cell(side, tick, process));
        cells.map(&letter).collect()
    };
    (0..timeline.processes).map(of).collect()
}

/// The last tick a side has, drawn or not.
fn last(timeline: &Timeline<'_>, side: Side) -> usize {
    let trace = timeline.trace;
    match side {
        Side::Simulated => usize::try_from(trace.simulated.ticks).unwrap_or(usize::MAX),
        Side::Measured => trace.ticks.len(),
    }
}

/// What has exited is reaped in the end; others are as they were in the last tick, or in the last
/// one that is drawn.
fn end(timeline: &Timeline<'_>, side: Side) -> String {
    let trace = timeline.trace;
    let last = last(timeline, side);
    let drawn = last.min(timeline.ticks);
    let of = |process: usize| {
        let exited = match side {
            Side::Simulated => trace.outcome == Outcome::Complete,
            Side::Measured => {
                let record = trace.processes.get(process);
                record.is_some_and(|record| record.exit.is_some())
            }
        };
        match timeline.cell(side, drawn, process) {
            _ if exited && drawn == last => Glyph::Gone.letter(),
            Some(cell) => Glyph::from(cell).letter(),
            None => Glyph::New.letter(),
        }
    };
    (0..timeline.processes).map(of).collect()
}

fn reasons(
    timeline: &Timeline<'_>,
    decisions: impl Iterator<Item = DecisionRecord>,
) -> BTreeMap<u64, Vec<String>> {
    let end = timeline.ticks as u64 + 1;
    let mut reasons = BTreeMap::new();
    for decision in decisions {
        if decision.is_worth_telling() && decision.tick <= end {
            let told: &mut Vec<String> = reasons.entry(decision.tick).or_default();
            told.push(decision.why);
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_element_it_is_in() {
        let hostile = serde_json::to_string("</script><!-- <img onerror=alert(1)> &amp;").unwrap();
        let safe = escaped(&hostile);
        assert!(!safe.contains(['<', '>', '&']), "{safe}");
        let back: String = serde_json::from_str(&safe).unwrap();
        assert_eq!(back, "</script><!-- <img onerror=alert(1)> &amp;");
    }
}
