//! Two tables as comma-separated values (RFC 4180): every process in every tick, and what became
//! of each process. The heads of the columns name the units; what there is not is an empty field.

use std::iter::zip;

use csv::{Terminator, WriterBuilder};
use serde::Serialize;

use crate::machine::{Exit, signal_name};
use crate::scheduler::{State, Value};
use crate::trace::{Cell, ProcessRecord, TickRecord, Trace};
use crate::workload::{Instruction, ProcessSpec};

/// A process in a tick.
#[derive(Default, Serialize)]
struct TickRow<'a> {
    tick: u64,
    start_ns: Option<u64>,
    end_ns: Option<u64>,
    nominal_ns: u64,
    process: usize,
    name: Option<&'a str>,
    pid: Option<i32>,
    state: Option<State>,
    instruction: Option<Instruction>,
    kernel: Option<char>,
    /// By its own clock, from its first stop to the end of the tick in which it executed.
    cpu_so_far_ns: Option<u64>,
    io_completed: Option<bool>,
    ios_in_flight: Option<u64>,
    simulated_state: Option<State>,
    simulated_instruction: Option<Instruction>,
    /// Parameters of the policy, where it has them.
    switch: Option<Value>,
    io_done: Option<Value>,
}

/// A row for each tick and process, in this order. A tick that only the simulation has is there,
/// too, without what is measured.
#[must_use]
pub fn ticks(trace: &Trace) -> String {
    let paper = trace.on_paper();
    let most = paper.len().max(trace.ticks.len());
    let rows = (0..most).flat_map(|index| {
        let (real, paper) = (trace.ticks.get(index), paper.get(index));
        (0..trace.workload.processes.len())
            .map(move |process| tick_row(trace, index, process, real, paper))
    });
    table(rows)
}

fn tick_row<'a>(
    trace: &'a Trace,
    index: usize,
    process: usize,
    real: Option<&TickRecord>,
    paper: Option<&TickRecord>,
) -> TickRow<'a> {
    let cell =
        |tick: Option<&TickRecord>| -> Option<Cell> { tick?.processes.get(process).copied() };
    let (cell, simulated) = (cell(real), cell(paper));
    let executed = cell.and_then(|cell| cell.instruction);
    let tick = index as u64 + 1;
    let policy = trace.policy_in(tick);
    TickRow {
        tick,
        start_ns: real.and_then(|real| real.start_ns),
        end_ns: real.and_then(|real| real.end_ns),
        nominal_ns: trace.nominal_ns(index),
        process,
        name: trace.workload.processes[process].name.as_deref(),
        pid: trace.processes.get(process).map(|process| process.pid),
        state: cell.map(|cell| cell.state),
        instruction: executed,
        kernel: cell.and_then(|cell| cell.kernel),
        cpu_so_far_ns: executed.and(real).and_then(|real| real.cpu_ns),
        io_completed: real.map(|real| real.io_completed),
        ios_in_flight: real.map(|real| real.ios_in_flight),
        simulated_state: simulated.map(|cell| cell.state),
        simulated_instruction: simulated.and_then(|cell| cell.instruction),
        switch: policy.parameter("switch"),
        io_done: policy.parameter("io_done"),
    }
}

/// What became of a process.
#[derive(Default, Serialize)]
struct ProcessRow<'a> {
    process: u32,
    name: Option<&'a str>,
    program: &'a str,
    pid: i32,
    exit_status: Option<i32>,
    exit_signal: Option<String>,
    interference: u64,
    cpu_ns: u64,
    simulated_cpu_ticks: u64,
    measured_cpu_ticks: u64,
    simulated_turnaround_ticks: Option<u64>,
    measured_turnaround_ticks: Option<u64>,
    measured_turnaround_ns: Option<u64>,
    simulated_response_ticks: Option<u64>,
    measured_response_ticks: Option<u64>,
    measured_response_ns: Option<u64>,
    simulated_waiting_ticks: u64,
    measured_waiting_ticks: u64,
    measured_waiting_ns: Option<u64>,
    voluntary_switches: Option<u64>,
    involuntary_switches: Option<u64>,
}

/// A row for each process.
#[must_use]
pub fn processes(trace: &Trace) -> String {
    let row = |(process, program)| process_row(process, program);
    table(zip(&trace.processes, &trace.workload.processes).map(row))
}

fn process_row<'a>(process: &ProcessRecord, program: &'a ProcessSpec) -> ProcessRow<'a> {
    let (paper, real) = (process.simulated, process.measured);
    let (exit_status, exit_signal) = match process.exit {
        Some(Exit::Code(code)) => (Some(code), None),
        Some(Exit::Signal { number, .. }) => (None, Some(signal_name(number))),
        None => (None, None),
    };
    ProcessRow {
        process: process.id,
        name: program.name.as_deref(),
        program: &program.given,
        pid: process.pid,
        exit_status,
        exit_signal,
        interference: process.interference.unwrap_or(0),
        cpu_ns: process.cpu_ns,
        simulated_cpu_ticks: paper.cpu_ticks,
        measured_cpu_ticks: real.cpu_ticks,
        simulated_turnaround_ticks: paper.turnaround_ticks,
        measured_turnaround_ticks: real.turnaround_ticks,
        measured_turnaround_ns: real.turnaround_ns,
        simulated_response_ticks: paper.response_ticks,
        measured_response_ticks: real.response_ticks,
        measured_response_ns: real.response_ns,
        simulated_waiting_ticks: paper.waiting_ticks,
        measured_waiting_ticks: real.waiting_ticks,
        measured_waiting_ns: real.waiting_ns,
        voluntary_switches: process.voluntary_switches,
        involuntary_switches: process.involuntary_switches,
    }
}

/// The rows below their heads, which are there without rows, too.
fn table<Row: Serialize + Default>(rows: impl Iterator<Item = Row>) -> String {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        let mut text = written([Row::default()]);
        text.truncate(text.find(END).map_or(0, |end| end + END.len()));
        return text;
    }
    written(rows)
}

const END: &str = "\r\n";

fn written(rows: impl IntoIterator<Item = impl Serialize>) -> String {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).expect(MEMORY);
    }
    let bytes = writer.into_inner().expect(MEMORY);
    String::from_utf8_lossy(&bytes).into_owned()
}

const MEMORY: &str = "memory can be written, and all rows are alike";
