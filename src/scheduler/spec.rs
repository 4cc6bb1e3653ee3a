//! A policy as a value: which one, with which parameters. It is carried by workloads, traces and
//! keys, which ask it for its words; what it does, it becomes a [`super::Policy`] for.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// What there is to say of a policy without running it.
pub struct PolicyKind {
    /// As in `round_robin`.
    pub name: &'static str,
    /// A trace or a text that names no policy means this one.
    pub is_default: bool,
    /// At most [`MOST_PARAMETERS`].
    pub parameters: &'static [Parameter],
    /// What it does, in sentences of two halves each, as `process-run.py` prints them.
    pub legend: fn(PolicySpec) -> Vec<[String; 2]>,
}

pub struct Parameter {
    /// Its name in a trace, as `switch`.
    pub name: &'static str,
    /// The key that goes on to its next value while a run is watched.
    pub key: Option<char>,
    pub values: Values,
}

pub enum Values {
    /// One of these; no two parameters of a policy share a word. The first is the default.
    Words(&'static [&'static str]),
    Number {
        least: u64,
        most: u64,
        default: u64,
    },
}

impl Values {
    const fn default(&self) -> u64 {
        match self {
            Self::Words(_) => 0,
            Self::Number { default, .. } => *default,
        }
    }
}

/// No policy has more parameters, so that a spec is a small value.
pub const MOST_PARAMETERS: usize = 4;

/// A policy and the values of its parameters.
#[derive(Clone, Copy)]
pub struct PolicySpec {
    kind: &'static PolicyKind,
    /// Numbers as they are, words as their place among those there are; 0 beyond the last parameter.
    values: [u64; MOST_PARAMETERS],
}

/// The value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Value {
    Word(&'static str),
    Number(u64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl PolicySpec {
    /// With all parameters at their defaults.
    pub const fn of(kind: &'static PolicyKind) -> Self {
        let mut values = [0; MOST_PARAMETERS];
        let mut index = 0;
        while index < kind.parameters.len() {
            values[index] = kind.parameters[index].values.default();
            index += 1;
        }
        Self { kind, values }
    }

    /// The same policy with another value of the parameter at this place.
    pub(super) const fn with(mut self, parameter: usize, value: u64) -> Self {
        self.values[parameter] = value;
        self
    }

    pub const fn kind(self) -> &'static PolicyKind {
        self.kind
    }

    /// The parameter at this place: a number, or the place of a word among those there are.
    pub(super) const fn raw(self, parameter: usize) -> u64 {
        self.values[parameter]
    }

    fn parameters(self) -> impl Iterator<Item = (&'static Parameter, Value)> {
        let value = |(parameter, raw): (&'static Parameter, u64)| match parameter.values {
            Values::Words(words) => {
                let place = usize::try_from(raw).unwrap_or(usize::MAX);
                (parameter, Value::Word(words[place]))
            }
            Values::Number { .. } => (parameter, Value::Number(raw)),
        };
        self.kind.parameters.iter().zip(self.values).map(value)
    }

    /// The value of a parameter; `None`: the policy has no such one.
    pub fn parameter(self, name: &str) -> Option<Value> {
        let mut parameters = self.parameters();
        let found = parameters.find(|(parameter, _)| parameter.name == name);
        found.map(|(_, value)| value)
    }

    /// Its parts, each for itself: `SWITCH_ON_IO` and `IO_RUN_LATER`, or `round_robin` and `slice 3`.
    pub fn words(self) -> Vec<String> {
        let name = (!self.kind.is_default).then(|| self.kind.name.to_owned());
        let parameters = self.parameters().map(|(parameter, value)| match value {
            Value::Word(word) => word.to_owned(),
            Value::Number(number) => format!("{} {number}", parameter.name),
        });
        name.into_iter().chain(parameters).collect()
    }

    /// Those of its parts that are not in `other`.
    pub fn words_unlike(self, other: Self) -> Vec<String> {
        let shared = other.words();
        let words = self.words().into_iter();
        words.filter(|word| !shared.contains(word)).collect()
    }

    pub fn legend(self) -> Vec<[String; 2]> {
        (self.kind.legend)(self)
    }

    /// The same policy with each other choice of words: what it may be mistaken for.
    pub fn alternatives(self) -> Vec<Self> {
        let mut all = vec![self];
        for index in 0..self.kind.parameters.len() {
            let mut others = Vec::new();
            let mut turned = self.turned(index);
            while let Some(other) = turned.filter(|other| *other != self) {
                let value = other.values[index];
                others.extend(all.iter().map(|spec| spec.with(index, value)));
                turned = other.turned(index);
            }
            all.extend(others);
        }
        all.remove(0);
        all
    }

    /// The same policy with the next value of the parameter that this key is for; `None`: the key is
    /// for none.
    pub fn turned_by(self, key: char) -> Option<Self> {
        let mut parameters = self.kind.parameters.iter();
        self.turned(parameters.position(|parameter| parameter.key == Some(key))?)
    }

    fn turned(self, index: usize) -> Option<Self> {
        let value = self.values[index];
        match self.kind.parameters[index].values {
            Values::Words(words) => Some(self.with(index, (value + 1) % words.len() as u64)),
            Values::Number { .. } => None,
        }
    }

    /// The same policy with a part of it as [`PolicySpec::words`] gives them: a word, or the name of
    /// a parameter and its number. `None`: it has no such part.
    pub fn with_word(self, text: &str) -> Option<Self> {
        let parameters = self.kind.parameters.iter().enumerate();
        let mut found = parameters.filter_map(|(index, parameter)| {
            let value = match parameter.values {
                Values::Words(words) => words.iter().position(|word| *word == text)? as u64,
                Values::Number { least, most, .. } => {
                    let number = text.strip_prefix(parameter.name)?.strip_prefix(' ')?;
                    number.parse().ok().filter(|n| (least..=most).contains(n))?
                }
            };
            Some(self.with(index, value))
        });
        found.next()
    }
}

impl PartialEq for PolicySpec {
    fn eq(&self, other: &Self) -> bool {
        self.kind.name == other.kind.name && self.values == other.values
    }
}

impl Eq for PolicySpec {}

impl fmt::Debug for PolicySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({self})", self.kind.name)
    }
}

/// `SWITCH_ON_IO, IO_RUN_LATER`.
impl fmt::Display for PolicySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(", "))
    }
}

/// The parameters, by their names, and `name`, if it is not the default policy.
impl Serialize for PolicySpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.kind.is_default {
            map.serialize_entry("name", self.kind.name)?;
        }
        for (parameter, value) in self.parameters() {
            map.serialize_entry(parameter.name, &value)?;
        }
        map.end()
    }
}
