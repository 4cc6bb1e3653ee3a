//! What a child does: it executes its program, one instruction a tick of its own CPU time.
//!
//! A worker is timeshare's own executable in a role of its own, started by [`super::spawn`] with
//! `ts:P0 worker PARENT DIALECT PROGRAM` as its arguments and nothing open but `/dev/null`, its own
//! two pipe ends, and the length of a tick. It decides from its own program what comes next, and reports
//! what it did.

use std::env::args;
use std::fs::File;
use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

use super::protocol::{ANSWER_FD, Executed, Message, REQUEST_FD};
use super::spawn;
use super::spawn_failed::{SpawnFailed, SpawnStep};
use super::spinner::Spinner;
use super::tick_length::TickLength;
use crate::os::clock;
use crate::os::sched::{Class, set_class};
use crate::os::syscalls;
use crate::workload::dialect::Dialect;
use crate::workload::notation;
use crate::workload::{Instruction, Program};

/// The first argument that makes an executable a worker.
pub const ROLE: &str = "worker";

/// `None`: it was not spawned by a supervisor.
pub fn run() -> Option<ExitCode> {
    let mut pipes = Pipes::take()?;
    let (tick_length, program) = match prepare() {
        Ok(prepared) => prepared,
        Err(failed) => {
            let _ = pipes.send(Message::Failed(failed));
            return Some(ExitCode::from(127));
        }
    };
    Some(match work(&mut pipes, &tick_length, &program) {
        Ok(()) => ExitCode::SUCCESS,
        // The supervisor is gone, and so shall we be.
        Err(_) => ExitCode::FAILURE,
    })
}

fn prepare() -> Result<(TickLength, Program), SpawnFailed> {
    let (parent, program, tick_length) = given().ok_or(SpawnFailed {
        step: SpawnStep::Program,
        errno: Errno::EINVAL,
    })?;
    // Exec forgets it where the executable has capabilities (prctl(2)).
    let armed = prctl::set_pdeathsig(Signal::SIGKILL).is_ok();
    if !armed || getppid() != parent {
        return Err(SpawnFailed {
            step: SpawnStep::Orphaned,
            errno: Errno::ESRCH,
        });
    }
    Ok((tick_length, program))
}

fn given() -> Option<(Pid, Program, TickLength)> {
    let mut arguments = args().skip(2);
    let parent = arguments.next()?.parse().ok()?;
    let dialect = arguments.next()?.parse::<Dialect>().ok()?;
    let program = notation::program(&arguments.next()?).ok()?;
    let program = program.in_dialect(dialect);
    Some((Pid::from_raw(parent), program, TickLength::take()?))
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

    fn send(&mut self, message: Message) -> std::io::Result<()> {
        self.requests.write_all(&message.to_bytes())
    }

    /// Blocks in `read()` until the supervisor's device answers.
    fn wait_for_answer(&mut self) -> std::io::Result<()> {
        self.answers.read_exact(&mut [0])
    }
}

fn work(pipes: &mut Pipes, tick_length: &TickLength, program: &Program) -> std::io::Result<()> {
    spawn::show_as(&args().next().unwrap_or_default());

    // A supervisor that may not be real-time has a short slice, which forked children inherit.
    // Where the kernel knows no slices, there was none to inherit.
    let _ = set_class(Class::Normal {
        slice: Duration::ZERO,
    });

    let mut remaining = program.len() as u64;
    pipes.send(Message::Ready {
        instructions: remaining,
    })?;
    pipes.wait_for_answer()?;

    let mut spinner = Spinner::new();
    for &instruction in program.instructions() {
        remaining -= 1;
        let tick_ns = tick_length.tick_ns()?;
        let cpu_ns = spinner.spin(tick_ns);
        pipes.send(Message::Executed(Executed {
            instruction,
            remaining,
            tick_ns,
            cpu_ns,
            ended_ns: clock::now_ns(),
        }))?;
        if instruction == Instruction::Io {
            pipes.wait_for_answer()?;
        }
    }
    Ok(())
}
