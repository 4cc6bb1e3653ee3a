//! Reads a recording, or a whole trace.

use std::io::{self, Read};

use serde::Deserialize;

use super::{Beginning, Entry, Recording};
use crate::scheduler::ProcId;
use crate::trace;
use crate::trace::beginning::MORE_ON_PAPER;
use crate::trace::{Cell, TickRecord, Trace};
use crate::workload::Instruction;
use crate::workload::dialect::Dialect;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    #[error(
        "not a trace of timeshare: {0}. Traces are written by: timeshare run --record FILE, or \
         --json FILE"
    )]
    Foreign(serde_json::Error),
    #[error(
        "it has the format '{found}', and this version of timeshare reads '{}' and '{}'. Read it \
         with the version that wrote it, or a newer one",
        trace::SCHEMA,
        super::SCHEMA
    )]
    Version { found: String },
    #[error(
        "it is a '{found}', not a trace. Traces are written by: timeshare run --record FILE, or \
         --json FILE"
    )]
    Other { found: String },
    #[error("the trace is damaged or incomplete: {0}. Record the run again")]
    Damaged(serde_json::Error),
    #[error("the trace is damaged: line {line}: {what}")]
    Line { line: usize, what: String },
    #[error(
        "it is longer than {} MiB, which no file may be that is read here. Record fewer ticks",
        LONGEST >> 20
    )]
    Long,
    #[error("the trace contradicts itself: {0}")]
    Contradiction(String),
}

impl ReadError {
    fn of_format(found: String) -> Self {
        let formats = [trace::SCHEMA, super::SCHEMA];
        let mut families = formats
            .map(|name| name.trim_end_matches(|end| end != '/'))
            .into_iter();
        if families.any(|children| found.starts_with(children)) {
            Self::Version { found }
        } else {
            Self::Other { found }
        }
    }
}

#[derive(Deserialize)]
struct Header {
    schema: String,
}

/// No file is read that is longer, in bytes.
const LONGEST: u64 = 1 << 30;

impl Recording {
    /// Reads a recording, which may break off, or a whole trace.
    pub fn read(from: impl Read) -> Result<Self, ReadError> {
        let bytes = whole(from)?;
        let header = serde_json::Deserializer::from_slice(&bytes)
            .into_iter::<Header>()
            .next();
        let recording = match header {
            Some(Ok(header)) if header.schema == super::SCHEMA => lines(&bytes)?,
            Some(Ok(header)) if header.schema == trace::SCHEMA => {
                let trace: Trace = serde_json::from_slice(&bytes).map_err(ReadError::Damaged)?;
                check_whole(&trace)?;
                trace.into()
            }
            Some(Ok(header)) => return Err(ReadError::of_format(header.schema)),
            // A file cut short in its middle has its beginning still.
            Some(Err(error)) if error.is_eof() && names_a_format(&bytes) => {
                return Err(ReadError::Damaged(error));
            }
            Some(Err(error)) => return Err(ReadError::Foreign(error)),
            None => return Err(ReadError::Foreign(serde::de::Error::custom("it is empty"))),
        };
        check(&recording)?;
        Ok(recording)
    }
}

/// All of it, if it may be a trace: a pipe may never end.
fn whole(mut from: impl Read) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    from.by_ref().take(1 << 16).read_to_end(&mut bytes)?;
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        from.take(LONGEST).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > LONGEST {
        return Err(ReadError::Long);
    }
    Ok(bytes)
}

fn names_a_format(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.contains(trace::SCHEMA) || text.contains(super::SCHEMA)
}

/// The last line may be cut short: the process that wrote it was killed.
fn lines(bytes: &[u8]) -> Result<Recording, ReadError> {
    let mut lines = (1..).zip(bytes.split_inclusive(|&byte| byte == b'\n'));
    let (_, first) = lines.next().unwrap_or_default();
    let beginning: Beginning = serde_json::from_slice(first).map_err(ReadError::Damaged)?;
    let mut recording = Recording {
        beginning,
        entries: Vec::new(),
        end: None,
    };
    for (line, text) in lines {
        let wrong = |what: String| ReadError::Line { line, what };
        if recording.end.is_some() {
            return Err(wrong("it goes on behind its end".to_owned()));
        }
        match serde_json::from_slice(text) {
            Ok(Entry::End(trace)) => recording.end = Some(trace),
            Ok(entry) => recording.entries.push(entry),
            Err(_) if !text.ends_with(b"\n") => break,
            Err(error) => return Err(wrong(error.to_string())),
        }
    }
    Ok(recording)
}

