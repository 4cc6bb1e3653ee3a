//! `timeshare report`: a trace as a page, a picture or a text.

use std::path::{Path, PathBuf};

use super::place::{refuse_to_overwrite, refuse_twice};
use super::recorded;
use crate::cli::Report;
use crate::output::failure::Failure;
use crate::output::{OutputFile, width};
use crate::report::format::Format;
use crate::trace::Trace;

pub fn report(arguments: &Report) -> Result<(), Failure> {
    let asked = arguments.files.asked();
    let paths: Vec<_> = asked.iter().map(|(_, path)| path.as_path()).collect();
    refuse_twice(&paths)?;
    for path in paths {
        refuse_to_overwrite(&arguments.trace, path, "the trace")?;
    }

    let trace = recorded::read(&arguments.trace)?.into_trace();
    // All of them before the first is written: a name that cannot be written is known at once.
    let create = |(format, path): (Format, PathBuf)| ReportFile::create(format, &path);
    let files: Vec<_> = asked.into_iter().map(create).collect::<Result<_, _>>()?;
    files.iter().try_for_each(|file| file.write(&trace))
}

/// Where a report in one format goes.
pub struct ReportFile {
    format: Format,
    file: OutputFile,
}

impl ReportFile {
    pub fn create(format: Format, path: &Path) -> Result<Self, Failure> {
        let file = OutputFile::create(path, format.what())?;
        Ok(Self { format, file })
    }

    pub const fn is_stdout(&self) -> bool {
        self.file.is_stdout()
    }

    pub fn write(&self, trace: &Trace) -> Result<(), Failure> {
        self.file.write_text(&self.format.render(trace, width()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::{Reap, ReasonKind, TransitionKind};
    use crate::trace::recording::{Beginning, SCHEMA};
    use crate::trace::{
        DecisionRecord, MachineFacts, Outcome, PolicyRecord, Recording, RunLog, assemble, record,
    };
    use crate::workload::dialect::Dialect;
    use crate::workload::notation;

    /// Two processes in turns of two ticks, as a run that went as on paper.
    fn round_robin() -> Trace {
        let (workload, _) = notation::programs("c4:c4").unwrap();
        let policy = PolicyRecord {
            spec: "round_robin, slice 2".parse().unwrap(),
            io_length: 5,
            dialect: Dialect::Current,
            reap: Reap::Now,
        };
        let beginning = Beginning {
            schema: SCHEMA.to_owned(),
            timeshare: String::new(),
            workload: workload.clone(),
            policy,
            tick_ns: 10_000_000,
            machine: MachineFacts {
                kernel: String::new(),
                cpu_model: String::new(),
                cpus_allowed: vec![0],
                cpu: 0,
                supervisor_cpu: 0,
                supervisor_class: String::new(),
                children_class: String::new(),
                runs_beside: Vec::new(),
            },
            pids: vec![101, 102],
        };
        let paper = record(&workload, &policy, 100);
        let log = RunLog {
            decisions: paper.decisions.iter().map(Into::into).collect(),
            ticks: paper.ticks,
            ..RunLog::default()
        };
        assemble(beginning, log, Outcome::Complete, None)
    }

    #[test]
    fn a_trace_of_another_policy_is_read_and_shown_in_every_format() {
        let trace = round_robin();
        assert!(trace.agreement.is_whole() && trace.ticks.len() == 8);
        let over = |decision: &&DecisionRecord| {
            decision.reason == ReasonKind::SliceOver
                && decision.transition == Some(TransitionKind::Dispatch)
        };
        assert_eq!(trace.decisions.iter().filter(over).count(), 2);

        let json = serde_json::to_string(&trace).unwrap();
        assert!(
            json.contains(r#""policy":{"name":"round_robin","slice":2,"#),
            "{json}"
        );
        let trace = Recording::read(json.as_bytes()).unwrap().into_trace();
        for format in [Format::Html, Format::Svg, Format::Perfetto] {
            let shown = format.render(&trace, 80);
            assert!(shown.contains("round_robin"), "{format:?}: {shown}");
            assert!(shown.contains("slice 2"), "{format:?}: {shown}");
        }
        let text = Format::Text.render(&trace, 80);
        assert!(text.contains("RUN:cpu"), "{text}");
        let ticks = Format::Ticks.render(&trace, 80);
        assert_eq!(ticks.lines().count(), 1 + 2 * 8);
    }
}
