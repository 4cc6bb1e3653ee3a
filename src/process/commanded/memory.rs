//! The memory a process asks for, and touches page by page.

use std::num::NonZeroUsize;

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::resource::{UsageWho, getrusage};

use super::call::{Detail, Outcome};
use crate::os::procfs::pagemap::page_size;

/// One mapping, for as long as the process lives.
#[derive(Default)]
pub struct Memory {
    start: usize,
    bytes: usize,
}

impl Memory {
    /// Asks for this many bytes; where they are.
    pub fn map(&mut self, bytes: usize) -> Outcome {
        let size = NonZeroUsize::new(bytes).ok_or(Errno::EINVAL);
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping, wherever the kernel finds room for it, changes no other.
        let mapped = size
            .and_then(|size| unsafe { mmap_anonymous(None, size, access, MapFlags::MAP_PRIVATE) });
        let start = mapped.map(|start| start.as_ptr() as usize);
        if let Ok(start) = start {
            *self = Self { start, bytes };
        }
        Outcome::of(start.and_then(|start| i64::try_from(start).map_err(|_| Errno::EOVERFLOW)))
    }

    /// Writes one byte to each of this many pages from an address on, and counts the page faults.
    pub fn touch(&self, address: usize, pages: usize) -> Outcome {
        let page = page_size();
        let end = pages
            .checked_mul(page)
            .and_then(|size| address.checked_add(size));
        if address < self.start || end.is_none_or(|end| end > self.start + self.bytes) {
            return Outcome::of(Err(Errno::EFAULT));
        }
        let before = minor_faults();
        for number in 0..pages {
            // SAFETY: it lies in our own mapping, in which there is nothing else.
            unsafe { ((address + number * page) as *mut u8).write_volatile(1) };
        }
        let faults = minor_faults().saturating_sub(before);
        Outcome::of(Ok(0)).with(Detail::Faults(faults))
    }
}

fn minor_faults() -> u64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF);
    usage.map_or(0, |usage| {
        u64::try_from(usage.minor_page_faults()).unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_can_be_touched() {
        let mut memory = Memory::default();
        let page = page_size();
        assert!(memory.touch(0, 1).failed_with(Errno::EFAULT));
        let start = usize::try_from(memory.map(4 * page).returned).unwrap();
        assert!(memory.touch(start, 4).succeeded());
        assert!(memory.touch(start, 5).failed_with(Errno::EFAULT));
        assert!(memory.touch(start - page, 1).failed_with(Errno::EFAULT));
        assert!(memory.touch(start, usize::MAX).failed_with(Errno::EFAULT));
    }
}
