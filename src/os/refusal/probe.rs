//! Calls with arguments that the kernel refuses in any case: what else they are answered with, comes
//! from a filter.

use nix::errno::Errno;

/// Which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    Timer,
    Affinity,
    Scheduling,
    Perf,
    Clone,
}

/// Whether a call is answered with this errno whatever its arguments are.
pub fn is_filtered(probe: Probe, errno: Errno) -> bool {
    let null = std::ptr::null::<libc::c_void>();
    // The kernel says EINVAL in each case, and does nothing.
    // SAFETY: none of the calls gets memory of ours, and each has an argument for which the kernel
    // refuses it before it does anything: no such clock (a negative one would be that of a process); no CPU; no attributes; flags that are not
    // defined; signal handlers shared without the memory they are in. The flags are in two places,
    // since the first two arguments of clone are exchanged on some architectures.
    let result = unsafe {
        match probe {
            Probe::Timer => libc::syscall(libc::SYS_timer_create, i32::MAX, null, null),
            Probe::Affinity => libc::syscall(libc::SYS_sched_setaffinity, 0, 0, null),
            Probe::Scheduling => libc::syscall(libc::SYS_sched_setattr, 0, null, 0),
            Probe::Perf => libc::syscall(libc::SYS_perf_event_open, null, 0, -1, -1, -1_i64),
            Probe::Clone => {
                let flags = libc::c_long::from(libc::CLONE_SIGHAND);
                libc::syscall(libc::SYS_clone, flags, flags, null, null, null)
            }
        }
    };
    Errno::result(result).err() == Some(errno)
}
