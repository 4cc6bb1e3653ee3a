//! The names of groups and slices, by which the viewer tells runs and colours apart.

use crate::report::svg::{shortened, title};
use crate::trace::{Outcome, Trace};

/// The name of a group, and which run it is: the viewer shows `otherData` nowhere.
pub fn about_run(group: &str, trace: &Trace) -> String {
    let end = match trace.outcome {
        Outcome::Complete => "",
        _ => " (broken off)",
    };
    let run = shortened(&title(trace), LONGEST_TITLE);
    format!("{group}: {run}, {}{end}", trace.policy.spec)
}

const LONGEST_TITLE: usize = 60;

/// The name of a slice in which a process has the CPU. The viewer drops digits before it chooses a
/// colour for a name, but not these; and the words spread the colours of the first few.
pub fn on_cpu(process: usize) -> String {
    let digits = process.to_string().into_bytes();
    let lowered = digits
        .iter()
        .map(|digit| SUBSCRIPTS[usize::from(digit - b'0')]);
    format!("P{} on the CPU", lowered.collect::<String>())
}

const SUBSCRIPTS: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];
