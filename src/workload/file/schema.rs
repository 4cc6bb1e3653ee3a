//! What a workload file may say.

use super::complaint::{Complaint, Text};
use super::table::{Entry, Table};
use super::{PlannedProcess, Recipe, WorkloadFile};
use crate::workload::duration::parse_tick;
use crate::workload::notation;
use crate::workload::notation::{Budget, Draw, Seed, Token, parse_io_length};
use crate::workload::policy::PolicyError;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;
use toml::de::DeTable;

const FILE_KEYS: [&str; 8] = [
    "name",
    "description",
    "seed",
    "tick",
    "iolength",
    "dialect",
    "policy",
    "process",
];
const POLICY_KEYS: [&str; 2] = ["switch", "iodone"];
const PROCESS_KEYS: [&str; 3] = ["name", "program", "random"];

/// Reads the text of a workload file.
pub(super) fn workload_file(text: &str) -> Result<WorkloadFile, Complaint> {
    let document = DeTable::parse(text).map_err(|error| Complaint::from_toml(&error))?;
    let file = Table::new(document.get_ref(), text, "a workload file", &FILE_KEYS)?;
    let policy = file
        .get("policy")
        .map(|entry| policy_table(&entry, text))
        .transpose()?;
    Ok(WorkloadFile {
        name: optional(file, "name", name)?,
        description: optional(file, "description", description)?,
        seed: optional(file, "seed", seed)?,
        dialect: named(Some(file), "dialect", "classic")?,
        switch: named(policy, "switch", "SWITCH_ON_IO")?,
        iodone: named(policy, "iodone", "IO_RUN_LATER")?,
        iolength: optional(file, "iolength", io_length)?,
        tick: optional(file, "tick", tick)?,
        processes: processes(file, text)?,
    })
}

/// What `read` makes of the entry, if there is one.
fn optional<T>(
    table: Table<'_>,
    key: &str,
    read: impl FnOnce(&Entry<'_>) -> Result<T, Complaint>,
) -> Result<Option<T>, Complaint> {
    table.get(key).map(|entry| read(&entry)).transpose()
}

/// A name stands in tables and pictures, so it has to be a line.
fn name(entry: &Entry<'_>) -> Result<String, Complaint> {
    let text = entry.text("editor")?;
    if text.value.contains(char::is_control) {
        return Err(text.complaint("name has a control character: expected one line of text"));
    }
    Ok(text.value.to_owned())
}

fn description(entry: &Entry<'_>) -> Result<String, Complaint> {
    let text = entry.text("what it shows")?;
    let harmful = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.value.contains(harmful) {
        return Err(text.complaint("description has a control character: expected lines of text"));
    }
    Ok(text.value.to_owned())
}

/// The integers of TOML are integers of optparse too, with the same prefixes.
fn seed(entry: &Entry<'_>) -> Result<Seed, Complaint> {
    let text = entry
        .integer()
        .or_else(|| entry.any_text())
        .ok_or_else(|| entry.wrong_type("an integer or a string of one, as in 42 or \"42\""))?;
    Seed::parse(text.value).map_err(|error| text.complaint(error.to_string()))
}

fn io_length(entry: &Entry<'_>) -> Result<u64, Complaint> {
    let text = entry
        .integer()
        .ok_or_else(|| entry.wrong_type("a whole number of ticks, as in 5"))?;
    parse_io_length(text.value).map_err(|error| text.complaint(error.to_string()))
}

fn tick(entry: &Entry<'_>) -> Result<Duration, Complaint> {
    let text = entry.text("10ms")?;
    parse_tick(text.value).map_err(|error| text.complaint(error.to_string()))
}

fn policy_table<'t>(entry: &Entry<'t>, source: &'t str) -> Result<Table<'t>, Complaint> {
    let entries = entry
        .table()
        .ok_or_else(|| entry.wrong_type("a table, [policy], with the keys switch and iodone"))?;
    Table::new(entries, source, "[policy]", &POLICY_KEYS)
}

fn named<P: FromStr<Err = PolicyError>>(
    table: Option<Table<'_>>,
    key: &str,
    example: &str,
) -> Result<Option<P>, Complaint> {
    let Some(entry) = table.and_then(|table| table.get(key)) else {
        return Ok(None);
    };
    let text = entry.text(example)?;
    let policy = text
        .value
        .parse()
        .map_err(|error: PolicyError| text.complaint(error.to_string()))?;
    Ok(Some(policy))
}

fn processes(file: Table<'_>, source: &str) -> Result<Vec<PlannedProcess>, Complaint> {
    let missing = |span| {
        let form = "expected a [[process]] for each, with a program or random";
        Complaint::new(span, format!("there is no process: {form}"))
    };
    let end = source.trim_end().len();
    let entry = file.get("process").ok_or_else(|| missing(end..end))?;
    let tables = entry
        .tables()
        .ok_or_else(|| entry.wrong_type("tables, a [[process]] for each process"))?;
    if tables.is_empty() {
        return Err(missing(entry.key_span));
    }
    let mut budget = Budget::new();
    tables
        .into_iter()
        .map(|(header, entries)| {
            let table = Table::new(entries, source, "[[process]]", &PROCESS_KEYS)?;
            process(table, header, &mut budget)
        })
        .collect()
}

fn process(
    table: Table<'_>,
    header: Range<usize>,
    budget: &mut Budget,
) -> Result<PlannedProcess, Complaint> {
    let name = optional(table, "name", name)?;
    let (given, recipe) = match (table.get("program"), table.get("random")) {
        (Some(entry), None) => {
            let text = entry.text("c2,i,c1")?;
            (text.value, written(&text, budget)?)
        }
        (None, Some(entry)) => {
            let text = entry.text("3:50")?;
            (text.value, random(&text, budget)?)
        }
        (Some(program), Some(random)) => {
            let later = if program.key_span.start < random.key_span.start {
                random
            } else {
                program
            };
            let message = "a process has both program and random: expected one of them";
            return Err(Complaint::new(later.key_span, message));
        }
        (None, None) => {
            let message = "a process has neither program nor random: expected one of them, as in \
                           program = \"c2,i,c1\" or random = \"3:50\"";
            return Err(Complaint::new(header, message));
        }
    };
    Ok(PlannedProcess {
        name,
        given: given.to_owned(),
        recipe,
    })
}

fn written(text: &Text<'_>, budget: &mut Budget) -> Result<Recipe, Complaint> {
    budget
        .take_process(Token::whole(text.value))
        .and_then(|()| notation::strict_program(text.value, budget))
        .map(Recipe::Written)
        .map_err(|error| text.notation_complaint(&error))
}

fn random(text: &Text<'_>, budget: &mut Budget) -> Result<Recipe, Complaint> {
    let token = Token::whole(text.value);
    budget
        .take_process(token)
        .and_then(|()| Draw::parse(token, budget))
        .map(Recipe::Random)
        .map_err(|error| text.notation_complaint(&error))
}
