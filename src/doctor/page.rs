//! What a machine allows, in one screen.

use std::fmt::Write;
use std::time::Duration;

use super::capabilities::Capabilities;
use crate::os::supervisor_cpu::SchedClass;
use crate::process::limits::Limit;
use crate::report::comparison::Spread;
use crate::text::table::length;

/// How far, in fractions of 1, the median utilization may be from the simulated one.
const TOLERANCE: f64 = 0.01;

/// What was found, a line each: what there is, or what its lack costs.
#[must_use]
pub fn capabilities(found: &Capabilities) -> String {
    let mut text = String::new();
    let mut line = |good: bool, name: &str, what: String| {
        let mark = if good { "ok" } else { "--" };
        let _ = writeln!(text, "{mark}  {name:16} {what}");
    };
    match &found.cpus {
        Ok(cpus) if cpus.as_slice().len() == 1 => {
            line(
                false,
                "CPUs allowed",
                format!("{cpus} only: printing takes time from the processes"),
            );
        }
        Ok(cpus) => line(true, "CPUs allowed", cpus.to_string()),
        Err(why) => line(false, "CPUs allowed", why.clone()),
    }
    let (good, what) = sched_class(found.sched_class.as_ref());
    line(good, "supervisor", what);
    match found.switches {
        Ok(()) => line(
            true,
            "perf events",
            "every context switch is recorded".to_owned(),
        ),
        Err(errno) => line(
            false,
            "perf events",
            format!("{}: samples only, no account of time", errno.desc()),
        ),
    }
    match found.pidfd {
        Ok(()) => line(true, "pidfd", "signals cannot hit a reused pid".to_owned()),
        Err(errno) => line(
            false,
            "pidfd",
            format!("{}: runs do not work", errno.desc()),
        ),
    }
    if found.proc {
        line(true, "/proc", "states can be sampled".to_owned());
    } else {
        line(
            false,
            "/proc",
            "not to be read: runs do not work".to_owned(),
        );
    }
    if let Some(Limit { children, by }) = &found.most_children {
        line(
            *children >= 16,
            "processes",
            format!("{children} at once at most ({by})"),
        );
    }
    line(
        found.clock_ns <= 1_000,
        "clock",
        format!("{} ns resolution", found.clock_ns),
    );
    let hertz = found
        .hertz
        .map_or_else(|| "unknown".to_owned(), |hertz| format!("{hertz} Hz"));
    line(true, "kernel tick", hertz);
    line(!found.virtual_machine, "machine", machine(found));
    if let Some(container) = &found.container {
        line(
            false,
            "container",
            format!("{container}: its limits hold, see above"),
        );
    }
    text
}

fn sched_class(found: Result<&SchedClass, &String>) -> (bool, String) {
    match found {
        Ok(SchedClass::RealTime) => (true, "SCHED_FIFO: decides without delay".to_owned()),
        Ok(SchedClass::ShortSlice) => (
            false,
            "no SCHED_FIFO (CAP_SYS_NICE, or ulimit -r 1): decides late by up to\n                     \
             milliseconds when others want the CPU, too"
                .to_owned(),
        ),
        Ok(SchedClass::Ordinary) => (
            false,
            "neither SCHED_FIFO nor a short slice (Linux 6.12): decides late by\n                     \
             milliseconds now and then"
                .to_owned(),
        ),
        Err(why) => (false, why.clone()),
    }
}

fn machine(found: &Capabilities) -> String {
    let steal = found.steal.map_or_else(String::new, |steal| {
        format!("; {:.2}% of time stolen", 100.0 * steal)
    });
    if found.virtual_machine {
        format!("virtual: waking a CPU is expensive{steal}")
    } else {
        format!("not virtual{steal}")
    }
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
    /// Over the runs of this trial.
    pub measured: Spread,
    /// Trials before this one that could not be trusted.
    pub spoiled: usize,
}

impl TickTrial {
    /// Whether every cell was as simulated, and the median utilization within one percentage
    /// point of the simulation's.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.is_in_order() && self.is_in_time()
    }

    fn is_in_order(&self) -> bool {
        self.cells == self.equal
    }

    /// From the simulated utilization, in fractions of 1.
    fn deviation(&self) -> f64 {
        (self.measured.median - self.simulated).abs()
    }

    fn is_in_time(&self) -> bool {
        self.deviation() <= TOLERANCE
    }
}

/// The trials, from the longest tick to the shortest: whether the order of events was right, and
/// how far off the times were.
#[must_use]
pub fn verdict(trials: &[TickTrial]) -> String {
    let mut text =
        "\nTwo processes, somebody else's turn at every tick, three runs each. Order: cells\n\
                    as simulated. Times: how far the CPU utilization is from the simulated one.\n\n"
            .to_owned();
    let _ = writeln!(text, "  {:>6}  {:<12}  times", "tick", "order");
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
            100.0 * trial.measured.median,
            100.0 * trial.simulated,
            match (trial.is_trusted(), trial.spoiled) {
                (true, spoiled @ 1..) => format!(", try {}", spoiled + 1),
                _ => String::new(),
            }
        );
    }
    text.push('\n');
    for sentence in [order(trials), times(trials)] {
        text.push_str(&sentence);
        text.push('\n');
    }
    text
}

/// The shortest tick down to which all trials are good.
fn down_to(trials: &[TickTrial], is_good: impl Fn(&TickTrial) -> bool) -> Option<&TickTrial> {
    trials.iter().take_while(|trial| is_good(trial)).last()
}

fn order(trials: &[TickTrial]) -> String {
    let is_at_all = trials.iter().all(TickTrial::is_in_order);
    match down_to(trials, TickTrial::is_in_order) {
        Some(_) if is_at_all => "The order of events can be trusted at every length tried.".into(),
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
        None => "The times can be trusted at none, at this moment: do others use the CPU?\n\
                 Then try again, or choose another CPU for a run, with --cpu."
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(equal: u64, median: f64) -> TickTrial {
        let measured = Spread {
            median,
            min: 0.0,
            max: 1.0,
        };
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
        let told = verdict(&[trial(4, 0.9), trial(4, 0.8)]);
        assert!(
            told.contains("order of events can be trusted at every"),
            "{told}"
        );
        assert!(told.contains("The times can be trusted at none"), "{told}");
        let told = verdict(&[trial(4, 1.0), trial(3, 1.0)]);
        assert!(
            told.contains("order of events can be trusted in ticks of 1ms"),
            "{told}"
        );
        assert!(
            told.lines().all(|line| line.chars().count() <= 80),
            "{told}"
        );
    }
}
