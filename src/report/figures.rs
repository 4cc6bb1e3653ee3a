//! The figures of a run, each worked out in one place. The formats set them in their own ways.

use crate::machine::{Exit, Pause, PauseCause, signal_name};
use crate::text::table::{count, share, time};
use crate::trace::{Account, Kill, ProcessRecord, Totals, Trace};

/// A figure of the run as a whole; empty where there is none.
pub struct Total {
    pub name: &'static str,
    pub simulated: String,
    /// Measured, as the scheduler counts.
    pub ticks: String,
    /// Measured, as a clock does.
    pub time: String,
}

/// Of the whole run, of the CPU and of the device.
pub fn totals(trace: &Trace) -> [Total; 5] {
    let real = &trace.measured;
    let busy = |name, ticks: fn(&Totals) -> u64, ns: u64| Total {
        name,
        simulated: count(ticks(&trace.simulated), "tick"),
        ticks: count(ticks(real), "tick"),
        time: time(ns),
    };
    let utilization = |name, of: fn(&Totals) -> f64| Total {
        name,
        simulated: format!("{} of ticks", percent(of(&trace.simulated))),
        ticks: String::new(),
        time: format!("{} of wall time", percent(of(real))),
    };
    [
        busy("total time", |t| t.ticks, real.wall_ns.unwrap_or(0)),
        busy("CPU busy", |t| t.cpu_busy_ticks, real.cpu_busy_ns()),
        busy("I/O busy", |t| t.io_busy_ticks, real.io_busy_ns),
        utilization("CPU utilization", |t| t.cpu_utilization),
        utilization("I/O utilization", |t| t.io_utilization),
    ]
}

/// What the threads of the supervisor took; first that of the one that schedules.
pub fn threads(trace: &Trace) -> Vec<Total> {
    let real = &trace.measured;
    let threads = [
        ("supervisor", real.supervisor_cpu_ns),
        ("sampling", real.sampling_cpu_ns),
        ("printing", real.printing_cpu_ns),
    ];
    let total = |(name, ns): (_, Option<u64>)| {
        let ns = ns?;
        let of_wall = share(ns, real.wall_ns.unwrap_or(0));
        Some(Total {
            name,
            simulated: String::new(),
            ticks: String::new(),
            time: format!("{} of CPU time, {of_wall} of wall time", time(ns)),
        })
    };
    threads.into_iter().filter_map(total).collect()
}

/// A part of 1, in percent.
pub fn percent(part: f64) -> String {
    format!("{:.2}%", 100.0 * part)
}

pub struct ProcessFigures<'a> {
    pub record: &'a ProcessRecord,
    pub name: Option<&'a str>,
    /// Its figures are distorted from outside.
    pub is_disturbed: bool,
    /// Its status, or the signal that killed it.
    pub exit: String,
    /// As [`PROCESS_HEADS`] names them.
    pub spans: [Span; 4],
    pub voluntary_switches: String,
    pub involuntary_switches: String,
}

pub const PROCESS_HEADS: [&str; 6] = [
    "exit",
    "CPU time",
    "turnaround",
    "response",
    "waiting",
    "switches",
];

pub fn processes(trace: &Trace) -> impl Iterator<Item = ProcessFigures<'_>> {
    let programs = &trace.workload.processes;
    trace
        .processes
        .iter()
        .zip(programs)
        .map(|(record, program)| {
            let (paper, real) = (record.simulated, record.measured);
            ProcessFigures {
                record,
                name: program.name.as_deref(),
                is_disturbed: trace.interfered(record) > 0,
                exit: record.exit.map_or_else(|| "-".to_owned(), exit),
                spans: [
                    span(Some(paper.cpu_ticks), Some(record.cpu_ns)),
                    span(paper.turnaround_ticks, real.turnaround_ns),
                    span(paper.response_ticks, real.response_ns),
                    span(Some(paper.waiting_ticks), real.waiting_ns),
                ],
                voluntary_switches: known(record.voluntary_switches),
                involuntary_switches: known(record.involuntary_switches),
            }
        })
}

/// How long something took: in ticks on paper, and measured in time.
pub struct Span {
    pub simulated: String,
    pub measured: String,
}

