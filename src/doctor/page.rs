//! What a machine allows, in one screen.

use std::fmt::Write;
use std::time::Duration;

use super::capabilities::Capabilities;
use crate::os::supervisor_cpu::SchedClass;
use crate::process::limits::Limit;
use crate::text::prose::{paragraph, row};
use crate::text::table::length;

/// How far, in fractions of 1, the median utilization may be from the simulated one.
const TOLERANCE: f64 = 0.01;

/// Columns of the names of what was found.
const NAME: usize = 20;

/// What was found, a row each: what there is, or what its lack costs.
pub fn capabilities(found: &Capabilities, width: u16) -> String {
    let rows = rows(found);
    let rows = rows.into_iter().map(|(is_good, name, what)| {
        let mark = if is_good { "ok" } else { "--" };
        row(&format!("{mark}  {name}"), NAME, &what, width)
    });
    rows.collect()
}

fn rows(found: &Capabilities) -> Vec<(bool, &'static str, String)> {
    let cpus = match &found.cpus {
        Ok(cpus) if cpus.as_slice().len() == 1 => {
            let what = format!("{cpus} only: printing takes time from the processes");
            (false, what)
        }
        Ok(cpus) => (true, cpus.to_string()),
        Err(why) => (false, why.clone()),
    };
    let perf = match found.switches {
        Ok(()) => "every context switch is recorded".to_owned(),
        Err(errno) => format!("{}: samples only, no account of time", errno.desc()),
    };
    let pidfd = match found.pidfd {
        Ok(()) => "signals cannot hit a reused pid".to_owned(),
        Err(errno) => format!("{}: runs do not work", errno.desc()),
    };
    let proc = if found.proc {
        "states can be sampled"
    } else {
        "not readable: runs do not work"
    };
    let mut rows = vec![
        (cpus.0, "CPUs allowed", cpus.1),
        supervisor(found.sched_class.as_ref()),
        (found.switches.is_ok(), "perf events", perf),
        (found.pidfd.is_ok(), "pidfd", pidfd),
        (found.proc, "/proc", proc.to_owned()),
    ];
    if let Some(Limit { children, by }) = &found.most_children {
        let what = format!("{children} at once at most ({by})");
        rows.push((*children >= 16, "processes", what));
    }
    let clock = format!("{} ns resolution", found.clock_ns);
    let hertz = found.hertz.map(|hertz| format!("{hertz} Hz"));
    rows.extend([
        (found.clock_ns <= 1_000, "clock", clock),
        (
            true,
            "kernel tick",
            hertz.unwrap_or_else(|| "unknown".to_owned()),
        ),
        (!found.virtual_machine, "machine", machine(found)),
    ]);
    if let Some(container) = &found.container {
        let what = format!("{container}: its limits hold, see above");
        rows.push((false, "container", what));
    }
    rows
}

fn supervisor(found: Result<&SchedClass, &String>) -> (bool, &'static str, String) {
    let what = match found {
        Ok(SchedClass::RealTime) => "SCHED_FIFO: decides without delay",
        Ok(SchedClass::ShortSlice) => {
            "no SCHED_FIFO (CAP_SYS_NICE, or ulimit -r 1): decides late by up to milliseconds when \
             other programs want the CPU, too"
        }
        Ok(SchedClass::Ordinary) => {
            "neither SCHED_FIFO nor a short slice (Linux 6.12): decides late by milliseconds now \
             and then"
        }
        Err(why) => why,
    };
    let is_good = matches!(found, Ok(SchedClass::RealTime));
    (is_good, "supervisor", what.to_owned())
}

fn machine(found: &Capabilities) -> String {
    let kind = if found.virtual_machine {
        "virtual: waking a CPU is expensive"
    } else {
        "not virtual"
    };
    found.steal.map_or_else(
        || kind.to_owned(),
        |steal| format!("{kind}; {:.2}% of time stolen", 100.0 * steal),
    )
}

/// How one length of a tick did.
#[derive(Clone, Copy, Debug)]
pub struct TickTrial {
    pub tick: Duration,
    pub cells: u64,
    /// Cells as simulated.
    pub equal: u64,
    /// CPU utilization on paper, as a fraction of 1.
    pub simulated: f64,
    /// The median over the runs of this trial.
    pub measured: f64,
    /// Trials before this one that could not be trusted.
    pub spoiled: usize,
}

