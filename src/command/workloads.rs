//! `timeshare workloads`: the workloads that come with the program.

use serde::Serialize;

use crate::cli::Workloads;
use crate::output::failure::Failure;
use crate::output::{JsonFile, print, width};
use crate::text::prose::row;
use crate::workload::file;
use crate::workload::file::WorkloadFile;

const SCHEMA: &str = "timeshare/workloads/1";

#[derive(Serialize)]
struct List {
    schema: &'static str,
    workloads: Vec<Supplied>,
}

#[derive(Serialize)]
struct Supplied {
    name: &'static str,
    /// What it shows.
    description: String,
    /// The programs, each as it is written in the file.
    programs: Vec<String>,
    run: String,
}

impl Supplied {
    fn new(name: &'static str, workload: WorkloadFile) -> Self {
        let processes = workload.expand(None).processes;
        Self {
            name,
            description: workload.description.unwrap_or_default(),
            programs: processes.into_iter().map(|spec| spec.given).collect(),
            run: format!("timeshare run {name}"),
        }
    }
}

pub fn workloads(arguments: &Workloads) -> Result<(), Failure> {
    let json = arguments.json.as_deref().map(JsonFile::create);
    let json = json.transpose()?;
    let workloads = file::supplied()
        .map_err(|error| Failure::Input(error.to_string()))?
        .into_iter()
        .map(|(name, workload)| Supplied::new(name, workload))
        .collect();
    let list = List {
        schema: SCHEMA,
        workloads,
    };
    if let Some(json) = &json {
        json.write(&list)?;
    }
    if json.is_some_and(|json| json.is_stdout()) {
        return Ok(());
    }
    print(&text(&list.workloads, width()))
}

fn text(workloads: &[Supplied], width: u16) -> String {
    let mut text = "Workloads that come with timeshare:\n\n".to_owned();
    let names = workloads.iter().map(|workload| workload.name.len());
    let longest = names.max().unwrap_or(0);
    for workload in workloads {
        let name = format!("  {}", workload.name);
        text += &row(&name, longest + 3, &workload.description, width);
    }
    text.push_str(
        "\n  timeshare run figure-4.4            runs one with real processes\
         \n  timeshare simulate figure-4.4 -cp   simulates it, as process-run.py\
         \n  timeshare watch figure-4.4          shows it on the whole screen\
         \n  timeshare compare figure-4.4        shows simulation and run side by side\n",
    );
    text
}
