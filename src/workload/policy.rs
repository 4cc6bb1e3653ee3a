//! The policies that a workload may ask for, by the names of `process-run.py`.
//!
//! They are words only: part of how a workload is written down, on the command line and in a
//! file. What they mean is the scheduler's business.

use super::quote::quoted;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// When the CPU is given to another process (`-S`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SwitchPolicy {
    /// `SWITCH_ON_IO`: when the running process issues an I/O or is finished.
    #[default]
    #[serde(rename = "SWITCH_ON_IO")]
    OnIo,
    /// `SWITCH_ON_END`: only when the running process is finished.
    #[serde(rename = "SWITCH_ON_END")]
    OnEnd,
}

/// When a process runs again whose I/O has completed (`-I`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IoDonePolicy {
    /// `IO_RUN_LATER`: when it is its turn.
    #[default]
    #[serde(rename = "IO_RUN_LATER")]
    Later,
    /// `IO_RUN_IMMEDIATE`: at once.
    #[serde(rename = "IO_RUN_IMMEDIATE")]
    Immediate,
}

/// A name that is no policy's. Its display names it and the choices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not {kind}: expected {}", quoted(.token), .choices.join(" or "))]
pub struct PolicyError {
    token: String,
    kind: &'static str,
    choices: [&'static str; 2],
}

impl PolicyError {
    pub(super) fn new(token: &str, kind: &'static str, choices: [&'static str; 2]) -> Self {
        Self {
            token: token.to_owned(),
            kind,
            choices,
        }
    }
}

impl SwitchPolicy {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::OnIo, Self::OnEnd];

    /// The name `process-run.py` knows it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnIo => "SWITCH_ON_IO",
            Self::OnEnd => "SWITCH_ON_END",
        }
    }
}

impl IoDonePolicy {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Later, Self::Immediate];

    /// The name `process-run.py` knows it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Later => "IO_RUN_LATER",
            Self::Immediate => "IO_RUN_IMMEDIATE",
        }
    }
}

impl FromStr for SwitchPolicy {
    type Err = PolicyError;

    /// Takes the exact name, as `process-run.py` does.
    fn from_str(text: &str) -> Result<Self, PolicyError> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.name() == text)
            .ok_or_else(|| PolicyError::new(text, "a switch policy", Self::ALL.map(Self::name)))
    }
}

impl FromStr for IoDonePolicy {
    type Err = PolicyError;

    /// Takes the exact name, as `process-run.py` does.
    fn from_str(text: &str) -> Result<Self, PolicyError> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.name() == text)
            .ok_or_else(|| {
                PolicyError::new(text, "an I/O completion policy", Self::ALL.map(Self::name))
            })
    }
}

impl fmt::Display for SwitchPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for IoDonePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_policy_reads_back_from_its_name_as_text_and_as_json() {
        for policy in SwitchPolicy::ALL {
            assert_eq!(policy.to_string().parse(), Ok(policy));
            let json = serde_json::to_string(&policy).unwrap();
            assert_eq!(json, format!("\"{policy}\""));
            assert_eq!(serde_json::from_str::<SwitchPolicy>(&json).unwrap(), policy);
        }
        for policy in IoDonePolicy::ALL {
            assert_eq!(policy.to_string().parse(), Ok(policy));
            let json = serde_json::to_string(&policy).unwrap();
            assert_eq!(json, format!("\"{policy}\""));
            assert_eq!(serde_json::from_str::<IoDonePolicy>(&json).unwrap(), policy);
        }
    }

    #[test]
    fn the_defaults_are_those_of_process_run() {
        assert_eq!(SwitchPolicy::default().name(), "SWITCH_ON_IO");
        assert_eq!(IoDonePolicy::default().name(), "IO_RUN_LATER");
    }

    #[test]
    fn an_unknown_policy_is_named_together_with_the_choices() {
        let message = |error: PolicyError| error.to_string();
        assert_eq!(
            "NEVER".parse::<SwitchPolicy>().map_err(message),
            Err("'NEVER' is not a switch policy: expected SWITCH_ON_IO or SWITCH_ON_END".into())
        );
        assert_eq!(
            "io_run_later".parse::<IoDonePolicy>().map_err(message),
            Err("'io_run_later' is not an I/O completion policy: \
                 expected IO_RUN_LATER or IO_RUN_IMMEDIATE"
                .into())
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = (text.parse::<SwitchPolicy>(), text.parse::<IoDonePolicy>());
        }
    }
}
