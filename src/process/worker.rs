//! What a child does: it executes its program, one instruction a tick of its own CPU time.
//!
//! A worker is timeshare's own executable in a role of its own, started by [`super::spawn`] with
//! `ts:P0 worker PARENT DIALECT PROGRAM` as its arguments and nothing open but `/dev/null`, its own
//! two pipe ends, and the length of a tick. It makes up its own mind from its own program and tells
//! what it did.

use std::ffi::CString;
use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, getppid};

use super::protocol::{ANSWER_FD, Executed, Message, REQUEST_FD, SpawnStep};
use super::tick_length::TickLength;
use crate::os::sched::{Class, set_class};
use crate::os::syscalls;
use crate::scheduler::Retired;
use crate::workload::dialect::Dialect;
use crate::workload::notation;
use crate::workload::{Instruction, Program};

/// The first argument that makes an executable a worker.
pub const ROLE: &str = "worker";

/// Runs the worker role when the arguments ask for it; returns only then.
#[must_use]
pub fn run_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ROLE {
        return None;
    }
    let mut arguments = arguments.filter_map(|argument| argument.into_string().ok());
    let Some(mut pipes) = Pipes::take() else {
        eprintln!("timeshare: 'worker' is the role of timeshare's own children, not a command");
        return Some(ExitCode::from(2));
    };
    let mut next = || arguments.next();
    let given = next().zip(next()).zip(next());
    let given = given.and_then(|((parent, dialect), program)| {
        let program = notation::program(&program).ok()?;
        let program = program.in_dialect(dialect.parse::<Dialect>().ok()?);
        Some((parent.parse().ok()?, program, TickLength::take()?))
    });
    let Some((parent, program, tick_length)) = given else {
        let errno = libc::EINVAL;
        let _ = pipes.say(Message::Failed {
            step: SpawnStep::Program,
            errno,
        });
        return Some(ExitCode::from(127));
    };
    // Exec forgets it where the executable has capabilities (prctl(2)).
    let armed = prctl::set_pdeathsig(Signal::SIGKILL).is_ok();
    if !armed || getppid() != Pid::from_raw(parent) {
        let errno = libc::ESRCH;
        let _ = pipes.say(Message::Failed {
            step: SpawnStep::Orphaned,
            errno,
        });
        return Some(ExitCode::from(127));
    }
    Some(match work(&mut pipes, &tick_length, &program) {
        Ok(()) => ExitCode::SUCCESS,
        // The supervisor is gone, and so shall we be.
        Err(_) => ExitCode::FAILURE,
    })
}

struct Pipes {
    requests: File,
    answers: File,
}

impl Pipes {
    fn take() -> Option<Self> {
        let open = |number| syscalls::take_file(number, libc::S_IFIFO).map(File::from);
        Some(Self {
            requests: open(REQUEST_FD)?,
            answers: open(ANSWER_FD)?,
        })
    }

    fn say(&mut self, message: Message) -> std::io::Result<()> {
        self.requests.write_all(&message.to_bytes())
    }

    /// Blocks in `read()` until the supervisor's device answers.
    fn wait_for_answer(&mut self) -> std::io::Result<()> {
        self.answers.read_exact(&mut [0])
    }
}

fn work(pipes: &mut Pipes, tick_length: &TickLength, program: &Program) -> std::io::Result<()> {
    if let Some(name) = std::env::args()
        .next()
        .and_then(|name| CString::new(name).ok())
    {
        // Without it `ps` says "exe"; nothing depends on it.
        let _ = prctl::set_name(&name);
    }

    // A supervisor that may not be real-time has a short slice, which forked children inherit.
    // Where the kernel knows no slices, there was none to inherit.
    let _ = set_class(Class::Normal {
        slice: Duration::ZERO,
    });

    let mut remaining = program.len() as u64;
    pipes.say(Message::Ready {
        instructions: remaining,
    })?;
    pipes.wait_for_answer()?;

    let mut spinner = Spinner::new(cpu_time_ns());
    for &instruction in program.instructions() {
        remaining -= 1;
        let tick_ns = tick_length.tick_ns()?;
        let cpu_ns = spinner.spin(tick_ns);
        pipes.say(Message::Retired(Executed {
            retired: Retired {
                instruction,
                remaining,
            },
            tick_ns,
            cpu_ns,
        }))?;
        if instruction == Instruction::Io {
            pipes.wait_for_answer()?;
        }
    }
    Ok(())
}

/// Nanoseconds this thread has been on a CPU: live for oneself, unlike for others.
fn cpu_time_ns() -> u64 {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)
        .ok()
        .and_then(|time| u64::try_from(Duration::from(time).as_nanos()).ok())
        .unwrap_or(u64::MAX)
}

/// Spins in user mode until the thread's own CPU clock has advanced.
///
/// Reading that clock is a system call, so it is read rarely: from the arithmetic done per
/// nanosecond so far, the spinner guesses how much is left and reads again after most of that. The
/// guess decides how often the clock is read, never how long the instruction takes.
struct Spinner {
    /// When the instruction now executed is over. The next one starts there, so that the time
    /// the pipes take is part of the instructions and does not add up.
    until_ns: u64,
    /// Rounds of arithmetic per microsecond of CPU time, at most what was seen.
    rounds_per_us: u64,
    state: u64,
}

impl Spinner {
    /// How close to the end no further guess is worth a read of the clock.
    const CLOSE_NS: u64 = 1_000;

    const fn new(now_ns: u64) -> Self {
        Self {
            until_ns: now_ns,
            rounds_per_us: 100,
            state: 0x9E37_79B9_7F4A_7C15,
        }
    }

    /// What the clock says then, in nanoseconds.
    fn spin(&mut self, ns: u64) -> u64 {
        self.until_ns = self.until_ns.saturating_add(ns);
        let mut now = cpu_time_ns();
        while now < self.until_ns {
            let left = self.until_ns - now;
            let aim = if left > Self::CLOSE_NS {
                left - left / 8
            } else {
                left
            };
            let rounds = (aim * self.rounds_per_us / 1_000).max(16);
            self.compute(rounds);
            let then = std::mem::replace(&mut now, cpu_time_ns());
            let took = now.saturating_sub(then).max(1);
            // A chunk that was too short says nothing about the rate.
            if took > 2_000 {
                self.rounds_per_us = (rounds * 1_000 / took).clamp(1, 10_000);
            }
        }
        now
    }

    fn compute(&mut self, rounds: u64) {
        let mut x = self.state;
        for _ in 0..rounds {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
        }
        self.state = black_box(x);
    }
}
