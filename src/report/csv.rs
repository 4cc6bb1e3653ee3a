//! Two tables as comma-separated values (RFC 4180): every process in every tick, and what became
//! of each process. The heads of the columns name the units; what there is not is an empty field.

use std::iter::zip;

use csv::{Terminator, WriterBuilder};
use serde_json::{Value, json};

use crate::machine::{Exit, signal_name};
use crate::scheduler::PolicySpec;
use crate::trace::{Cell, ProcessRecord, TickRecord, Trace};
use crate::workload::ProcessSpec;

/// A process in a tick, of the run and of its simulation.
struct TickRow<'a> {
    trace: &'a Trace,
    /// From 0.
    index: usize,
    process: usize,
    real: Option<&'a TickRecord>,
    paper: Option<&'a TickRecord>,
}

impl TickRow<'_> {
    const fn number(&self) -> u64 {
        self.index as u64 + 1
    }

    fn cell(&self) -> Option<Cell> {
        self.real?.processes.get(self.process).copied()
    }

    fn simulated(&self) -> Option<Cell> {
        self.paper?.processes.get(self.process).copied()
    }

    /// Its parameters have columns where it is the one of the book.
    fn policy(&self) -> PolicySpec {
        self.trace.policy_in(self.number())
    }

    fn pid(&self) -> Option<i32> {
        Some(self.trace.processes.get(self.process)?.pid)
    }

    /// For how long the supervisor stood still in it, or right before it.
    fn pause_ns(&self) -> Option<u64> {
        let pauses = self.trace.pauses.iter();
        let pauses = pauses.filter(|pause| pause.tick.0 == self.number());
        let lengths = pauses.map(|pause| pause.length_ns);
        self.real.map(|_| lengths.fold(0, u64::saturating_add))
    }

    /// By the clock of the process that executed in it, from its first stop to the end of the tick.
    fn cpu_so_far_ns(&self) -> Option<u64> {
        self.cell()?.instruction.and(self.real?.cpu_ns)
    }
}

/// The head of a column, and its field in a row.
type Column<Row> = (&'static str, fn(&Row) -> Value);

/// A row for each tick and process, in this order. A tick that only the simulation has is there,
/// too, without what is measured.
pub fn ticks(trace: &Trace) -> String {
    let columns: [Column<TickRow<'_>>; 18] = [
        ("tick", |row| json!(row.number())),
        ("start_ns", |row| json!(row.real.and_then(|t| t.start_ns))),
        ("end_ns", |row| json!(row.real.and_then(|t| t.end_ns))),
        ("nominal_ns", |row| json!(row.trace.nominal_ns(row.index))),
        ("process", |row| json!(row.process)),
        ("name", |row| {
            json!(row.trace.workload.processes[row.process].name)
        }),
        ("pid", |row| json!(row.pid())),
        ("state", |row| json!(row.cell().map(|c| c.state))),
        ("instruction", |row| {
            json!(row.cell().and_then(|c| c.instruction))
        }),
        ("kernel", |row| json!(row.cell().and_then(|c| c.kernel))),
        ("cpu_so_far_ns", |row| json!(row.cpu_so_far_ns())),
        ("io_completed", |row| {
            json!(row.real.map(|t| t.io_completed))
        }),
        ("ios_in_flight", |row| {
            json!(row.real.map(|t| t.ios_in_flight))
        }),
        ("simulated_state", |row| {
            json!(row.simulated().map(|c| c.state))
        }),
        ("simulated_instruction", |row| {
            json!(row.simulated().and_then(|c| c.instruction))
        }),
        ("switch", |row| json!(row.policy().parameter("switch"))),
        ("io_done", |row| json!(row.policy().parameter("io_done"))),
        ("pause_ns", |row| json!(row.pause_ns())),
    ];
    let paper = trace.on_paper();
    let rows = (0..paper.len().max(trace.ticks.len())).flat_map(|index| {
        let (real, paper) = (trace.ticks.get(index), paper.get(index));
        (0..trace.workload.processes.len()).map(move |process| TickRow {
            trace,
            index,
            process,
            real,
            paper,
        })
    });
    table(&columns, rows)
}

type ProcessRow<'a> = (&'a ProcessRecord, &'a ProcessSpec, &'a Trace);

/// A row for each process: what became of it.
pub fn processes(trace: &Trace) -> String {
    let columns: [Column<ProcessRow<'_>>; 21] = [
        ("process", |(record, ..)| json!(record.id)),
        ("name", |(_, program, _)| json!(program.name)),
        ("program", |(_, program, _)| json!(program.given)),
        ("pid", |(record, ..)| json!(record.pid)),
        ("exit_status", |(record, ..)| match record.exit {
            Some(Exit::Code(code)) => json!(code),
            _ => Value::Null,
        }),
        ("exit_signal", |(record, ..)| match record.exit {
            Some(Exit::Signal { number, .. }) => json!(signal_name(number)),
            _ => Value::Null,
        }),
        ("interference", |(record, _, trace)| {
            json!(trace.interfered(record))
        }),
        ("cpu_ns", |(record, ..)| json!(record.cpu_ns)),
        ("simulated_cpu_ticks", |(r, ..)| {
            json!(r.simulated.cpu_ticks)
        }),
        ("measured_cpu_ticks", |(r, ..)| json!(r.measured.cpu_ticks)),
        ("simulated_turnaround_ticks", |(record, ..)| {
            json!(record.simulated.turnaround_ticks)
        }),
        ("measured_turnaround_ticks", |(record, ..)| {
            json!(record.measured.turnaround_ticks)
        }),
        ("measured_turnaround_ns", |(record, ..)| {
            json!(record.measured.turnaround_ns)
        }),
        ("simulated_response_ticks", |(record, ..)| {
            json!(record.simulated.response_ticks)
        }),
        ("measured_response_ticks", |(record, ..)| {
            json!(record.measured.response_ticks)
        }),
        ("measured_response_ns", |(record, ..)| {
            json!(record.measured.response_ns)
        }),
        ("simulated_waiting_ticks", |(record, ..)| {
            json!(record.simulated.waiting_ticks)
        }),
        ("measured_waiting_ticks", |(record, ..)| {
            json!(record.measured.waiting_ticks)
        }),
        ("measured_waiting_ns", |(r, ..)| {
            json!(r.measured.waiting_ns)
        }),
        ("voluntary_switches", |(r, ..)| json!(r.voluntary_switches)),
        ("involuntary_switches", |(r, ..)| {
            json!(r.involuntary_switches)
        }),
    ];
    let rows = zip(&trace.processes, &trace.workload.processes);
    table(
        &columns,
        rows.map(|(record, program)| (record, program, trace)),
    )
}

fn table<Row>(columns: &[Column<Row>], rows: impl Iterator<Item = Row>) -> String {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .has_headers(false)
        .from_writer(Vec::new());
    let heads = columns.iter().map(|(head, _)| head);
    writer.write_record(heads).expect(MEMORY);
    for row in rows {
        let fields: Vec<_> = columns.iter().map(|(_, field)| field(&row)).collect();
        writer.serialize(fields).expect(MEMORY);
    }
    let bytes = writer.into_inner().expect(MEMORY);
    String::from_utf8_lossy(&bytes).into_owned()
}

const MEMORY: &str = "memory can be written, and all rows are alike";
