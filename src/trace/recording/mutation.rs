//! Valid documents in which something was changed.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// What becomes of one place in a document.
#[derive(Clone, Debug)]
pub enum Change {
    /// Another number, where there was one.
    Number(Value),
    /// Another text, where there was one.
    Text(String),
    /// Something else, wherever.
    Other(Value),
    Removed,
    /// The same again, in a list.
    Twice,
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (0..20_u64).prop_map(Value::from),
        2 => Just(u64::MAX).prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => Just(i64::MIN).prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        // What stands in other places of a trace.
        prop::sample::select(vec![
            "",
            "running",
            "zombie",
            "blocked",
            "io",
            "T",
            "SWITCH_ON_END",
            "classic",
            "complete",
            "c3,i",
            "outside",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
        Just("x".repeat(1000)),
    ]
}

fn other() -> impl Strategy<Value = Value> {
    let texts = text().prop_map(Value::from);
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!(true)),
        number(),
        texts
    ]
}

/// Some changes, each with where.
pub fn changes() -> impl Strategy<Value = Vec<(Index, Change)>> {
    let change = prop_oneof![
        6 => number().prop_map(Change::Number),
        3 => text().prop_map(Change::Text),
        1 => other().prop_map(Change::Other),
        2 => Just(Change::Removed),
        2 => Just(Change::Twice),
    ];
    prop::collection::vec((any::<Index>(), change), 1..6)
}

/// A document of one or more lines of JSON with changes.
///
/// # Panics
/// When it is none.
pub fn changed(document: &str, changes: &[(Index, Change)]) -> String {
    let lines = document
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let mut document = Value::Array(lines.collect());
    for (index, change) in changes {
        let mut places = Vec::new();
        find(&document, &mut String::new(), change, &mut places);
        if !places.is_empty() {
            apply(&mut document, index.get::<String>(&places), change);
        }
    }
    let lines = document.as_array().unwrap().iter();
    lines
        .flat_map(|line| [line.to_string(), "\n".to_owned()])
        .collect()
}

/// Where it can be done, as JSON pointers (RFC 6901). No key of a trace needs escapes.
fn find(value: &Value, path: &mut String, change: &Change, places: &mut Vec<String>) {
    let fits = match change {
        Change::Number(_) => value.is_number(),
        Change::Text(_) => value.is_string(),
        Change::Other(_) | Change::Removed | Change::Twice => !path.is_empty(),
    };
    if fits {
        places.push(path.clone());
    }
    let inside: Vec<(String, &Value)> = match value {
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        Value::Object(fields) => fields.iter().map(|(key, v)| (key.clone(), v)).collect(),
        _ => Vec::new(),
    };
    for (step, value) in inside {
        let length = path.len();
        *path += "/";
        *path += &step;
        find(value, path, change, places);
        path.truncate(length);
    }
}

fn apply(document: &mut Value, place: &str, change: &Change) {
    let (parent, step) = place.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    match (change, parent) {
        (Change::Number(value) | Change::Other(value), parent) => *at(parent, step) = value.clone(),
        (Change::Text(text), parent) => *at(parent, step) = Value::from(text.as_str()),
        (Change::Removed, Value::Array(list)) => drop(list.remove(step.parse().unwrap())),
        (Change::Removed, Value::Object(fields)) => drop(fields.remove(step)),
        (Change::Twice, Value::Array(list)) => {
            let index = step.parse().unwrap();
            list.insert(index, list[index].clone());
        }
        _ => {}
    }
}

fn at<'a>(parent: &'a mut Value, step: &str) -> &'a mut Value {
    match parent {
        Value::Array(list) => &mut list[step.parse::<usize>().unwrap()],
        parent => &mut parent[step],
    }
}
