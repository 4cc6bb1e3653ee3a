//! Words of which one is to be chosen: a shell can complete them.

use std::ffi::OsStr;
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::{PossibleValue, TypedValueParser};

/// Reads a value from its name. What is wrong says the value's own error.
#[derive(Debug)]
pub struct Choice<T> {
    names: [&'static str; 2],
    value: PhantomData<fn() -> T>,
}

impl<T> Choice<T> {
    pub const fn of(names: [&'static str; 2]) -> Self {
        let value = PhantomData;
        Self { names, value }
    }
}

impl<T> Clone for Choice<T> {
    fn clone(&self) -> Self {
        Self::of(self.names)
    }
}

impl<T> TypedValueParser for Choice<T>
where
    T: FromStr<Err: Display + std::error::Error + Send + Sync> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let parse = |text: &str| text.parse::<T>();
        TypedValueParser::parse_ref(&parse, command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.names.into_iter().map(PossibleValue::new)))
    }
}
