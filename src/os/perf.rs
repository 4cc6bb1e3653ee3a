//! The kernel's own record of every context switch of the children and of the supervisor
//! (`perf_event_open(2)`), to the nanosecond and without privileges.
//!
//! A software event that counts nothing, `DUMMY`, on each thread carries records of its switches.
//! All events write into the ring of the first one, so that the records come in the order of time.
//! What the kernel had no room for it counts and says.

use std::num::NonZeroUsize;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::unistd::Pid;
use perf_event_open_sys::bindings as perf;

use super::refusal::perf::{PerfRefused, Step};

/// Pages of the ring, a power of two: room for thousands of records between two drains.
const RING_PAGES: usize = 64;

/// Of a record: type, misc and size; and the longest one we look at.
const HEADER: usize = 8;
const MAX_RECORD: usize = 128;

/// What happened to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It got the CPU.
    In,
    /// It gave up the CPU: to sleep, or to stop.
    Out,
    /// The CPU was taken from it while it wanted to go on.
    Preempted,
    /// It exited, on the CPU.
    Exited,
}

/// One record of the kernel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// The thread.
    pub tid: i32,
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    pub at_ns: u64,
    pub what: Happened,
}

#[cfg(test)]
impl Switch {
    /// Of a thread that is the only one.
    pub const fn at(at_ns: u64, what: Happened) -> Self {
        Self {
            tid: 1,
            at_ns,
            what,
        }
    }
}

/// Receives the records of all threads watched.
pub struct Switches {
    cpu: i32,
    events: Vec<OwnedFd>,
    ring: Ring,
    /// Records the kernel had no room for.
    lost: u64,
}

impl Switches {
    /// Starts with the switches of the calling thread, on `cpu`.
    ///
    /// # Errors
    /// Where perf events are forbidden, as containers do, or not there: with the cause.
    pub fn open(cpu: usize) -> Result<Self, PerfRefused> {
        let refused = |step| move |errno| PerfRefused::of(step, errno);
        let cpu = i32::try_from(cpu).map_err(|_| refused(Step::Open)(Errno::EINVAL))?;
        let first = open_event(Pid::from_raw(0), cpu).map_err(refused(Step::Open))?;
        let ring = Ring::map(&first).map_err(refused(Step::Map))?;
        Ok(Self {
            cpu,
            events: vec![first],
            ring,
            lost: 0,
        })
    }

    /// All switches on `cpu`, with the names of the programs that are executed.
    ///
    /// # Errors
    /// As [`Switches::open`]; it takes `CAP_PERFMON`, or a `perf_event_paranoid` below 1.
    pub fn open_cpu_wide(cpu: usize) -> Result<Self, Errno> {
        let cpu = i32::try_from(cpu).map_err(|_| Errno::EINVAL)?;
        let first = open_event(Pid::from_raw(-1), cpu)?;
        let ring = Ring::map(&first)?;
        Ok(Self {
            cpu,
            events: vec![first],
            ring,
            lost: 0,
        })
    }

    /// Adds the switches of a process with one thread.
    ///
    /// # Errors
    /// As [`Switches::open`].
    pub fn watch(&mut self, pid: Pid) -> Result<(), PerfRefused> {
        self.try_watch(pid)
            .map_err(|errno| PerfRefused::of(Step::Open, errno))
    }

    fn try_watch(&mut self, pid: Pid) -> Result<(), Errno> {
        let event = open_event(pid, self.cpu)?;
        // SAFETY: both descriptors are open perf events; the call touches no memory of ours.
        Errno::result(unsafe {
            perf_event_open_sys::ioctls::SET_OUTPUT(event.as_raw_fd(), self.events[0].as_raw_fd())
        })?;
        self.events.push(event);
        Ok(())
    }

    /// Whether the ring is half full: there is no need to drain it at every tick.
    pub fn is_half_full(&self) -> bool {
        self.ring.filled() > self.ring.size() / 2
    }

    /// Takes what has been recorded since the last call, in the order of time.
    pub fn drain(&mut self, mut each: impl FnMut(Switch)) {
        self.drain_all(|_, _| {}, &mut each);
    }

    /// The same, and the name of each thread that has executed another program.
    pub fn drain_all(&mut self, mut named: impl FnMut(i32, String), mut each: impl FnMut(Switch)) {
        let lost = &mut self.lost;
        self.ring.drain(|record| match decode(record) {
            Some(Decoded::Switch(switch)) => each(switch),
            Some(Decoded::Name { tid, name }) => named(tid, name),
            Some(Decoded::Lost(count)) => *lost += count,
            None => {}
        });
    }

    pub const fn lost(&self) -> u64 {
        self.lost
    }
}

