//! What processes are to execute, and by which rules.

use std::fmt::Write;

use crate::text::prose::item;
use crate::text::table::count;
use crate::trace::PolicyRecord;
use crate::workload::{Instruction, Workload};

/// A line for each process, `P0  2 cpu, io, io_done`, or a few where it is long.
pub fn programs(workload: &Workload, width: u16) -> String {
    let last = workload.processes.len().saturating_sub(1).to_string();
    let mut text = String::new();
    for (id, process) in workload.processes.iter().enumerate() {
        let mark = format!("  P{id:<width$}  ", width = last.len());
        text += &item(&mark, &words(process.program.instructions()), width);
    }
    text
}

/// `2 cpu, io, io_done`.
pub(super) fn words(instructions: &[Instruction]) -> String {
    let mut text = String::new();
    for run in instructions.chunk_by(PartialEq::eq) {
        let gap = if text.is_empty() { "" } else { ", " };
        let _ = match run {
            [only] => write!(text, "{gap}{only}"),
            _ => write!(text, "{gap}{} {}", run.len(), run[0]),
        };
    }
    if text.is_empty() {
        text.push_str("nothing to execute");
    }
    text
}

/// The rules in a sentence or two; without the policies only how long an I/O takes.
pub fn rules(policy: &PolicyRecord, with_policies: bool) -> String {
    let io = format!(
        "An I/O blocks its process for {} after the one that issues it.",
        count(policy.blocked_ticks(), "tick")
    );
    if with_policies {
        format!("{}. {io}", policy.spec)
    } else {
        io
    }
}
