//! What a workload file may say.

use super::invalid::Invalid;
use super::{PlannedProcess, Recipe, WorkloadFile};
use crate::workload::dialect::Dialect;
use crate::workload::duration::parse_tick;
use crate::workload::notation;
use crate::workload::notation::{Budget, Draw, NotationError, Seed, Token, parse_io_length};
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};
use serde::Deserialize;
use std::fmt::Display;
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

type Text = Option<Spanned<String>>;

/// The keys of each kind of table, as the structs below have them.
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Text,
    description: Text,
    seed: Text,
    tick: Text,
    iolength: Option<Spanned<i64>>,
    dialect: Text,
    #[serde(default)]
    policy: Policy,
    process: Option<Spanned<Vec<Spanned<Process>>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    switch: Text,
    iodone: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Process {
    name: Text,
    program: Text,
    random: Text,
}

pub(super) fn workload_file(source: &str) -> Result<WorkloadFile, Invalid> {
    let mut document = DeTable::parse(source).map_err(|error| Invalid::syntax(&error))?;
    expect_tables(document.get_ref())?;
    expect_keys(document.get_ref())?;
    seed_as_text(document.get_mut(), source);
    let document = toml::de::Deserializer::from(document);
    let file: File =
        serde_path_to_error::deserialize(document).map_err(|error| Invalid::schema(&error))?;
    Ok(WorkloadFile {
        name: read(file.name, |text| name(text))?,
        description: read(file.description, |text| description(text))?,
        seed: read(file.seed, |text| Seed::parse(text))?,
        dialect: read(file.dialect, |text| Dialect::from_str(text))?,
        switch: read(file.policy.switch, |text| SwitchPolicy::from_str(text))?,
        iodone: read(file.policy.iodone, |text| IoDonePolicy::from_str(text))?,
        iolength: read(file.iolength, |ticks| parse_io_length(&ticks.to_string()))?,
        tick: read(file.tick, |text| parse_tick(text))?,
        processes: processes(file.process, source)?,
    })
}

/// What `read` makes of the value, if there is one.
fn read<V, T, E: Display>(
    value: Option<Spanned<V>>,
    read: impl FnOnce(&V) -> Result<T, E>,
) -> Result<Option<T>, Invalid> {
    value
        .map(|value| {
            read(value.get_ref()).map_err(|error| Invalid::new(value.span(), error.to_string()))
        })
        .transpose()
}

/// To serde an array is a struct, too: its elements in the order of the keys.
fn expect_tables(document: &DeTable<'_>) -> Result<(), Invalid> {
    let policy = document.get("policy");
    if let Some(policy) = policy.filter(|value| !value.get_ref().is_table()) {
        let message = "policy is no table: expected [policy], with the keys switch and iodone";
        return Err(Invalid::new(policy.span(), message));
    }
    let Some(processes) = document.get("process") else {
        return Ok(());
    };
    let elements = processes.get_ref().as_array();
    let are_tables = |array: &toml::de::DeArray<'_>| array.iter().all(|e| e.get_ref().is_table());
    if elements.is_some_and(are_tables) {
        return Ok(());
    }
    let message = "process is no array of tables: expected a [[process]] for each process";
    Err(Invalid::new(processes.span(), message))
}

/// Of several keys that cannot be, the first in the file is reported.
fn expect_keys(document: &DeTable<'_>) -> Result<(), Invalid> {
    let policy = document.get("policy").and_then(table);
    let processes = document.get("process");
    let processes = processes.and_then(|processes| processes.get_ref().as_array());
    let mut wrong = unknown_keys(document, &FILE_KEYS);
    wrong.extend(
        policy
            .into_iter()
            .flat_map(|policy| unknown_keys(policy, &POLICY_KEYS)),
    );
    for process in processes.into_iter().flatten().filter_map(table) {
        wrong.extend(unknown_keys(process, &PROCESS_KEYS));
        wrong.extend(second_program(process));
    }
    let first = wrong.into_iter().min_by_key(|invalid| invalid.span.start);
    first.map_or(Ok(()), Err)
}

