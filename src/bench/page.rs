//! The instrument's own figures, with a plain sentence on each.

use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;

use crate::text::prose::{item, list, paragraph};
use crate::text::table::{count, length, time};
use crate::trace::{Agreement, MachineFacts, ratio, signed};

/// The name of the document `--json` writes.
pub const SCHEMA: &str = "timeshare/bench/1";

/// What `bench` measures. Shares and utilizations are fractions of 1.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    pub schema: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<MachineFacts>,
    pub round_trips: Vec<RoundTrips>,
    /// To sample the state of one process.
    pub sample_ns: u64,
    pub crowds: Vec<Crowd>,
    /// Those there is no room for on this machine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// A crowd that was not measured.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOut {
    pub processes: u64,
    pub why: String,
}

/// Two processes that alternate an I/O and the handling of its completion: another one's turn at
/// every other tick at least, and on paper never an idle CPU.
#[derive(Clone, Debug, Serialize)]
pub struct RoundTrips {
    pub tick_ns: u64,
    pub ticks: u64,
    pub agreement: Agreement,
    pub cpu_utilization: f64,
    pub simulated_cpu_utilization: f64,
    /// CPU time of each thread of the supervisor over wall time: the one that schedules, the one
    /// that samples, the one that prints (here, to /dev/null).
    pub scheduling_share: f64,
    pub sampling_share: f64,
    pub printing_share: f64,
    /// Time others had the CPU while a process was ready, over wall time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interference_share: Option<f64>,
    /// From the end of a tick to the switch to the new process. Absent where the kernel records no
    /// context switches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "handover")]
    pub switch_latency: Option<Latency>,
}

/// How latencies are distributed, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Latency {
    pub count: u64,
    pub p50_ns: u64,
    pub p99_ns: u64,
    pub max_ns: u64,
}

impl Latency {
    /// `None` of none.
    pub fn of(mut latencies_ns: Vec<u64>) -> Option<Self> {
        latencies_ns.sort_unstable();
        let at = |percent: usize| {
            let index = (latencies_ns.len() * percent)
                .div_ceil(100)
                .saturating_sub(1);
            latencies_ns.get(index).copied()
        };
        Some(Self {
            count: latencies_ns.len() as u64,
            p50_ns: at(50)?,
            p99_ns: at(99)?,
            max_ns: *latencies_ns.last()?,
        })
    }
}

/// One process computes while others are there, ready and stopped.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Crowd {
    pub processes: u64,
    /// From the first fork until all were stopped.
    #[serde(rename = "birth_ns")]
    pub spawn_ns: u64,
    /// Wall time of a tick beyond the CPU time of its instruction.
    pub overhead_per_tick_ns: u64,
    /// CPU time of the thread that schedules, for each tick.
    pub supervisor_per_tick_ns: u64,
}

/// The figures as a person reads them.
pub fn sentences(figures: &Figures, width: u16) -> String {
    let mut text = String::new();
    if let Some(machine) = &figures.machine {
        let place = format!(
            "{}, {}; CPU {} of {}, supervisor {}.",
            machine.kernel,
            machine.cpu_model,
            machine.cpu,
            list(&machine.cpus_allowed),
            machine.supervisor_class
        );
        text += &paragraph(&place, width, "");
        text.push('\n');
    }
    for trips in &figures.round_trips {
        text += &round_trip(trips, width);
    }
    let _ = writeln!(
        text,
        "Sampling the state of a process takes {}.",
        time(signed(figures.sample_ns))
    );
    for crowd in &figures.crowds {
        let per_second = 1e9 * ratio(crowd.processes, crowd.spawn_ns);
        let costs = format!(
            "created and stopped in {} ({per_second:.0} per second); a tick costs {} beyond its \
             instruction, {} of it the supervisor's.",
            time(signed(crowd.spawn_ns)),
            time(signed(crowd.overhead_per_tick_ns)),
            time(signed(crowd.supervisor_per_tick_ns)),
        );
        text += &item(&who(crowd.processes), &costs, width);
    }
    for crowd in &figures.left_out {
        let why = format!("left out: {}.", crowd.why);
        text += &item(&who(crowd.processes), &why, width);
    }
    text
}

fn who(processes: u64) -> String {
    format!("{:>14}: ", format!("{processes} processes"))
}

fn round_trip(trips: &RoundTrips, width: u16) -> String {
    let percent = |share: f64| format!("{:.2}%", 100.0 * share);
    let Agreement {
        cells,
        model_equal,
        kernel_sampled,
        kernel_equal,
        ..
    } = trips.agreement;
    let switch_latency = match trips.switch_latency {
        Some(latency) => {
            let [p50, p99, max] =
                [latency.p50_ns, latency.p99_ns, latency.max_ns].map(|ns| time(signed(ns)));
            format!(
                "From the end of a tick to the switch to the new process: {p50} (p50), {p99} (p99), \
                 {max} (max)."
            )
        }
        None => "The kernel records no context switches: switch latency not measured.".to_owned(),
    };
    let shares = format!(
        "The processes had the CPU for {} of the time; on paper, {}.",
        percent(trips.cpu_utilization),
        percent(trips.simulated_cpu_utilization)
    );
    let cells = format!(
        "{model_equal} of {cells} cells as simulated; the kernel agreed in {kernel_equal} of \
         {kernel_sampled} sampled."
    );
    let costs = format!(
        "The supervisor used {} of a CPU for scheduling, {} for sampling, {} for printing{}.",
        percent(trips.scheduling_share),
        percent(trips.sampling_share),
        percent(trips.printing_share),
        trips.interference_share.map_or_else(String::new, |share| {
            format!("; others took {}", percent(share))
        })
    );
    let tick = length(Duration::from_nanos(trips.tick_ns));
    let ticks = count(trips.ticks, "tick");
    let mut text = format!("Ticks of {tick}, two processes, an I/O every other tick ({ticks}):\n");
    for sentence in [switch_latency, shares, cells, costs] {
        text += &item("  ", &sentence, width);
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let latency = Latency::of((1..=100).rev().collect()).unwrap();
        assert_eq!(
            latency,
            Latency {
                count: 100,
                p50_ns: 50,
                p99_ns: 99,
                max_ns: 100
            }
        );
        assert_eq!(Latency::of(vec![7]).unwrap().p99_ns, 7);
        assert_eq!(Latency::of(Vec::new()), None);
    }
}
