//! Taking values out of a TOML table, with complaints that a person can act on.

use super::complaint::{Complaint, Text};
use crate::workload::quote::quoted;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table whose keys are all known.
#[derive(Clone, Copy)]
pub(super) struct Table<'t> {
    entries: &'t DeTable<'t>,
    source: &'t str,
}

/// A key, and the value that the file gives it.
#[derive(Clone)]
pub(super) struct Entry<'t> {
    pub(super) key: &'t str,
    pub(super) key_span: Range<usize>,
    value: &'t Spanned<DeValue<'t>>,
    source: &'t str,
}

impl<'t> Table<'t> {
    /// Takes the table that a message calls `title`, if it has no other keys than `allowed`.
    pub(super) fn new(
        entries: &'t DeTable<'t>,
        source: &'t str,
        title: &str,
        allowed: &[&str],
    ) -> Result<Self, Complaint> {
        let unknown = entries
            .keys()
            .filter(|key| !allowed.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        match unknown {
            None => Ok(Self { entries, source }),
            Some(key) => Err(Complaint::new(
                key.span(),
                format!(
                    "{} is not a key of {title}: expected one of {}",
                    quoted(key.get_ref()),
                    allowed.join(", ")
                ),
            )),
        }
    }

    /// The entry of `key`, if the table has it.
    pub(super) fn get(self, key: &str) -> Option<Entry<'t>> {
        let (key, value) = self.entries.get_key_value(key)?;
        Some(Entry {
            key: key.get_ref(),
            key_span: key.span(),
            value,
            source: self.source,
        })
    }
}

impl<'t> Entry<'t> {
    /// The string that the key has; `example` shows one.
    pub(super) fn text(&self, example: &str) -> Result<Text<'t>, Complaint> {
        self.any_text()
            .ok_or_else(|| self.wrong_type(&format!("a string, as in \"{example}\"")))
    }

    /// The string that the key has, if it has one.
    pub(super) fn any_text(&self) -> Option<Text<'t>> {
        let value = self.value.get_ref().as_str()?;
        Some(self.text_of(value))
    }

    /// The integer that the key has, if it has one, as the file writes it.
    pub(super) fn integer(&self) -> Option<Text<'t>> {
        self.value.get_ref().as_integer()?;
        self.source
            .get(self.value.span())
            .map(|value| self.text_of(value))
    }

    /// The table that the key has, if it has one.
    pub(super) fn table(&self) -> Option<&'t DeTable<'t>> {
        self.value.get_ref().as_table()
    }

    /// The tables that the key has with their headers, if it has an array of nothing else.
    pub(super) fn tables(&self) -> Option<Vec<(Range<usize>, &'t DeTable<'t>)>> {
        let array = self.value.get_ref().as_array()?;
        array
            .iter()
            .map(|element| Some((element.span(), element.get_ref().as_table()?)))
            .collect()
    }

    /// The complaint that the key has something else than `expected`.
    pub(super) fn wrong_type(&self, expected: &str) -> Complaint {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        let message = format!("{} is {found}: expected {expected}", self.key);
        Complaint::new(self.value.span(), message)
    }

    fn text_of(&self, value: &'t str) -> Text<'t> {
        Text {
            value,
            span: self.value.span(),
            source: self.source,
        }
    }
}
