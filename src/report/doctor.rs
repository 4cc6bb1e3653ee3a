//! What a machine allows, in one screen.

use std::fmt::Write;
use std::time::Duration;

use super::comparison::Spread;
use crate::linux::seat::Precedence;
use crate::linux::{Capabilities, Limit};

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
    let (good, what) = precedence(found.precedence.as_ref());
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

fn precedence(found: Result<&Precedence, &String>) -> (bool, String) {
    match found {
        Ok(Precedence::RealTime) => (true, "SCHED_FIFO: decides without delay".to_owned()),
        Ok(Precedence::ShortSlice) => (
            false,
            "no SCHED_FIFO (CAP_SYS_NICE, or ulimit -r 1): decides late by up to\n                     \
             milliseconds when others want the CPU, too"
                .to_owned(),
        ),
        Ok(Precedence::Ordinary) => (
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
        format!("; {:.2}% of its time stolen", 100.0 * steal)
    });
    if found.virtual_machine {
        format!("virtual: waking a CPU is dear{steal}")
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
        self.cells == self.equal && (self.measured.median - self.simulated).abs() <= TOLERANCE
    }
}

/// The trials, from the longest tick to the shortest.
#[must_use]
pub fn verdict(trials: &[TickTrial]) -> String {
    let mut text =
        "\nTwo processes, somebody else's turn at every tick, three runs each:\n".to_owned();
    for trial in trials {
        let _ = writeln!(
            text,
            "  {:>6}  {} of {} cells as simulated, CPU {:.2}% busy ({:.2}% simulated){}",
            format!("{:?}", trial.tick),
            trial.equal,
            trial.cells,
            100.0 * trial.measured.median,
            100.0 * trial.simulated,
            match (trial.is_trusted(), trial.spoiled) {
                (true, 0) => String::new(),
                (true, spoiled) => format!(", at trial {}", spoiled + 1),
                (false, _) => "  ✗".to_owned(),
            }
        );
    }
    match trials.iter().take_while(|trial| trial.is_trusted()).last() {
        Some(trial) => {
            let _ = writeln!(
                text,
                "Ticks of {:?} and longer can be trusted here.",
                trial.tick
            );
        }
        None => text.push_str(
            "No tick tried can be trusted at this moment; is the CPU in use?\n\
             Runs work all the same.\n",
        ),
    }
    text
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
}