impl TickTrial {
    /// Whether every cell was as simulated, and the median utilization within one percentage
    /// point of the simulation's.
    pub fn is_trusted(&self) -> bool {
        self.is_in_order() && self.is_in_time()
    }

    fn is_in_order(&self) -> bool {
        self.cells == self.equal
    }

    /// From the simulated utilization, in fractions of 1.
    fn deviation(&self) -> f64 {
        (self.measured - self.simulated).abs()
    }

    fn is_in_time(&self) -> bool {
        self.deviation() <= TOLERANCE
    }
}

const INTRODUCTION: &str = "Two processes take turns at every tick, three runs each. Order: cells as \
    simulated. Times: how far the CPU utilization is from the simulated one.";

/// The trials, from the longest tick to the shortest: whether the order of events was right, and
/// how far off the times were.
pub fn verdict(trials: &[TickTrial], width: u16) -> String {
    let mut text = "\n".to_owned()
        + &paragraph(INTRODUCTION, width, "")
        + &format!("\n  {:>6}  {:<12}  times\n", "tick", "order");
    for trial in trials {
        let mark = |good: bool| if good { '✓' } else { '✗' };
        let _ = writeln!(
            text,
            "  {:>6}  {} {:<10}  {} {:5.2} points ({:.2}% busy, simulated {:.2}%){}",
            length(trial.tick),
            mark(trial.is_in_order()),
            format!("{} of {}", trial.equal, trial.cells),
            mark(trial.is_in_time()),
            100.0 * trial.deviation(),
            100.0 * trial.measured,
            100.0 * trial.simulated,
            match (trial.is_trusted(), trial.spoiled) {
                (true, spoiled @ 1..) => format!(", try {}", spoiled + 1),
                _ => String::new(),
            }
        );
    }
    text.push('\n');
    for sentence in [order(trials), times(trials)] {
        text.push_str(&paragraph(&sentence, width, ""));
    }
    text
}

/// The shortest tick down to which all trials are good.
fn down_to(trials: &[TickTrial], is_good: impl Fn(&TickTrial) -> bool) -> Option<&TickTrial> {
    trials.iter().take_while(|trial| is_good(trial)).last()
}

fn order(trials: &[TickTrial]) -> String {
    let at_all = trials.iter().all(TickTrial::is_in_order);
    match down_to(trials, TickTrial::is_in_order) {
        Some(_) if at_all => "The order of events can be trusted at every length tried.".into(),
        Some(trial) => format!(
            "The order of events can be trusted in ticks of {} and longer.",
            length(trial.tick)
        ),
        None => "The order of events cannot be trusted here.".into(),
    }
}

fn times(trials: &[TickTrial]) -> String {
    match down_to(trials, TickTrial::is_trusted) {
        Some(trial) => format!(
            "The times can be trusted in ticks of {} and longer.",
            length(trial.tick)
        ),
        None => "The times can be trusted at none, at this moment: do other programs use the CPU? \
                 Then try again, or choose another CPU for a run, with --cpu."
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(equal: u64, measured: f64) -> TickTrial {
        TickTrial {
            tick: Duration::from_millis(1),
            cells: 4,
            equal,
            simulated: 1.0,
            measured,
            spoiled: 0,
        }
    }

    #[test]
    fn a_tick_is_trusted_when_cells_and_utilization_agree() {
        assert!(trial(4, 0.995).is_trusted());
        assert!(!trial(4, 0.985).is_trusted());
        assert!(!trial(3, 1.0).is_trusted());
    }

    #[test]
    fn the_order_can_be_right_where_the_times_are_not() {
        let text = verdict(&[trial(4, 0.9), trial(4, 0.8)], 80);
        assert!(
            text.contains("order of events can be trusted at every"),
            "{text}"
        );
        assert!(text.contains("The times can be trusted at none"), "{text}");
        let text = verdict(&[trial(4, 1.0), trial(3, 1.0)], 80);
        assert!(
            text.contains("order of events can be trusted in ticks of 1ms"),
            "{text}"
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}
