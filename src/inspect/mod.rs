//! The process control block of any process, read from `/proc`, shown as a page, and shown again
//! and again.
//!
//! Knows `os`, `process` (a process watched to its end), `text`, and how `workload` quotes.

pub mod page;
pub mod pcb;
pub mod watch;

use pcb::{Missing, Pcb};

use crate::output::failure::Failure;

/// What is inspected.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    pub pid: i32,
    /// Also all registers, if it is stopped.
    pub registers: bool,
}

impl Subject {
    /// The process as it is now.
    ///
    /// # Errors
    /// When there is no such process, or `/proc` hides it.
    pub fn read(self) -> Result<Pcb, Missing> {
        let mut pcb = Pcb::of(self.pid)?;
        if self.registers {
            pcb.add_registers();
        }
        Ok(pcb)
    }
}

impl From<Missing> for Failure {
    fn from(missing: Missing) -> Self {
        Self::Process(missing.to_string())
    }
}
