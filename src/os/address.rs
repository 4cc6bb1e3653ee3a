//! Addresses and registers, in hexadecimal.

use std::fmt;

use serde::{Serialize, Serializer};

/// A number that is written `0x7ffd4a10`, in JSON as a string: many readers of JSON lose digits
/// beyond the 53rd bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(pub u64);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
