//! Statistics that explain themselves: numerator, denominator, and which ticks were counted.

use std::fmt::Write;

use crate::text::prose::paragraph;
use crate::text::table::{count, percent, share, time};
use crate::trace::{PolicyRecord, TickAccounting, TickSet, Trace};
use crate::workload::Instruction;
use crate::workload::dialect::Dialect;

/// How the statistics of a simulation come about, `width` columns wide at most.
pub fn explanation(accounting: &TickAccounting, policy: &PolicyRecord, width: u16) -> String {
    let sections = [
        (total(accounting), None),
        (
            figure("CPU Busy", &accounting.cpu, &accounting.all),
            Some(cpu(accounting, policy.dialect)),
        ),
        (
            figure("IO Busy", &accounting.io, &accounting.all),
            Some(io(accounting, policy)),
        ),
    ];
    let mut text = String::new();
    for (head, details) in sections {
        text.push_str(&paragraph(&head, width, ""));
        if let Some(details) = details {
            text.push_str(&paragraph(&details, width, "  "));
        }
        text.push('\n');
    }
    text
}

/// How the figures of a run come about: first those of its simulation, then the measured ones.
pub fn run_explanation(trace: &Trace, width: u16) -> String {
    let measured = &trace.measured;
    let wall_ns = measured.wall_ns.unwrap_or(0);
    let share = |ns| format!("{} = {}", time(ns), share(ns, wall_ns));
    let mut measured_text = format!(
        "Measured utilization counts no ticks, each of which took as long as it took, but time: of \
         {} from the first dispatch to the end of the last tick, the processes had the CPU for {} \
         by the kernel's clocks, and the device held at least one request for {}.",
        time(wall_ns),
        share(measured.cpu_busy_ns()),
        share(measured.io_busy_ns),
    );
    let behind_ns = measured.cpu_ns.saturating_sub(measured.cpu_busy_ns());
    if behind_ns > 0 {
        let _ = write!(
            measured_text,
            " {} of their CPU time came behind it, when the last one exited, and is not counted.",
            time(behind_ns)
        );
    }
    let mut text = explanation(&trace.tick_accounting(), &trace.policy, width);
    text += &paragraph(&measured_text, width, "");
    for words in [WORDS, READY] {
        text.push('\n');
        text += &paragraph(words, width, "");
    }
    text
}

const WORDS: &str = "turnaround: from the start to its end; response: until it first runs; \
    waiting: the time it was ready; vol: how often it gave up the CPU by itself (to sleep, to \
    stop, to exit); inv: how often the CPU was taken from it. dispatch: the CPU should be busy \
    while a stop, its confirmation or a continue is under way; overrun: what the processes computed \
    beyond their instructions. wchan: the function of the kernel in which a process sleeps.";

const READY: &str = "A ready process is really R in Linux. timeshare imitates ready by stopping it \
    (T), since it has to hold it back from outside the kernel.";

fn total(accounting: &TickAccounting) -> String {
    let ticks = count(accounting.all.count, "tick");
    let marked = &accounting.marked;
    if marked.count == 0 {
        return format!("Total Time: {ticks}. Each row is one tick.");
    }
    let rows = if marked.count == 1 { "row" } else { "rows" };
    format!(
        "Total Time: {ticks}. Each row is one tick. The * in {rows} {} says that an I/O completed \
         right before that tick; it is not an extra tick.",
        list(marked)
    )
}

fn figure(name: &str, counted: &TickSet, all: &TickSet) -> String {
    format!("{name}: {}.", fraction(counted.count, all))
}

fn fraction(part: u64, all: &TickSet) -> String {
    format!(
        "{part} of {} = {:.2}%",
        count(all.count, "tick"),
        percent(part, all.count)
    )
}

fn cpu(accounting: &TickAccounting, dialect: Dialect) -> String {
    let mut text = format!(
        "Counted: ticks in which an instruction was executed ({}). ",
        list(&accounting.cpu)
    );
    let kinds = [Instruction::Cpu].iter().chain(dialect.io());
    let terms: Vec<_> = kinds
        .map(|&kind| format!("{} {kind}", accounting.executed(kind)))
        .collect();
    let _ = write!(text, "{} = {}: ", terms.join(" + "), accounting.cpu.count);
    text.push_str(match dialect {
        Dialect::Current => {
            "to issue an I/O and to handle its completion take the CPU for a tick each."
        }
        Dialect::Classic => {
            "to issue an I/O takes the CPU for a tick, its completion takes no time."
        }
    });
    let done = &accounting.done;
    if dialect == Dialect::Classic && done.count > 0 {
        let _ = write!(
            text,
            " Not counted ({}): when the process that had the CPU last is done, and no other has \
             anything to execute. The version of July 2020 counted that, too: {}.",
            list(done),
            fraction(accounting.cpu.count + done.count, &accounting.all)
        );
    }
    text
}

fn io(accounting: &TickAccounting, policy: &PolicyRecord) -> String {
    format!(
        "Counted: ticks throughout which the device was working ({}); several I/Os at once count \
         once. An I/O of length {} takes {} after the one that issues it.",
        list(&accounting.io),
        policy.io_length,
        count(policy.blocked_ticks(), "tick"),
    )
}

/// `1-5, 11`.
fn list(ticks: &TickSet) -> String {
    let stretch = |&(first, last): &(u64, u64)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    };
    let mut parts: Vec<_> = ticks.stretches.iter().map(stretch).collect();
    if parts.is_empty() {
        parts.push("none".to_owned());
    }
    if ticks.more > 0 {
        parts.push(format!("and {}", count(ticks.more, "more stretch")));
    }
    parts.join(", ")
}
