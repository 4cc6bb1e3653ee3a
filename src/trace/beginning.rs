//! What is known of a run before its first tick.

use serde::{Deserialize, Serialize};

use super::{MachineFacts, PolicyRecord};
use crate::workload::Workload;

/// A simulation may have this many ticks more than the run it belongs to.
pub const MORE_ON_PAPER: u64 = 100_000;

/// What is known before the first tick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beginning {
    /// `timeshare/recording/1`.
    pub schema: String,
    /// The version of timeshare that wrote it.
    pub timeshare: String,
    pub workload: Workload,
    /// With which it began.
    pub policy: PolicyRecord,
    /// Nominal length of the first tick in nanoseconds.
    pub tick_ns: u64,
    pub machine: MachineFacts,
    /// The kernel's pids, in the order of the book's ids.
    pub pids: Vec<i32>,
}
