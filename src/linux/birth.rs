//! How a child is made: fork, and then, between fork and exec, what must be true of it before any
//! of its own code runs.
//!
//! The order matters. A child first ties its life to the supervisor's, so that it dies with it
//! from then on; then it looks whether the supervisor has died before that. Nothing may stop it
//! before (a stopped orphan would stay for ever), hence the ready message: only after it has come
//! is a child ever stopped.

use std::convert::Infallible;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sched::CpuSet;
use nix::sys::stat::Mode;
use nix::unistd::{ForkResult, Pid, fork, pipe2};

use super::error::{Error, system};
use super::pace::Pace;
use super::protocol::{ANSWER_FD, BirthStep, Message, PACE_FD, REQUEST_FD};
use super::{sys, worker};
use crate::scheduler::ProcId;
use crate::workload::Program;

const SELF: &CStr = c"/proc/self/exe";

/// One argument of a program may be this long (`MAX_ARG_STRLEN`, `execve(2)`).
const ARGUMENT_MAX: usize = 128 * 1024 - 1;

/// What all children of a run have in common.
pub struct Nursery {
    cpu: usize,
    cpus: CpuSet,
    /// What the children execute.
    executable: CString,
    pace: Pace,
    null: OwnedFd,
    /// The pid a child must find as its parent: ours.
    parent: Pid,
    #[cfg(test)]
    panics: bool,
}

/// A child that has been forked, and our ends of its pipes.
pub struct Newborn {
    pub pid: Pid,
    pub pidfd: OwnedFd,
    pub requests: OwnedFd,
    pub answers: OwnedFd,
}

/// Everything a child needs between fork and exec, allocated before: there, only
/// async-signal-safe calls are allowed (`signal-safety(7)`).
struct Prepared<'a> {
    nursery: &'a Nursery,
    argv: Vec<*const libc::c_char>,
    requests: RawFd,
    answers: RawFd,
}

impl Nursery {
    /// `cpu`: where all children are pinned to.
    ///
    /// # Errors
    /// When `/dev/null` cannot be opened.
    pub fn new(cpu: usize, tick: Duration) -> Result<Self, Error> {
        Self::of(SELF.to_owned(), cpu, tick)
    }

    /// As [`Nursery::new`], with children that execute something else.
    fn of(executable: CString, cpu: usize, tick: Duration) -> Result<Self, Error> {
        let mut cpus = CpuSet::new();
        cpus.set(cpu).map_err(system(format!("name CPU {cpu}")))?;
        let null = open("/dev/null", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())
            .map_err(system("open /dev/null"))?;
        Ok(Self {
            cpu,
            cpus,
            executable,
            pace: Pace::new(tick)?,
            null,
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
    pub const fn pace(&self) -> &Pace {
        &self.pace
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
            notation,
        ];
        // Not one of them can contain a NUL byte.
        Ok(words
            .into_iter()
            .filter_map(|word| CString::new(word).ok())
            .collect())
    }

    /// Forks a child and lets it execute our own executable as a worker.
    ///
    /// # Errors
    /// When a pipe, the process or its pidfd cannot be had. No process remains then.
    pub fn fork(&self, process: ProcId, arguments: &[CString]) -> Result<Newborn, Error> {
        let (requests, child_requests) =
            pipe2(OFlag::O_CLOEXEC).map_err(system(format!("create a pipe for {process}")))?;
        let (child_answers, answers) =
            pipe2(OFlag::O_CLOEXEC).map_err(system(format!("create a pipe for {process}")))?;
        let mut argv: Vec<_> = arguments.iter().map(|word| word.as_ptr()).collect();
        argv.push(std::ptr::null());
        let prepared = Prepared {
            nursery: self,
            argv,
            requests: child_requests.as_raw_fd(),
            answers: child_answers.as_raw_fd(),
        };
        // SAFETY: the child only calls become_worker, which is async-signal-safe and never
        // returns.
        let pid = match unsafe { fork() }.map_err(system(format!("fork {process}")))? {
            ForkResult::Child => prepared.become_worker(),
            ForkResult::Parent { child } => child,
        };
        // Until it is waited for, the pid cannot be reused: this is the last use of it by number.
        match sys::pidfd_open(pid) {
            Ok(pidfd) => Ok(Newborn {
                pid,
                pidfd,
                requests,
                answers,
            }),
            Err(errno) => {
                undo(pid);
                Err(system(format!("open a pidfd for {process}"))(errno))
            }
        }
    }
}

/// Ends and waits for a child that nobody will own. Its pid cannot have been reused before.
pub fn undo(pid: Pid) {
    let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
    let _ = nix::sys::wait::waitpid(pid, None);
}

impl Prepared<'_> {
    /// The child's way from fork to exec. Never returns, and never unwinds, which would run the
    /// parent's destructors in the child: out of a function of this ABI, a panic aborts.
    extern "C" fn become_worker(&self) -> ! {
        #[cfg(test)]
        assert!(
            !self.nursery.panics,
            "as a fault between fork and exec would"
        );
        let Err((step, errno)) = self.try_to_become_worker();
        // The descriptors move on the way: to where the pipe is now, and to nobody else's.
        let requests = match step {
            BirthStep::Pin | BirthStep::Exec => REQUEST_FD,
            _ => self.requests,
        };
        let message = Message::Failed {
            step,
            errno: errno as i32,
        }
        .to_bytes();
        // SAFETY: write and _exit are async-signal-safe; the buffer lives.
        unsafe {
            libc::write(requests, message.as_ptr().cast(), message.len());
            libc::_exit(127)
        }
    }

    fn try_to_become_worker(&self) -> Result<Infallible, (BirthStep, Errno)> {
        let at = |step| move |errno| (step, errno);
        let parent = self.nursery.parent;
        // SAFETY: all calls here are async-signal-safe system calls on integers, or on memory that
        // was prepared before the fork and that the child has its own copy of.
        unsafe {
            Errno::result(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))
                .map_err(at(BirthStep::Arm))?;
            if libc::getppid() != parent.as_raw() {
                return Err((BirthStep::Orphaned, Errno::ESRCH));
            }
            Errno::result(libc::setpgid(0, 0)).map_err(at(BirthStep::Group))?;
            reset_signals().map_err(at(BirthStep::Signals))?;
            self.arrange_descriptors()
                .map_err(at(BirthStep::Descriptors))?;
            nix::sched::sched_setaffinity(Pid::from_raw(0), &self.nursery.cpus)
                .map_err(at(BirthStep::Pin))?;
            libc::execv(self.nursery.executable.as_ptr(), self.argv.as_ptr());
        }
        Err((BirthStep::Exec, Errno::last()))
    }

