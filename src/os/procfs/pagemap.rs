//! `/proc/PID/pagemap` (`proc_pid_pagemap(5)`): which pages of a process have been loaded.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use nix::unistd::{SysconfVar, sysconf};

/// Bytes for each page; the two highest bits: it is in memory, it is in swap.
const ENTRY: usize = 8;
const LOADED: u64 = 0b11 << 62;

/// Bytes of a page of memory.
pub fn page_size() -> usize {
    let bytes = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    bytes
        .and_then(|bytes| usize::try_from(bytes).ok())
        .unwrap_or(4096)
}

/// How many of the pages from an address on have been loaded.
///
/// # Errors
/// `PermissionDenied`; `NotFound`: there is no such process.
pub fn resident(pid: i32, address: usize, pages: usize) -> io::Result<usize> {
    let file = File::open(format!("/proc/{pid}/pagemap"))?;
    let mut entries = vec![0; pages * ENTRY];
    file.read_exact_at(&mut entries, (address / page_size() * ENTRY) as u64)?;
    Ok(loaded(&entries))
}

fn loaded(entries: &[u8]) -> usize {
    let (entries, _) = entries.as_chunks::<ENTRY>();
    let is_loaded = |entry: &&[u8; ENTRY]| u64::from_ne_bytes(**entry) & LOADED != 0;
    entries.iter().filter(is_loaded).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_in_memory_and_in_swap_are_loaded() {
        let entries = [1 << 63, 1 << 62, 1 << 61, 0_u64];
        assert_eq!(loaded(entries.map(u64::to_ne_bytes).as_flattened()), 2);
    }

    #[test]
    fn the_page_of_a_local_variable_is_loaded() {
        let here = 1_u8;
        let address = std::ptr::from_ref(&here) as usize;
        let own = i32::try_from(std::process::id()).unwrap();
        assert_eq!(resident(own, address, 1).unwrap(), 1);
    }
}
