//! Spawns the children of a run: each with its pipes, on the CPU they share, as one of our workers or
//! any command.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::sched::CpuSet;
use nix::unistd::{Pid, pipe2};

use super::pidfd::PidFd;
use super::spawn;
use super::spawn::{Exec, SpawnSpec};
use super::tick_length::TickLength;
use super::worker;
use crate::os::error::{Error, refused, system};
use crate::os::refusal::Call;
use crate::scheduler::ProcId;
use crate::workload::Program;
use crate::workload::dialect::Dialect;

/// One argument of a program may be this long (`MAX_ARG_STRLEN`, `execve(2)`).
const ARGUMENT_MAX: usize = 128 * 1024 - 1;

/// What all children of a run are to have in common.
#[derive(Clone, Copy, Debug)]
pub struct WorkerSettings {
    /// Their only CPU.
    pub cpu: usize,
    /// CPU time an instruction takes.
    pub tick: Duration,
    /// What their programs are made of.
    pub dialect: Dialect,
}

/// A child that has been forked, and our ends of its pipes.
pub struct Spawned {
    pub process: PidFd,
    pub requests: OwnedFd,
    pub answers: OwnedFd,
}

pub struct Spawner {
    cpu: usize,
    cpus: CpuSet,
    /// What the workers execute.
    executable: CString,
    tick_length: TickLength,
    dialect: Dialect,
    null: OwnedFd,
    parent: Pid,
    #[cfg(test)]
    panics: bool,
}

impl Spawner {
    pub fn new(settings: WorkerSettings) -> Result<Self, Error> {
        Self::of(spawn::SELF.to_owned(), settings)
    }

    /// As [`Spawner::new`], with workers that execute something else.
    pub fn of(executable: CString, settings: WorkerSettings) -> Result<Self, Error> {
        let WorkerSettings { cpu, tick, dialect } = settings;
        let mut cpus = CpuSet::new();
        cpus.set(cpu).map_err(system(format!("name CPU {cpu}")))?;
        Ok(Self {
            cpu,
            cpus,
            executable,
            tick_length: TickLength::new(tick)?,
            dialect,
            null: spawn::null()?,
            parent: Pid::this(),
            #[cfg(test)]
            panics: false,
        })
    }

    /// Where all children are pinned to.
    pub const fn cpu(&self) -> usize {
        self.cpu
    }

    /// How long an instruction takes.
    pub const fn tick_length(&self) -> &TickLength {
        &self.tick_length
    }

    /// The arguments of a worker, if its program fits into them.
    pub fn arguments(&self, process: ProcId, program: &Program) -> Result<Vec<CString>, Error> {
        let notation = program.notation();
        if notation.len() > ARGUMENT_MAX {
            return Err(Error::Refused(format!(
                "the program of {process} takes {} bytes to write down, and a real process gets it \
                 as an argument, which may have {ARGUMENT_MAX} (execve(2)). Use a shorter one",
                notation.len()
            )));
        }
        let more = vec![self.parent.to_string(), self.dialect.to_string(), notation];
        Ok(spawn::role_arguments(
            &process.to_string(),
            worker::ROLE,
            more,
        ))
    }

    /// What makes a child a worker, with these arguments.
    pub fn role<'a>(&'a self, arguments: &'a [CString]) -> Exec<'a> {
        Exec::Role(&self.executable, arguments)
    }

    /// Forks a child, which executes this. When that fails, no process remains.
    pub fn spawn(&self, process: ProcId, exec: Exec<'_>) -> Result<Spawned, Error> {
        let pipe =
            || pipe2(OFlag::O_CLOEXEC).map_err(system(format!("create a pipe for {process}")));
        let (requests, its_requests) = pipe()?;
        let (its_answers, answers) = pipe()?;
        let spec = SpawnSpec {
            parent: self.parent,
            cpus: Some(&self.cpus),
            exec,
            null: self.null.as_fd(),
            files: &[
                its_requests.as_fd(),
                its_answers.as_fd(),
                self.tick_length.as_fd(),
            ],
            #[cfg(test)]
            panics: self.panics,
        };
        Ok(Spawned {
            process: spec
                .spawn()
                .map_err(refused(Call::Clone, format!("fork {process}")))?,
            requests,
            answers,
        })
    }
}

#[cfg(test)]
impl Spawner {
    /// With children that are a script instead of workers.
    pub fn of_script(script: &std::path::Path, cpu: usize) -> Result<Self, Error> {
        let path = std::os::unix::ffi::OsStrExt::as_bytes(script.as_os_str());
        let executable = CString::new(path).map_err(|_| Error::Refused("NUL".to_owned()))?;
        let settings = WorkerSettings {
            cpu,
            tick: Duration::from_millis(1),
            dialect: Dialect::Current,
        };
        Self::of(executable, settings)
    }

    /// Its children panic before they execute anything.
    pub const fn that_panics(mut self) -> Self {
        self.panics = true;
        self
    }
}
