//! The supervisor's place: on the CPU the children share.
//!
//! There it preempts them, as the kernel of a one-CPU machine does; from another CPU every switch
//! would cost an inter-processor interrupt. Where it may, it runs as `SCHED_FIFO`, so that a decision
//! is never late; elsewhere it asks for a short slice, which needs no privilege. The children stay
//! ordinary processes: as `SCHED_IDLE` they would yield a little sooner still, but get next to nothing
//! of a CPU that anything else uses.

use std::fmt;
use std::time::Duration;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::prctl;
use nix::unistd::Pid;

use super::affinity::pin;
use super::clock;
use super::error::{Error, system};
use super::refusal::scheduling::why_no_fifo;
use super::sched::{Attributes, Class, set_class};

/// The calling thread.
const SELF: Pid = Pid::from_raw(0);

/// The shortest slice the kernel grants.
const SHORT: Duration = Duration::from_micros(100);

/// How late the kernel may end a sleep, to end several together: a nanosecond, where usually it is 50 us.
const LEAST_SLACK_NS: libc::c_ulong = 1;

/// How the supervisor comes by the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchedClass {
    /// `SCHED_FIFO`: at once.
    RealTime,
    /// `SCHED_OTHER` with a short slice: soon.
    ShortSlice,
    /// As any other process.
    Ordinary,
}

impl fmt::Display for SchedClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RealTime => "SCHED_FIFO",
            Self::ShortSlice => "SCHED_OTHER, short slice",
            Self::Ordinary => "SCHED_OTHER",
        })
    }
}

/// What the calling thread has come by.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub class: SchedClass,
    /// What the kernel said to `SCHED_FIFO`.
    fifo: Result<(), Errno>,
}

impl Taken {
    /// Why it is not `SCHED_FIFO`, as what follows a colon; to be asked on the thread that has not got
    /// it. `None`: it is.
    pub fn why_no_fifo(self) -> Option<String> {
        match (self.class, self.fifo) {
            (SchedClass::RealTime, _) => None,
            (_, Ok(())) => Some("the kernel accepts sched_setattr and ignores it".to_owned()),
            (_, Err(errno)) => Some(why_no_fifo(errno)),
        }
    }
}

/// The calling thread on the children's CPU. Dropped, it is where and what it was before.
pub struct SupervisorCpu {
    before: CpuSet,
    /// Where the kernel says.
    attributes_before: Option<Attributes>,
    slack_before_ns: Option<libc::c_ulong>,
    taken: Taken,
}

impl SupervisorCpu {
    pub fn take(cpu: usize) -> Result<Self, Error> {
        let before = sched_getaffinity(SELF).map_err(system("find out the CPUs allowed"))?;
        let (attributes_before, slack_before_ns) = (Attributes::own(), timer_slack_ns());
        pin(&[cpu])?;
        Ok(Self {
            before,
            attributes_before,
            slack_before_ns,
            taken: take_sched_class(),
        })
    }

    pub const fn sched_class(&self) -> SchedClass {
        self.taken.class
    }

    /// As [`Taken::why_no_fifo`].
    pub fn why_no_fifo(&self) -> Option<String> {
        self.taken.why_no_fifo()
    }
}

impl Drop for SupervisorCpu {
    fn drop(&mut self) {
        // Failing leaves us where we were, which works.
        if let Some(attributes) = &self.attributes_before {
            let _ = attributes.restore();
        }
        if let Some(slack_ns) = self.slack_before_ns {
            let _ = prctl::set_timerslack(slack_ns);
        }
        let _ = sched_setaffinity(SELF, &self.before);
    }
}

fn timer_slack_ns() -> Option<libc::c_ulong> {
    prctl::get_timerslack().ok()?.try_into().ok()
}

/// Lets the calling thread have a CPU as soon as it may, and its sleeps end on time. Which way
/// that is, as the kernel says afterwards: there are some that accept what they then ignore.
#[expect(clippy::must_use_candidate, reason = "it is called for its effect")]
pub fn take_sched_class() -> Taken {
    // A failure leaves it as it is, which is merely slower.
    let _ = prctl::set_timerslack(LEAST_SLACK_NS);
    let fifo = set_class(Class::Fifo);
    if fifo.is_ok() && Attributes::own().is_some_and(|own| own.is_fifo()) {
        return Taken {
            class: SchedClass::RealTime,
            fifo,
        };
    }
    let slice = set_class(Class::Normal { slice: SHORT });
    let is_short = |own: Attributes| (1..=clock::ns(SHORT)).contains(&own.slice_ns());
    let class = match slice {
        Ok(()) if Attributes::own().is_some_and(is_short) => SchedClass::ShortSlice,
        _ => SchedClass::Ordinary,
    };
    Taken { class, fifo }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::affinity::AllowedCpus;
    use crate::os::sched::Weight;

    #[test]
    fn the_cpu_is_given_back_with_the_class_and_the_slack_of_before() {
        let now = || (Weight::of(SELF), timer_slack_ns(), sched_getaffinity(SELF));
        prctl::set_timerslack(LEAST_SLACK_NS).unwrap();
        let _ = set_class(Class::Normal {
            slice: Duration::from_millis(7),
        });
        let slice = || Attributes::own().map(|attributes| attributes.slice_ns());
        let (before, slice_before) = (now(), slice());
        let cpu = AllowedCpus::of_this_process()
            .unwrap()
            .choose(None)
            .unwrap();
        drop(SupervisorCpu::take(cpu).unwrap());
        assert_eq!((now(), slice()), (before, slice_before));
    }
}