    /// Leaves open: `/dev/null` three times, as every process has three files, the child's two pipe
    /// ends, and the length of a tick.
    ///
    /// # Safety
    /// For the child of a fork only: it closes everything else.
    unsafe fn arrange_descriptors(&self) -> Result<(), Errno> {
        // Above every number that is about to be overwritten.
        const ABOVE: libc::c_int = 16;
        // SAFETY: as the caller promises; the numbers are those of descriptors open in the parent.
        unsafe {
            let up = |fd| Errno::result(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, ABOVE));
            let (null, requests) = (up(self.nursery.null.as_raw_fd())?, up(self.requests)?);
            let (answers, pace) = (
                up(self.answers)?,
                up(self.nursery.pace.as_fd().as_raw_fd())?,
            );
            for standard in 0..3 {
                Errno::result(libc::dup2(null, standard))?;
            }
            Errno::result(libc::dup2(requests, REQUEST_FD))?;
            Errno::result(libc::dup2(answers, ANSWER_FD))?;
            Errno::result(libc::dup2(pace, PACE_FD))?;
            let first = libc::c_uint::try_from(PACE_FD + 1).map_err(|_| Errno::EINVAL)?;
            Errno::result(libc::syscall(
                libc::SYS_close_range,
                first,
                libc::c_uint::MAX,
                0,
            ))?;
        }
        Ok(())
    }
}

/// Exec resets handlers, but neither what is ignored nor what is blocked.
///
/// # Safety
/// For the child of a fork only: the parent's handlers are gone afterwards.
unsafe fn reset_signals() -> Result<(), Errno> {
    // SAFETY: signal() with SIG_DFL and sigprocmask on a live, empty set. SIGKILL, SIGSTOP and the
    // two signals the C library keeps for itself refuse, which is fine.
    unsafe {
        for number in 1..=libc::SIGRTMAX() {
            libc::signal(number, libc::SIG_DFL);
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        Errno::result(libc::sigprocmask(
            libc::SIG_SETMASK,
            &raw const none,
            std::ptr::null_mut(),
        ))?;
    }
    Ok(())
}

#[cfg(test)]
impl Nursery {
    /// With children that are a script instead of workers.
    pub fn of_script(script: &std::path::Path, cpu: usize) -> Result<Self, Error> {
        let path = std::os::unix::ffi::OsStrExt::as_bytes(script.as_os_str());
        let executable = CString::new(path).map_err(|_| Error::Refused("NUL".to_owned()))?;
        Self::of(executable, cpu, Duration::from_millis(1))
    }

    /// Its children panic before they execute anything.
    pub const fn that_panics(mut self) -> Self {
        self.panics = true;
        self
    }
}