/// What every reader relies on: as many cells in each tick as there are processes, and no process
/// that does not exist.
fn check(recording: &Recording) -> Result<(), ReadError> {
    let contradiction = |what: String| Err(ReadError::Contradiction(what));
    let Beginning {
        workload,
        pids,
        policy,
        ..
    } = &recording.beginning;
    let count = workload.processes.len();
    if pids.len() != count {
        return contradiction(format!("{count} programs, and {} processes", pids.len()));
    }
    if let Some(end) = &recording.end
        && end.processes.len() != count
    {
        return contradiction(format!(
            "it ends with {} processes of {count}",
            end.processes.len()
        ));
    }
    if let Some(end) = &recording.end
        && (&end.workload, end.policy) != (workload, *policy)
    {
        return contradiction("it ends with another workload or policy".to_owned());
    }
    let exists = |process: Option<ProcId>| process.is_none_or(|process| process.index() < count);
    let mut next = 1;
    for entry in &recording.entries {
        match entry {
            Entry::Tick(TickRecord {
                tick, processes, ..
            }) => {
                if (*tick, processes.len()) != (next, count) {
                    return contradiction(format!(
                        "tick {tick} with {} processes, where tick {next} with {count} should be",
                        processes.len()
                    ));
                }
                next += 1;
                let completes = |cell: &Cell| cell.instruction == Some(Instruction::IoDone);
                if policy.dialect == Dialect::Classic && processes.iter().any(completes) {
                    return contradiction(format!(
                        "tick {tick} has an io_done, which the classic dialect does not know"
                    ));
                }
            }
            Entry::Decision(decision) if !exists(decision.process) => {
                return contradiction(format!(
                    "a decision about no process there is, '{}'",
                    decision.why
                ));
            }
            Entry::Interference(event) if !exists(Some(event.process)) => {
                return contradiction(format!(
                    "interference with no process there is, {}",
                    event.process
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a whole trace says of its simulation must be worth playing.
fn check_whole(trace: &Trace) -> Result<(), ReadError> {
    let ticks = trace.ticks.len() as u64;
    if trace.simulated.ticks > ticks.saturating_add(MORE_ON_PAPER) {
        return Err(ReadError::Contradiction(format!(
            "{} ticks on paper for {ticks} of the run",
            trace.simulated.ticks
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(text: &str) -> String {
        Recording::read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn another_version_is_refused_by_name() {
        for found in ["timeshare/trace/2", "timeshare/recording/2"] {
            let message = refusal(&format!(r#"{{"schema": "{found}", "novelty": []}}"#));
            assert!(
                message.contains(found) && message.contains(trace::SCHEMA),
                "{message}"
            );
        }
    }

    #[test]
    fn another_document_of_ours_is_no_other_version() {
        let message = refusal(r#"{"schema": "timeshare/quiz/1", "questions": []}"#);
        assert!(
            message.starts_with("it is a 'timeshare/quiz/1', not a trace"),
            "{message}"
        );
    }

    #[test]
    fn what_never_ends_is_no_trace() {
        for byte in [0, b' ', b'[', 0xff] {
            let error = Recording::read(io::repeat(byte)).unwrap_err();
            assert!(matches!(error, ReadError::Foreign(_)), "{error}");
        }
    }

    #[test]
    fn what_is_no_trace_is_called_so() {
        for text in ["", "{}", "[1, 2]", "hello", r#"{"schema": 1}"#] {
            assert!(
                refusal(text).starts_with("not a trace of timeshare"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_trace_cut_short_is_called_damaged() {
        let message = refusal("{\"schema\": \"timeshare/trace/1\", \"tick_ns\": 10");
        assert!(message.contains("damaged or incomplete"), "{message}");
        let message = refusal("{\"schema\": \"timeshare/trace/1\", \"tick_ns\": 10}");
        assert!(message.contains("damaged or incomplete"), "{message}");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            prop_assert!(Recording::read(&bytes[..]).is_err());
        }
    }
}