fn span(ticks: Option<u64>, ns: Option<u64>) -> Span {
    Span {
        simulated: ticks.map_or_else(|| "-".to_owned(), |ticks| count(ticks, "tick")),
        measured: ns.map_or_else(|| "-".to_owned(), time),
    }
}

fn known(number: Option<u64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}

/// `0`, or the signal that killed it.
fn exit(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => code.to_string(),
        Exit::Signal {
            number,
            core_dumped,
        } => format!(
            "{}{}",
            signal_name(number),
            if core_dumped { "\n(core)" } else { "" }
        ),
    }
}

/// A kill in a sentence; `when`: empty, or as in ` in tick 3`.
pub fn kill(kill: &Kill, when: &str) -> String {
    let (process, signal) = (kill.process, signal_name(kill.number));
    format!("Interference{when}: {process} was killed by {signal}, not by timeshare.")
}

/// A pause in a sentence; `when`: empty, or as in ` in tick 3`.
pub fn pause(pause: &Pause, when: &str) -> String {
    let length = time(pause.length_ns);
    match pause.cause {
        PauseCause::Terminal => {
            format!("Suspended{when} for {length}; processes and clocks stood still.")
        }
        PauseCause::Person => {
            format!("Paused{when} for {length}; processes and clocks stood still.")
        }
        PauseCause::Outside => format!(
            "Interference{when}: the supervisor was stopped for {length}; the running process went \
             on."
        ),
        PauseCause::Frozen => format!(
            "Interference{when}: all stood still from outside for {length}:\n\
             the control group was frozen, or the whole machine."
        ),
    }
}

/// A part of the account of the wall time.
pub struct Part {
    pub name: &'static str,
    pub ns: i64,
    pub meaning: &'static str,
}

/// The parts that the simulation has, too.
pub const WORK: &str = "work";
pub const IDLE: &str = "idle by design";

/// Those that are an exception are told where there are any.
pub fn parts(account: &Account) -> impl Iterator<Item = Part> {
    let part = |name, ns, meaning| Part { name, ns, meaning };
    let dispatch = "stop, confirm, continue";
    let interference = "ready, others had the CPU";
    let parts = [
        part(WORK, account.work_ns, "instructions, at nominal length"),
        part("overrun", account.overrun_ns, "their CPU time beyond that"),
        part(STOLEN, account.stolen_ns, "by interrupts, the hypervisor"),
        part("dispatch", account.dispatch_ns, dispatch),
        part("interference", account.interference_ns, interference),
        part(THROTTLED, account.throttled_ns, "ready, CPU quota used up"),
        part(OWN_THREADS, account.own_threads_ns, "sampling and printing"),
        part(STALLED, account.stalled_ns, "left the CPU by itself"),
        part(
            STOOD_STILL,
            account.stood_still_ns,
            "stopped or frozen from outside",
        ),
        part(IDLE, account.idle_by_design_ns, "none ready, as simulated"),
        part(
            IDLE_OTHERWISE,
            account.idle_otherwise_ns,
            "not as simulated",
        ),
        part(
            "idle lateness",
            account.idle_lateness_ns,
            "clock or device late",
        ),
        part("supervisor", account.supervisor_ns, "on the processes' CPU"),
    ];
    let is_told = |part: &Part| part.ns != 0 || !EXCEPTIONS.contains(&part.name);
    parts.into_iter().filter(is_told)
}

/// All parts together.
pub const fn sum(account: &Account) -> Part {
    Part {
        name: "wall time",
        ns: account.total_ns(),
        meaning: "the sum",
    }
}

const STOLEN: &str = "stolen";
const THROTTLED: &str = "throttled";
const OWN_THREADS: &str = "own threads";
const STALLED: &str = "stalled";
const STOOD_STILL: &str = "stood still";
const IDLE_OTHERWISE: &str = "idle otherwise";
const EXCEPTIONS: [&str; 6] = [
    STOLEN,
    THROTTLED,
    OWN_THREADS,
    STALLED,
    STOOD_STILL,
    IDLE_OTHERWISE,
];