fn open_event(pid: Pid, cpu: i32) -> Result<OwnedFd, Errno> {
    let mut attributes = perf::perf_event_attr {
        type_: perf::PERF_TYPE_SOFTWARE,
        size: u32::try_from(size_of::<perf::perf_event_attr>()).map_err(|_| Errno::E2BIG)?,
        config: u64::from(perf::PERF_COUNT_SW_DUMMY),
        sample_type: u64::from(perf::PERF_SAMPLE_TID | perf::PERF_SAMPLE_TIME),
        clockid: libc::CLOCK_MONOTONIC,
        ..Default::default()
    };
    attributes.set_exclude_kernel(1);
    attributes.set_exclude_hv(1);
    attributes.set_sample_id_all(1);
    attributes.set_use_clockid(1);
    attributes.set_context_switch(1);
    attributes.set_task(1);
    attributes.set_comm(u64::from(pid.as_raw() < 0));
    let flags = libc::c_ulong::from(perf::PERF_FLAG_FD_CLOEXEC);
    // SAFETY: the pointer is to a live perf_event_attr whose size field tells its size.
    let fd = Errno::result(unsafe {
        perf_event_open_sys::perf_event_open(&raw mut attributes, pid.as_raw(), cpu, -1, flags)
    })?;
    // SAFETY: the kernel has just opened this descriptor for us, and nothing else refers to it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

enum Decoded {
    Switch(Switch),
    Name { tid: i32, name: String },
    Lost(u64),
}

/// Layout of a record: type (4 bytes), misc (2), size (2), its own fields, and for all kinds at the
/// end, because of `sample_id_all`: pid (4), tid (4), time (8).
fn decode(record: &[u8]) -> Option<Decoded> {
    let kind = u32::from_ne_bytes(field(record, 0)?);
    let misc = u16::from_ne_bytes(field(record, 4)?);
    if kind == perf::PERF_RECORD_LOST {
        return Some(Decoded::Lost(u64::from_ne_bytes(field(record, 16)?)));
    }
    if kind == perf::PERF_RECORD_COMM {
        // Between the ids and the time: the name, with at least one 0 behind it.
        let name = record.get(16..record.len().checked_sub(16)?)?;
        let name = name.split(|&byte| byte == 0).next()?;
        return Some(Decoded::Name {
            tid: i32::from_ne_bytes(field(record, 12)?),
            name: String::from_utf8_lossy(name).into_owned(),
        });
    }
    // One on a whole CPU also says which thread is next, or was before.
    let kind = match kind {
        perf::PERF_RECORD_SWITCH_CPU_WIDE => perf::PERF_RECORD_SWITCH,
        other => other,
    };
    let what = match kind {
        perf::PERF_RECORD_SWITCH if u32::from(misc) & perf::PERF_RECORD_MISC_SWITCH_OUT == 0 => {
            Happened::In
        }
        perf::PERF_RECORD_SWITCH
            if u32::from(misc) & perf::PERF_RECORD_MISC_SWITCH_OUT_PREEMPT == 0 =>
        {
            Happened::Out
        }
        perf::PERF_RECORD_SWITCH => Happened::Preempted,
        perf::PERF_RECORD_EXIT => Happened::Exited,
        _ => return None,
    };
    let id = record.len().checked_sub(16)?;
    let tid = i32::from_ne_bytes(field(record, id + 4)?);
    let at_ns = u64::from_ne_bytes(field(record, id + 8)?);
    Some(Decoded::Switch(Switch { tid, at_ns, what }))
}

fn field<const N: usize>(record: &[u8], at: usize) -> Option<[u8; N]> {
    record.get(at..at + N)?.try_into().ok()
}

/// The memory the kernel writes records to: a page of bookkeeping, then the records, round and
/// round.
struct Ring {
    base: NonNull<libc::c_void>,
    length: usize,
    data: usize,
    /// How far it has been read.
    tail: u64,
}

impl Ring {
    fn map(event: &OwnedFd) -> Result<Self, Errno> {
        let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)?
            .and_then(|size| usize::try_from(size).ok())
            .ok_or(Errno::EINVAL)?;
        let length = page * (1 + RING_PAGES);
        let whole = NonZeroUsize::new(length).ok_or(Errno::EINVAL)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a fresh mapping of a descriptor of ours, at an address the kernel chooses.
        let base = unsafe { mmap(None, whole, access, MapFlags::MAP_SHARED, event, 0) }?;
        Ok(Self {
            base,
            length,
            data: page,
            tail: 0,
        })
    }

    /// The kernel's bookkeeping.
    fn control(&self) -> *mut perf::perf_event_mmap_page {
        self.base.as_ptr().cast()
    }

    /// Bytes the records' part holds.
    fn size(&self) -> u64 {
        (self.length - self.data) as u64
    }

    /// Up to where the kernel has written.
    fn head(&self) -> u64 {
        // SAFETY: the first page holds this structure as long as the mapping lives; the position
        // is shared with the kernel, as an atomic is.
        let head = unsafe { AtomicU64::from_ptr(&raw mut (*self.control()).data_head) };
        head.load(Ordering::Acquire)
    }

    fn filled(&self) -> u64 {
        self.head() - self.tail
    }

    fn drain(&mut self, mut each: impl FnMut(&[u8])) {
        let until = self.head();
        let mut record = [0; MAX_RECORD];
        while self.tail < until {
            let mut header = [0; HEADER];
            self.copy(self.tail, &mut header);
            let size = usize::from(u16::from_ne_bytes([header[6], header[7]]));
            if size < HEADER {
                break;
            }
            // What does not fit is of a kind we did not ask for; its beginning says which.
            let record = &mut record[..size.min(MAX_RECORD)];
            self.copy(self.tail, record);
            each(record);
            self.tail += size as u64;
        }
        self.tail = until;
        // SAFETY: as in `head`.
        let tail = unsafe { AtomicU64::from_ptr(&raw mut (*self.control()).data_tail) };
        tail.store(until, Ordering::Release);
    }

    /// Copies bytes from a position that only ever grows, round the end of the ring.
    fn copy(&self, position: u64, to: &mut [u8]) {
        let size = self.length - self.data;
        let offset = usize::try_from(position % size as u64).unwrap_or(0);
        let (first, rest) = to.split_at_mut(to.len().min(size - offset));
        // SAFETY: both parts are within the records' part of the mapping, and the kernel does not
        // write between tail and head.
        unsafe {
            let records = self.base.as_ptr().cast::<u8>().add(self.data);
            first.copy_from_slice(std::slice::from_raw_parts(records.add(offset), first.len()));
            rest.copy_from_slice(std::slice::from_raw_parts(records, rest.len()));
        }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping of `map`, and nothing refers to it any more.
        let _ = unsafe { munmap(self.base, self.length) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(kind: u32, misc: u32, own: &[u8], tid: i32, at_ns: u64) -> Vec<u8> {
        let size = u16::try_from(8 + own.len() + 16).unwrap();
        let misc = u16::try_from(misc).unwrap();
        let mut bytes = Vec::new();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(misc.to_ne_bytes());
        bytes.extend(size.to_ne_bytes());
        bytes.extend(own);
        bytes.extend(tid.to_ne_bytes());
        bytes.extend(tid.to_ne_bytes());
        bytes.extend(at_ns.to_ne_bytes());
        bytes
    }

    #[test]
    fn a_switch_says_who_when_and_how() {
        let out = perf::PERF_RECORD_MISC_SWITCH_OUT;
        let preempted = out | perf::PERF_RECORD_MISC_SWITCH_OUT_PREEMPT;
        for (misc, what) in [
            (0, Happened::In),
            (out, Happened::Out),
            (preempted, Happened::Preempted),
        ] {
            let bytes = record(perf::PERF_RECORD_SWITCH, misc, &[], 7, 99);
            let Some(Decoded::Switch(switch)) = decode(&bytes) else {
                panic!("not decoded")
            };
            assert_eq!(
                switch,
                Switch {
                    tid: 7,
                    at_ns: 99,
                    what
                }
            );
        }
    }

    #[test]
    fn a_switch_on_a_whole_cpu_is_one_and_a_new_program_has_a_name() {
        let bytes = record(perf::PERF_RECORD_SWITCH_CPU_WIDE, 0, &[1; 8], 7, 99);
        let Some(Decoded::Switch(switch)) = decode(&bytes) else {
            panic!("not decoded")
        };
        assert_eq!((switch.tid, switch.what), (7, Happened::In));
        let ids = [7_i32.to_ne_bytes(), 8_i32.to_ne_bytes()].concat();
        let own = [ids.as_slice(), b"make\0\0\0\0"].concat();
        let bytes = record(perf::PERF_RECORD_COMM, 0, &own, 7, 99);
        let Some(Decoded::Name { tid, name }) = decode(&bytes) else {
            panic!("not decoded")
        };
        assert_eq!((tid, name.as_str()), (8, "make"));
    }

    #[test]
    fn lost_records_are_counted() {
        let mut own = [0; 16];
        own[8] = 5;
        let bytes = record(perf::PERF_RECORD_LOST, 0, &own, 7, 99);
        assert!(matches!(decode(&bytes), Some(Decoded::Lost(5))));
    }

    #[test]
    fn the_kernel_records_a_sleep_of_ours() {
        let cpu = nix::sched::sched_getcpu().unwrap();
        let pinned = crate::os::affinity::pin(&[cpu]);
        assert!(pinned.is_ok());
        // Containers forbid it; there is nothing to test then.
        let Ok(mut switches) = Switches::open(cpu) else {
            return;
        };
        std::thread::sleep(std::time::Duration::from_millis(2));
        let mut seen = Vec::new();
        switches.drain(|switch| seen.push(switch));
        let me = nix::unistd::gettid().as_raw();
        assert!(
            seen.iter().any(|s| s.tid == me && s.what == Happened::Out),
            "{seen:?}"
        );
        assert!(
            seen.iter().any(|s| s.tid == me && s.what == Happened::In),
            "{seen:?}"
        );
        assert!(seen.is_sorted_by_key(|s| s.at_ns));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