fn table<'a, 's>(value: &'a Spanned<DeValue<'s>>) -> Option<&'a DeTable<'s>> {
    value.get_ref().as_table()
}

fn unknown_keys(table: &DeTable<'_>, keys: &[&str]) -> Vec<Invalid> {
    let unknown = table.keys().filter(|key| !keys.contains(&&**key.get_ref()));
    unknown
        .map(|key| Invalid::unknown_key(key.span(), key.get_ref(), keys))
        .collect()
}

/// A process that has both: the key that comes second.
fn second_program(process: &DeTable<'_>) -> Option<Invalid> {
    let span = |name| process.get_key_value(name).map(|(key, _)| key.span());
    let (program, random) = (span("program")?, span("random")?);
    let second = if program.start < random.start {
        random
    } else {
        program
    };
    let message = "a process has both program and random: expected one of them";
    Some(Invalid::new(second, message))
}

/// An integer of TOML is one of optparse too, with the same prefixes. As a seed it may be of any
/// size and is shown as it is written, so its text goes on in its place.
fn seed_as_text<'s>(document: &mut DeTable<'s>, source: &'s str) {
    if let Some(seed) = document.get_mut("seed")
        && seed.get_ref().is_integer()
        && let Some(text) = source.get(seed.span())
    {
        *seed.get_mut() = DeValue::String(DeString::Borrowed(text));
    }
}

/// A name stands in tables and pictures, so it has to be a line.
fn name(text: &str) -> Result<String, &'static str> {
    if text.contains(char::is_control) {
        return Err("name has a control character: expected one line of text");
    }
    Ok(text.to_owned())
}

fn description(text: &str) -> Result<String, &'static str> {
    if text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err("description has a control character: expected lines of text");
    }
    Ok(text.to_owned())
}

fn processes(
    tables: Option<Spanned<Vec<Spanned<Process>>>>,
    source: &str,
) -> Result<Vec<PlannedProcess>, Invalid> {
    let end = source.trim_end().len();
    let span = tables.as_ref().map_or(end..end, Spanned::span);
    let tables = tables.map(Spanned::into_inner).unwrap_or_default();
    if tables.is_empty() {
        let form = "expected a [[process]] for each, with a program or random";
        return Err(Invalid::new(span, format!("there is no process: {form}")));
    }
    let mut budget = Budget::new();
    tables
        .into_iter()
        .map(|table| process(table, source, &mut budget))
        .collect()
}

fn process(
    table: Spanned<Process>,
    source: &str,
    budget: &mut Budget,
) -> Result<PlannedProcess, Invalid> {
    let header = table.span();
    let process = table.into_inner();
    let (given, recipe) = match (process.program, process.random) {
        (Some(program), _) => {
            let recipe = written(program.get_ref(), budget);
            (program, recipe)
        }
        (None, Some(random)) => {
            let recipe = drawn(random.get_ref(), budget);
            (random, recipe)
        }
        (None, None) => {
            let message = "a process has neither program nor random: expected one of them, as in \
                           program = \"c2,i,c1\" or random = \"3:50\"";
            return Err(Invalid::new(header, message));
        }
    };
    let recipe = recipe.map_err(|error| Invalid::notation(&error, &given, source))?;
    Ok(PlannedProcess {
        name: read(process.name, |text| name(text))?,
        given: given.into_inner(),
        recipe,
    })
}

fn written(text: &str, budget: &mut Budget) -> Result<Recipe, NotationError> {
    budget.take_process(Token::whole(text))?;
    notation::strict_program(text, budget).map(Recipe::Written)
}

fn drawn(text: &str, budget: &mut Budget) -> Result<Recipe, NotationError> {
    let token = Token::whole(text);
    budget.take_process(token)?;
    Draw::parse(token, budget).map(Recipe::Random)
}
