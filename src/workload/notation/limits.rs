//! How much a workload may hold.

pub const MAX_PROCESSES: usize = 100_000;

/// The most instructions that the processes of a workload have together; one takes a byte.
pub const MAX_INSTRUCTIONS: usize = 100_000_000;

pub const MAX_IO_LENGTH: u64 = 1_000_000_000;
