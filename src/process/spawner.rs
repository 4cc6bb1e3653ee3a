//! Where the children of a run are born: each with its pipes, on the CPU they share, as one of our
//! workers or any command.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use nix::fcntl::OFlag;
use nix::sched::CpuSet;
use nix::unistd::{Pid, pipe2};

use super::spawn;
use super::spawn::{Exec, SpawnSpec, Spawned};
use super::tick_length::TickLength;
use super::worker;
use crate::linux::machine::Settings;
use crate::os::error::{Error, system};
use crate::os::syscalls;
use crate::scheduler::ProcId;
use crate::workload::Program;
use crate::workload::dialect::Dialect;

/// One argument of a program may be this long (`MAX_ARG_STRLEN`, `execve(2)`).
const ARGUMENT_MAX: usize = 128 * 1024 - 1;

/// What all children of a run have in common.
pub struct Spawner {
    cpu: usize,
    cpus: CpuSet,
    /// What the children execute.
    executable: CString,
    tick_length: TickLength,
    dialect: Dialect,
    null: OwnedFd,
    parent: Pid,
    #[cfg(test)]
    panics: bool,
}

impl Spawner {
    /// # Errors
    /// When `/dev/null` cannot be opened.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Self::of(spawn::SELF.to_owned(), settings)
    }

    /// As [`Spawner::new`], with children that execute something else.
    pub fn of(executable: CString, settings: Settings) -> Result<Self, Error> {
        let Settings {
            cpu, tick, dialect, ..
        } = settings;
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
    #[must_use]
    pub const fn cpu(&self) -> usize {
        self.cpu
    }

    /// How long an instruction takes.
    #[must_use]
    pub const fn tick_length(&self) -> &TickLength {
        &self.tick_length
    }

    /// The arguments of a child, and whether its program fits into them.
    ///
    /// # Errors
    /// When the program is too long to be an argument.
    pub fn arguments(&self, process: ProcId, program: &Program) -> Result<Vec<CString>, Error> {
        let notation = program.notation();
        if notation.len() > ARGUMENT_MAX {
            return Err(Error::Refused(format!(
                "the program of {process} takes {} bytes to write down, and a real process gets it \
                 as an argument, which may have {ARGUMENT_MAX} (execve(2)). Use a shorter one",
                notation.len()
            )));
        }
        let words = [
            format!("ts:{process}"),
            worker::ROLE.to_owned(),
            self.parent.to_string(),
            self.dialect.to_string(),
            notation,
        ];
        // Not one of them can contain a NUL byte.
        Ok(words
            .into_iter()
            .filter_map(|word| CString::new(word).ok())
            .collect())
    }

    /// What makes a child a worker, with these arguments.
    #[must_use]
    pub fn role<'a>(&'a self, arguments: &'a [CString]) -> Exec<'a> {
        Exec::Role(&self.executable, arguments)
    }

    /// Forks a child and lets it become what it is called to.
    ///
    /// # Errors
    /// When a pipe, the process or its pidfd cannot be had. No process remains then.
    pub fn fork(&self, process: ProcId, calling: Exec<'_>) -> Result<Spawned, Error> {
        let (requests, child_requests) =
            pipe2(OFlag::O_CLOEXEC).map_err(system(format!("create a pipe for {process}")))?;
        let (child_answers, answers) =
            pipe2(OFlag::O_CLOEXEC).map_err(system(format!("create a pipe for {process}")))?;
        let spawn = SpawnSpec {
            parent: self.parent,
            cpus: Some(&self.cpus),
            calling,
            null: self.null.as_fd(),
            third: child_requests.as_fd(),
            fourth: child_answers.as_fd(),
            fifth: Some(self.tick_length.as_fd()),
            #[cfg(test)]
            panics: self.panics,
        };
        let pid = spawn.fork().map_err(system(format!("fork {process}")))?;
        // Until it is waited for, the pid cannot be reused: this is the last use of it by number.
        match syscalls::pidfd_open(pid) {
            Ok(pidfd) => Ok(Spawned {
                pid,
                pidfd,
                requests,
                answers,
            }),
            Err(errno) => {
                spawn::undo(pid);
                Err(system(format!("open a pidfd for {process}"))(errno))
            }
        }
    }
}

#[cfg(test)]
impl Spawner {
    /// With children that are a script instead of workers.
    pub fn of_script(script: &std::path::Path, cpu: usize) -> Result<Self, Error> {
        let path = std::os::unix::ffi::OsStrExt::as_bytes(script.as_os_str());
        let executable = CString::new(path).map_err(|_| Error::Refused("NUL".to_owned()))?;
        let settings = Settings {
            cpu,
            tick: std::time::Duration::from_millis(1),
            io_length: 1,
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
