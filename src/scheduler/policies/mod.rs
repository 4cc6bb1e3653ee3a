//! The policies there are, each in one file, and the table that lists them.
//!
//! A new policy is
//! - a file here: a [`Policy`], which sees the process table and answers which runs, its
//!   [`PolicyKind`], which says what it is called and which parameters it has, and a function that
//!   builds the one from the other;
//! - its line in [`POLICIES`];
//! - a [`super::Reason`] with its sentence, if it decides for one that no other policy has.
//!
//! Nothing else: a trace carries its name and parameters, the simulation of a trace builds it again,
//! reports print its words and the keys in its parameters change them. How a command line or a
//! workload file asks for it is decided there ([`crate::workload::policy`] has the words of
//! `process-run.py`); [`PolicySpec`] reads its own text. `round_robin.rs`, which only tests have, is
//! an example.

pub mod process_run;
#[cfg(test)]
pub mod round_robin;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Unexpected, Visitor};

use super::policy::Policy;
use super::spec::{PolicyKind, PolicySpec, Values};

/// One policy of the table.
pub struct Listed {
    pub kind: &'static PolicyKind,
    pub build: fn(PolicySpec) -> Box<dyn Policy + Send>,
}

/// All policies, the default first.
pub const POLICIES: &[Listed] = &[
    process_run::LISTED,
    #[cfg(test)]
    round_robin::LISTED,
];

fn listed(name: Option<&str>) -> Option<&'static Listed> {
    POLICIES.iter().find(|policy| match name {
        Some(name) => policy.kind.name == name,
        None => policy.kind.is_default,
    })
}

impl PolicySpec {
    /// The policy, to be asked.
    #[expect(
        clippy::missing_panics_doc,
        reason = "a spec is of a policy of the table"
    )]
    pub fn build(self) -> Box<dyn Policy + Send> {
        let listed = listed(Some(self.kind().name)).expect("a spec is of a policy of the table");
        (listed.build)(self)
    }
}

impl Default for PolicySpec {
    fn default() -> Self {
        Self::of(POLICIES[0].kind)
    }
}

/// A text that is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no policy and no parameter of one")]
pub struct PolicySpecError(String);

/// Reads what its `Display` writes, and what is left out is at its default.
impl FromStr for PolicySpec {
    type Err = PolicySpecError;

    fn from_str(text: &str) -> Result<Self, PolicySpecError> {
        let mut words = text.split(',').map(str::trim).peekable();
        let named = words.peek().and_then(|word| listed(Some(word)));
        let mut spec = named.map_or_else(Self::default, |listed| Self::of(listed.kind));
        for word in words.skip(usize::from(named.is_some())) {
            spec = spec
                .with_word(word)
                .ok_or_else(|| PolicySpecError(word.to_owned()))?;
        }
        Ok(spec)
    }
}

impl<'de> Deserialize<'de> for PolicySpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

/// A field of a map in which a policy is written down, perhaps beside others.
#[derive(Deserialize)]
#[serde(untagged)]
enum Field {
    Number(u64),
    Word(String),
    Other(IgnoredAny),
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = PolicySpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name and the parameters of a policy")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PolicySpec, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((name, field)) = map.next_entry::<String, Field>()? {
            fields.insert(name, field);
        }
        let name = match fields.get("name") {
            Some(Field::Word(name)) => Some(name.as_str()),
            _ => None,
        };
        let Some(Listed { kind, .. }) = listed(name) else {
            return Err(A::Error::custom(format_args!(
                "there is no policy '{}'",
                name.unwrap_or_default()
            )));
        };
        let mut spec = PolicySpec::of(kind);
        for (index, parameter) in kind.parameters.iter().enumerate() {
            let field = fields.get(parameter.name);
            let field = field.ok_or_else(|| A::Error::missing_field(parameter.name))?;
            spec = spec.with(index, raw(field, parameter.name, &parameter.values)?);
        }
        Ok(spec)
    }
}

