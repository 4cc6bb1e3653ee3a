//! What there is to say in place of the keys, for a while.

use std::time::Duration;

/// For how long it is shown, unless a key is pressed before.
const SHOWN: Duration = Duration::from_secs(3);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    left: Duration,
}

impl Notice {
    pub const fn new(text: String) -> Self {
        Self { text, left: SHOWN }
    }

    pub fn after(self, time: Duration) -> Option<Self> {
        let left = self.left.checked_sub(time)?;
        Some(Self { left, ..self })
    }
}
