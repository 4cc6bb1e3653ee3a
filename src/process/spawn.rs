//! How a child is made: fork, and then, between fork and exec, what must be true of it before any
//! of its own code runs.
//!
//! The order matters. A child first ties its life to the supervisor's, so that it dies with it
//! from then on; then it looks whether the supervisor has died before that. Nothing may stop it
//! before (a stopped orphan would stay forever), hence the ready message: only after it has come
//! is a child ever stopped.

use std::convert::Infallible;
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sched::CpuSet;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};

use super::executable::Executable;
use super::pidfd::PidFd;
use super::protocol::{ANSWER_FD, Message, REQUEST_FD};
use super::spawn_failed::{SpawnFailed, SpawnStep};
use crate::os::error::{Error, system};

pub const SELF: &CStr = c"/proc/self/exe";

/// How many descriptors of its own a child can have, from this number on: right behind the three
/// that every process has.
const FILES_MAX: usize = 4;
const FIRST_FILE: libc::c_int = 3;

/// What a child executes.
#[derive(Clone, Copy)]
pub enum Exec<'a> {
    /// Our own executable (in tests, another one) in a role, with these arguments. It gets ready
    /// itself.
    Role(&'a CStr, &'a [CString]),
    /// Any other. It gets ready before it executes it: exec is its first instruction.
    Command(&'a Executable),
}

/// The arguments of a role: `ts:NAME ROLE ARGUMENTS`, of which `ps` shows the first.
pub fn role_arguments(name: &str, role: &str, more: Vec<String>) -> Vec<CString> {
    let words = [comm(name), role.to_owned()].into_iter().chain(more);
    // Not one of them can contain a NUL byte.
    words.filter_map(|word| CString::new(word).ok()).collect()
}

/// The name that `ps` shows of a child.
pub fn comm(name: &str) -> String {
    format!("ts:{name}")
}

/// Makes `ps` show a child by its name. Without it `ps` says "exe"; nothing depends on it.
pub fn show_as(name: &str) {
    let _ = CString::new(name).map(|name| prctl::set_name(&name));
}

/// What is set up for a child before it executes anything.
pub struct SpawnSpec<'a> {
    /// The pid it must find as its parent: ours.
    pub parent: Pid,
    /// Where it is pinned to; `None`: nowhere.
    pub cpus: Option<&'a CpuSet>,
    pub exec: Exec<'a>,
    /// Its descriptors 0, 1 and 2; a command's 0.
    pub null: BorrowedFd<'a>,
    /// Its descriptors from 3 on, four at most. If it cannot start, it writes a [`SpawnFailed`] to
    /// the first.
    pub files: &'a [BorrowedFd<'a>],
    #[cfg(test)]
    pub panics: bool,
}

impl SpawnSpec<'_> {
    /// Forks the child. When this fails, none remains.
    pub fn spawn(&self) -> Result<PidFd, Errno> {
        let words = self.exec.words().iter().map(|word| word.as_ptr());
        let argv = words.chain([std::ptr::null()]).collect();
        let prepared = Prepared { spec: self, argv };
        // SAFETY: the child only calls execute, which is async-signal-safe and never returns.
        match unsafe { fork() }? {
            ForkResult::Child => prepared.execute(),
            // Until it is reaped, the pid cannot be reused: this is the last use of it by number.
            ForkResult::Parent { child } => PidFd::open(child).inspect_err(|_| {
                let _ = kill(child, Signal::SIGKILL);
                let _ = waitpid(child, None);
            }),
        }
    }
}

/// Everything a child needs between fork and exec, allocated before: there, only
/// async-signal-safe calls are allowed (`signal-safety(7)`).
struct Prepared<'a> {
    spec: &'a SpawnSpec<'a>,
    argv: Vec<*const libc::c_char>,
}

/// What the standard descriptors of every child are.
pub fn null() -> Result<OwnedFd, Error> {
    let flags = OFlag::O_RDWR | OFlag::O_CLOEXEC;
    open("/dev/null", flags, Mode::empty()).map_err(system("open /dev/null"))
}

impl<'a> Exec<'a> {
    fn words(self) -> &'a [CString] {
        match self {
            Self::Role(_, words) => words,
            Self::Command(executable) => &executable.words,
        }
    }
}