fn raw<E: Error>(field: &Field, name: &str, values: &Values) -> Result<u64, E> {
    match (field, values) {
        (Field::Word(word), Values::Words(words)) => {
            let place = words.iter().position(|known| known == word);
            Ok(place.ok_or_else(|| E::unknown_variant(word, words))? as u64)
        }
        (Field::Number(number), Values::Number { least, most, .. })
            if (least..=most).contains(&number) =>
        {
            Ok(*number)
        }
        (Field::Number(number), Values::Number { least, most, .. }) => Err(E::invalid_value(
            Unexpected::Unsigned(*number),
            &format!("a {name} from {least} to {most}").as_str(),
        )),
        _ => Err(E::custom(format_args!(
            "the policy's {name} is of the wrong type"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every policy of the table, and what its parameters make of it.
    fn specs() -> Vec<PolicySpec> {
        let of_kind = |listed: &Listed| {
            let spec = PolicySpec::of(listed.kind);
            std::iter::once(spec).chain(spec.alternatives())
        };
        POLICIES.iter().flat_map(of_kind).collect()
    }

    #[test]
    fn a_policy_reads_back_from_its_text_and_its_json() {
        for spec in specs() {
            assert_eq!(spec.to_string().parse(), Ok(spec));
            let json = serde_json::to_string(&spec).unwrap();
            assert_eq!(
                serde_json::from_str::<PolicySpec>(&json).unwrap(),
                spec,
                "{json}"
            );
        }
    }

    #[test]
    fn the_table_is_in_order() {
        assert!(POLICIES[0].kind.is_default);
        assert!(!POLICIES[1..].iter().any(|listed| listed.kind.is_default));
        for listed in POLICIES {
            assert!(listed.kind.parameters.len() <= super::super::spec::MOST_PARAMETERS);
            let same = |other: &&Listed| other.kind.name == listed.kind.name;
            assert_eq!(POLICIES.iter().filter(same).count(), 1);
        }
    }

    #[test]
    fn the_policy_of_the_book_is_written_as_ever_and_another_with_its_name() {
        let json = |text: &str| serde_json::to_string(&text.parse::<PolicySpec>().unwrap());
        assert_eq!(
            json("SWITCH_ON_END").unwrap(),
            r#"{"switch":"SWITCH_ON_END","io_done":"IO_RUN_LATER"}"#
        );
        assert_eq!(
            json("round_robin, slice 3").unwrap(),
            r#"{"name":"round_robin","slice":3}"#
        );
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let message = |json| {
            serde_json::from_str::<PolicySpec>(json)
                .unwrap_err()
                .to_string()
        };
        for (json, expected) in [
            (r#"{"name": "lottery"}"#, "there is no policy 'lottery'"),
            (r#"{"switch": "SWITCH_ON_IO"}"#, "missing field `io_done`"),
            (
                r#"{"switch": "NEVER", "io_done": "IO_RUN_LATER"}"#,
                "unknown variant `NEVER`, expected `SWITCH_ON_IO` or `SWITCH_ON_END`",
            ),
            (
                r#"{"switch": 1, "io_done": "IO_RUN_LATER"}"#,
                "the policy's switch is of the wrong type",
            ),
            (
                r#"{"name": "round_robin", "slice": 0}"#,
                "expected a slice from 1",
            ),
        ] {
            assert!(message(json).contains(expected), "{}", message(json));
        }
        assert!("SWITCH_ON_END, slice 3".parse::<PolicySpec>().is_err());
    }

    #[test]
    fn alternatives_are_all_other_choices_of_words() {
        let spec: PolicySpec = "SWITCH_ON_END".parse().unwrap();
        let others: Vec<_> = spec
            .alternatives()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            others,
            [
                "SWITCH_ON_IO, IO_RUN_LATER",
                "SWITCH_ON_END, IO_RUN_IMMEDIATE",
                "SWITCH_ON_IO, IO_RUN_IMMEDIATE"
            ]
        );
        assert_eq!(spec.alternatives()[2].words_unlike(spec).len(), 2);
        assert_eq!(spec.turned_by('S'), Some(spec.alternatives()[0]));
        assert_eq!(spec.turned_by('x'), None);
    }
}
