//! The seed of the random numbers, and the length of an I/O: the options of type integer.

use super::error::{NotationError, Problem};
use super::limits::MAX_IO_LENGTH;
use super::token::Token;
use crate::workload::python;
use crate::workload::python::{NotAnInteger, PythonRandom};
use num_bigint::BigInt;
use std::fmt;
use std::str::FromStr;

/// A seed for the random numbers of [`process_list`](super::process_list) (`-s`).
///
/// It is an integer of any size, and remembers how it was written. Its display is that text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    text: String,
    value: BigInt,
}

impl Seed {
    /// Reads a seed as Python's `optparse` reads an option of type integer: decimal, or with a
    /// prefix of `0x` hexadecimal, `0b` binary, `0` octal.
    pub fn parse(text: &str) -> Result<Self, NotationError> {
        let value = python::optparse_int(text)
            .map_err(|why| NotationError::new(why.or(Problem::NotASeed), Token::whole(text)))?;
        Ok(Self {
            text: text.to_owned(),
            value,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The seed that comes `more` after it.
    pub fn after(&self, more: u32) -> Self {
        let value = &self.value + more;
        Self {
            text: value.to_string(),
            value,
        }
    }

    /// The numbers, from 0 to below 1, that Python draws after `random.seed()` of it.
    pub fn numbers(&self) -> impl Iterator<Item = f64> + use<> {
        let mut generator = self.generator();
        std::iter::repeat_with(move || generator.random())
    }

    /// The random numbers that Python draws after `random.seed()` of it.
    pub(in crate::workload) fn generator(&self) -> PythonRandom {
        PythonRandom::seeded(&self.value)
    }
}

impl Default for Seed {
    /// 0, as in `process-run.py`.
    fn default() -> Self {
        Self {
            text: "0".to_owned(),
            value: BigInt::ZERO,
        }
    }
}

impl FromStr for Seed {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        Self::parse(text)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl NotAnInteger {
    /// What a notation calls it, `form` being the problem with what is no integer at all.
    pub(in crate::workload) const fn or(self, form: Problem) -> Problem {
        match self {
            Self::Form => form,
            Self::TooLong => Problem::TooManyDigits,
        }
    }
}

/// Reads the length of an I/O in ticks (`-L`), an integer as [`Seed::parse`] reads it.
pub fn parse_io_length(text: &str) -> Result<u64, NotationError> {
    let error = |problem| NotationError::new(problem, Token::whole(text));
    let value = python::optparse_int(text).map_err(|why| error(why.or(Problem::NotAnIoLength)))?;
    u64::try_from(value)
        .ok()
        .filter(|&ticks| ticks <= MAX_IO_LENGTH)
        .ok_or_else(|| error(Problem::IoLengthOutOfRange))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_seed_keeps_its_text_and_its_value() {
        let seed = Seed::parse("0x2a").unwrap();
        assert_eq!(seed.as_str(), "0x2a");
        assert_eq!(seed.to_string(), "0x2a");
        assert_eq!(seed.value, BigInt::from(42));
        assert_eq!(Seed::default().as_str(), "0");
        assert_eq!("-010".parse::<Seed>().unwrap().value, BigInt::from(-10));
    }

    #[test]
    fn what_is_no_seed_is_refused_with_the_form() {
        for text in ["", "x", "08", "1.5", "nan", "1e3"] {
            let error = Seed::parse(text).unwrap_err();
            assert_eq!(error.problem(), Problem::NotASeed, "{text:?}");
            assert_eq!(error.span(), 0..text.len());
        }
        assert_eq!(
            Seed::parse("08").unwrap_err().to_string(),
            "'08' is not a seed: expected an integer, as in 42, -5, 0x2a (hexadecimal), \
             0b101010 (binary) or 052 (octal)"
        );
        let long = Seed::parse(&"9".repeat(5000)).unwrap_err();
        assert_eq!(long.problem(), Problem::TooManyDigits);
    }

    #[test]
    fn an_io_takes_no_tick_or_more() {
        assert_eq!(parse_io_length("0"), Ok(0));
        assert_eq!(parse_io_length("010"), Ok(8));
        assert_eq!(parse_io_length("1000000000"), Ok(MAX_IO_LENGTH));
        for text in ["-1", "1000000001", "18446744073709551616"] {
            let error = parse_io_length(text).unwrap_err();
            assert_eq!(error.problem(), Problem::IoLengthOutOfRange, "{text:?}");
        }
        assert_eq!(
            parse_io_length("-1").unwrap_err().to_string(),
            "'-1' is out of range: an I/O takes 0 ticks or more, and at most 1000000000"
        );
        assert_eq!(
            parse_io_length("5 parsecs").unwrap_err().to_string(),
            "'5 parsecs' is not the length of an I/O: expected a whole number of ticks, as in 5"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "[-+]?[0-9xb_]{0,30}") {
            let _ = (Seed::parse(&text), Seed::parse(&near));
            let _ = (parse_io_length(&text), parse_io_length(&near));
        }
    }
}
