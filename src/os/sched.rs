//! The scheduling attributes of threads (`sched(7)`): class, nice value, slice.

use std::time::Duration;

use nix::errno::Errno;
use nix::unistd::Pid;
use serde::Serialize;

use super::clock;

/// The name of a process's scheduling class (`sched_getscheduler(2)`).
pub fn class_name(pid: Pid) -> &'static str {
    scheduler(pid).map_or("unknown", class_of)
}

/// `sched_getscheduler(2)`, past the C library: musl has a function of that name that only fails.
fn scheduler(pid: Pid) -> Result<i32, Errno> {
    // SAFETY: takes an integer and touches no memory of ours.
    let class =
        Errno::result(unsafe { libc::syscall(libc::SYS_sched_getscheduler, pid.as_raw()) })?;
    i32::try_from(class).map_err(|_| Errno::EINVAL)
}

/// The name of a scheduling class (`sched(7)`).
pub const fn class_of(policy: i32) -> &'static str {
    match policy & !libc::SCHED_RESET_ON_FORK {
        libc::SCHED_OTHER => "SCHED_OTHER",
        libc::SCHED_BATCH => "SCHED_BATCH",
        libc::SCHED_IDLE => "SCHED_IDLE",
        libc::SCHED_FIFO => "SCHED_FIFO",
        libc::SCHED_RR => "SCHED_RR",
        libc::SCHED_DEADLINE => "SCHED_DEADLINE",
        // libc has no name for it: sched_ext (Linux 6.12).
        7 => "SCHED_EXT",
        _ => "unknown",
    }
}

/// Whether the class of the calling thread keeps it from creating threads and processes
/// (`SCHED_DEADLINE` without `SCHED_FLAG_RESET_ON_FORK`, `sched(7)`).
pub fn own_class_forbids_clone() -> bool {
    // SAFETY: takes an integer and touches no memory of ours.
    unsafe { libc::sched_getscheduler(0) == libc::SCHED_DEADLINE }
}

/// A scheduling class as `sched_setattr(2)` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `SCHED_FIFO`, the lowest priority, not inherited by children.
    Fifo,
    /// `SCHED_OTHER` with the nice value one has, and this slice. A waking thread with a shorter
    /// slice than the running one's preempts it sooner (Linux 6.12; accepted and ignored before).
    Normal { slice: Duration },
}

/// Sets the scheduling class of the calling thread.
pub fn set_class(class: Class) -> Result<(), Errno> {
    // SAFETY: getpriority takes two integers; -1 is also a legal answer, and then we keep it.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
    let attributes = match class {
        Class::Fifo => libc::sched_attr {
            sched_priority: 1,
            sched_flags: RESET_ON_FORK,
            ..attributes_of(libc::SCHED_FIFO, nice)
        },
        Class::Normal { slice } => libc::sched_attr {
            sched_runtime: clock::ns(slice),
            ..attributes_of(libc::SCHED_OTHER, nice)
        },
    };
    set(SELF, &attributes)
}

/// The calling thread.
const SELF: Pid = Pid::from_raw(0);
const RESET_ON_FORK: u64 = libc::SCHED_FLAG_RESET_ON_FORK as u64;

fn attributes_of(policy: i32, nice: i32) -> libc::sched_attr {
    // SAFETY: sched_attr is plain integers, for which all zeroes is a value.
    let mut attributes: libc::sched_attr = unsafe { std::mem::zeroed() };
    attributes.size = SIZE;
    attributes.sched_policy = policy.cast_unsigned();
    attributes.sched_nice = nice;
    attributes
}

#[expect(clippy::cast_possible_truncation, reason = "it is 56 bytes")]
const SIZE: u32 = size_of::<libc::sched_attr>() as u32;

fn set(pid: Pid, attributes: &libc::sched_attr) -> Result<(), Errno> {
    // SAFETY: the pointer is to a live sched_attr whose size field tells its size.
    let result = unsafe { libc::syscall(libc::SYS_sched_setattr, pid.as_raw(), attributes, 0) };
    Errno::result(result).map(drop)
}

/// What a thread of `SCHED_DEADLINE` has reserved, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reservation {
    /// CPU time in each period.
    pub runtime_ns: u64,
    /// By when after the beginning of a period it has that.
    pub deadline_ns: u64,
    pub period_ns: u64,
}

impl Reservation {
    /// `None`: the process is gone, or of another class, or the kernel does not tell.
    pub fn of(pid: Pid) -> Option<Self> {
        let Attributes(attributes) = Attributes::of(pid)?;
        (attributes.sched_policy == libc::SCHED_DEADLINE.cast_unsigned()).then_some(Self {
            runtime_ns: attributes.sched_runtime,
            deadline_ns: attributes.sched_deadline,
            period_ns: attributes.sched_period,
        })
    }
}

/// The scheduling class of a thread with all that belongs to it.
#[derive(Clone, Copy)]
pub struct Attributes(libc::sched_attr);

impl Attributes {
    /// Of the calling thread (`sched_getattr(2)`); `None` where the kernel does not tell.
    pub fn own() -> Option<Self> {
        Self::of(SELF)
    }

    fn of(pid: Pid) -> Option<Self> {
        let mut attributes = attributes_of(0, 0);
        // SAFETY: the pointer is to a live sched_attr of the size given.
        let result = unsafe {
            let attributes = &raw mut attributes;
            libc::syscall(libc::SYS_sched_getattr, pid.as_raw(), attributes, SIZE, 0)
        };
        (result == 0).then_some(Self(attributes))
    }

    /// Gives them back to the calling thread, which had them.
    pub fn restore(&self) -> Result<(), Errno> {
        set(SELF, &self.0).or_else(|_| {
            // Not to be inherited by children, as SCHED_FIFO was: only a privilege takes that back.
            let mut kept = self.0;
            kept.sched_flags |= RESET_ON_FORK;
            set(SELF, &kept)
        })
    }

    pub const fn is_fifo(&self) -> bool {
        self.0.sched_policy == libc::SCHED_FIFO.cast_unsigned()
    }

    /// Of `SCHED_OTHER`: its slice; 0 where it has none of its own.
    ///
    /// Kernels before 6.12 accept a slice, and ignore it.
    pub const fn slice_ns(&self) -> u64 {
        self.0.sched_runtime
    }
}

/// The class and the nice value of a process: how much of a CPU it gets beside others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    class: i32,
    nice: i32,
}

impl Weight {
    /// `None`: the process is gone.
    pub fn of(pid: Pid) -> Option<Self> {
        let class = scheduler(pid).ok()?;
        let who = libc::id_t::try_from(pid.as_raw()).ok()?;
        Errno::clear();
        // SAFETY: takes two integers and touches no memory of ours.
        let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, who) };
        // -1 is also a legal answer.
        (nice != -1 || Errno::last_raw() == 0).then_some(Self { class, nice })
    }

    /// Gives it to a process; a lower nice value than that has takes a privilege (`sched(7)`).
    pub fn set(self, pid: Pid) -> Result<(), Errno> {
        set(pid, &attributes_of(self.class, self.nice))
    }
}
