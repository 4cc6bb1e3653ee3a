//! A process control block as a page: xv6's `struct proc` in the order of OSTEP figure 4.5, and
//! what Linux has beyond it.

mod beyond;
pub mod rows;
#[cfg(test)]
mod tests;
mod xv6;

pub use rows::{Layout, Page};

use rows::{Row, Section};

use super::pcb::{Field, Pcb};
use crate::text::table::time;

/// Everything about one process.
pub fn page(pcb: &Pcb) -> Page {
    let head = |cells: [&str; 3]| cells.map(str::to_owned);
    let files = format!("/proc/{}/", pcb.pid);
    Page {
        title: title(pcb),
        sections: vec![
            Section {
                head: head(["struct proc", "on Linux", &files]),
                rows: xv6::rows(pcb),
            },
            Section {
                head: head(["beyond xv6", "", ""]),
                rows: beyond::rows(pcb),
            },
        ],
    }
}

/// Its age changes all the time, so that it is no row.
fn title(pcb: &Pcb) -> String {
    let age = pcb.beyond.times.value().map(|times| time(times.age_ns));
    let started = age.map_or_else(String::new, |age| format!(", started {age} ago"));
    format!("Process {}, {}{started}", pcb.pid, pcb.name)
}

/// The row of one field; `lines` words its value.
fn row<T>(name: &'static str, field: &Field<T>, lines: impl FnOnce(&T) -> Vec<String>) -> Row {
    Row::new(name, &words(field, lines), field.source)
}

fn words<T>(field: &Field<T>, lines: impl FnOnce(&T) -> Vec<String>) -> Vec<String> {
    let found = field.found.as_ref();
    found.map_or_else(|absent| vec![absent.to_string()], lines)
}