impl Prepared<'_> {
    /// The child's way from fork to exec. Never returns, and never unwinds, which would run the
    /// parent's destructors in the child: out of a function of this ABI, a panic aborts.
    extern "C" fn execute(&self) -> ! {
        #[cfg(test)]
        if self.spec.panics {
            // What a panic prints is expected, and not shown.
            for fd in [libc::STDOUT_FILENO, libc::STDERR_FILENO] {
                // SAFETY: dup2 is async-signal-safe.
                unsafe { libc::dup2(self.spec.null.as_raw_fd(), fd) };
            }
            panic!("as a fault between fork and exec would");
        }
        let Err((step, errno)) = self.try_to_execute();
        // The descriptors move on the way: to where the first is now.
        let first = match step {
            SpawnStep::Pin | SpawnStep::Exec => FIRST_FILE,
            _ => self.spec.files.first().map_or(-1, AsRawFd::as_raw_fd),
        };
        let message = SpawnFailed { step, errno }.to_bytes();
        // SAFETY: write and _exit are async-signal-safe; the buffer lives.
        unsafe {
            libc::write(first, message.as_ptr().cast(), message.len());
            libc::_exit(127)
        }
    }

    fn try_to_execute(&self) -> Result<Infallible, (SpawnStep, Errno)> {
        let at = |step| move |errno| (step, errno);
        let parent = self.spec.parent;
        // SAFETY: all calls here are async-signal-safe system calls on integers, or on memory that
        // was prepared before the fork and that the child has its own copy of.
        unsafe {
            Errno::result(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))
                .map_err(at(SpawnStep::Arm))?;
            if libc::getppid() != parent.as_raw() {
                return Err((SpawnStep::Orphaned, Errno::ESRCH));
            }
            Errno::result(libc::setpgid(0, 0)).map_err(at(SpawnStep::Group))?;
            reset_signals().map_err(at(SpawnStep::Signals))?;
            self.arrange_descriptors()
                .map_err(at(SpawnStep::Descriptors))?;
            if let Some(cpus) = self.spec.cpus {
                nix::sched::sched_setaffinity(Pid::from_raw(0), cpus)
                    .map_err(at(SpawnStep::Pin))?;
            }
            let path = match self.spec.exec {
                Exec::Role(executable, _) => executable,
                Exec::Command(executable) => {
                    get_ready();
                    &executable.path
                }
            };
            libc::execv(path.as_ptr(), self.argv.as_ptr());
        }
        Err((SpawnStep::Exec, Errno::last()))
    }

    /// Leaves open: three files, as every process has, and the child's own. The three of a role are
    /// `/dev/null`; a command has our output and errors, and the others close when it is executed.
    ///
    /// # Safety
    /// For the child of a fork only: it closes everything else.
    unsafe fn arrange_descriptors(&self) -> Result<(), Errno> {
        // Above every number that is about to be overwritten.
        const ABOVE: libc::c_int = 16;
        // SAFETY: as the caller promises; the numbers are those of descriptors open in the parent.
        unsafe {
            let up = |fd| Errno::result(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, ABOVE));
            let null = up(self.spec.null.as_raw_fd())?;
            let files = self.spec.files;
            let mut moved = [-1; FILES_MAX];
            for (moved, file) in moved.iter_mut().zip(files) {
                *moved = up(file.as_raw_fd())?;
            }
            let (nulls, flags) = match self.spec.exec {
                Exec::Role(..) => (0..3, 0),
                Exec::Command(_) => (0..1, libc::O_CLOEXEC),
            };
            for standard in nulls {
                Errno::result(libc::dup2(null, standard))?;
            }
            let mut next = FIRST_FILE;
            for &moved in moved.iter().take(files.len()) {
                Errno::result(libc::dup3(moved, next, flags))?;
                next += 1;
            }
            let next = libc::c_uint::try_from(next).map_err(|_| Errno::EINVAL)?;
            Errno::result(libc::syscall(
                libc::SYS_close_range,
                next,
                libc::c_uint::MAX,
                0,
            ))?;
        }
        Ok(())
    }
}

/// What a worker does itself once it is executed: says that it is ready, and waits for the byte that
/// starts it. Without a supervisor there is nothing to wait for.
///
/// # Safety
/// For the child of a fork only, with its pipe ends where they belong.
unsafe fn get_ready() {
    let ready = Message::Ready { instructions: 0 }.to_bytes();
    let mut answer = [0_u8; 1];
    // SAFETY: write, read and _exit are async-signal-safe; the buffers live.
    unsafe {
        libc::write(REQUEST_FD, ready.as_ptr().cast(), ready.len());
        loop {
            match libc::read(ANSWER_FD, answer.as_mut_ptr().cast(), 1) {
                1 => return,
                -1 if Errno::last() == Errno::EINTR => {}
                _ => libc::_exit(127),
            }
        }
    }
}

/// Exec resets handlers, but neither what is ignored nor what is blocked.
///
/// # Safety
/// For the child of a fork only: the parent's handlers are gone afterwards.
unsafe fn reset_signals() -> Result<(), Errno> {
    // SAFETY: signal() without handlers and sigprocmask on a live, empty set. SIGKILL, SIGSTOP and the
    // two signals the C library keeps for itself refuse, which is fine.
    unsafe {
        // A Ctrl-Z before the child had a group of its own waits to stop it; to ignore it discards it.
        libc::signal(libc::SIGTSTP, libc::SIG_IGN);
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
