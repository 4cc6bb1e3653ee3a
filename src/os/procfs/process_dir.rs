//! `/proc/PID`, held open: all that is read through it is of one process, even if that ends and its
//! pid is reused in between.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::dir::Dir;
use nix::fcntl::{OFlag, open, openat, readlinkat};
use nix::sys::stat::Mode;

use super::sched;
use super::stat::{self, Stat};
use super::syscall::SyscallState;

pub struct ProcessDir(OwnedFd);

impl ProcessDir {
    /// # Errors
    /// `NotFound`: there is no such process, or `/proc` hides it.
    pub fn open(pid: i32) -> io::Result<Self> {
        Self::at(Path::new(&format!("/proc/{pid}")))
    }

    /// A folder that has the files of one: of a kernel that is not ours, in a test.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn at(path: &Path) -> io::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        Ok(Self(open(path, flags, Mode::empty())?))
    }

    /// A whole file.
    ///
    /// # Errors
    /// `NotFound` or `ESRCH` when the process is gone; `PermissionDenied`.
    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let mut file = File::from(openat(&self.0, name, flags, Mode::empty())?);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// A whole file; what is not UTF-8 in it is replaced.
    pub fn text(&self, name: &str) -> io::Result<String> {
        let bytes = self.read(name)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub fn stat(&self) -> io::Result<Stat> {
        let stat = self.read("stat")?;
        stat::parse(&stat).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// The function of the kernel in which it sleeps; `None`: it does not, or that is not shown.
    pub fn wchan(&self) -> Option<String> {
        let name = self.text("wchan").ok()?;
        (!["", "0"].contains(&name.as_str())).then_some(name)
    }

    /// Where it sleeps, and if the kernel does not say, whether it could have: some kernels write 0
    /// of every process (5.10 on x86-64 does).
    pub fn look_where_asleep(&self) -> Wchan {
        if let Some(function) = self.wchan() {
            return Wchan::In(function);
        }
        // `syscall` is answered once the process is off the CPU; and if it has not been on one since,
        // it was off all the while.
        let text = |name| self.text(name).unwrap_or_default();
        let before = text("schedstat");
        let was_off = SyscallState::parse(&text("syscall"))
            .is_some_and(|state| state != SyscallState::Running);
        if let Some(function) = self.wchan() {
            return Wchan::In(function);
        }
        let has_counts = sched::ran_and_waited_ns(&before).is_some_and(|(ran_ns, _)| ran_ns > 0);
        if was_off && has_counts && text("schedstat") == before {
            Wchan::Untold
        } else {
            Wchan::Awake
        }
    }

    /// Where a link leads; what is not UTF-8 in it is replaced.
    pub fn link(&self, name: &str) -> io::Result<String> {
        let target: OsString = readlinkat(&self.0, name)?;
        Ok(target.to_string_lossy().into_owned())
    }

    /// The names in a directory, numbers in their order.
    pub fn list(&self, name: &str) -> io::Result<Vec<String>> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut directory = Dir::openat(&self.0, name, flags, Mode::empty())?;
        let mut names = Vec::new();
        for item in directory.iter() {
            let item = item?;
            let name = item.file_name().to_string_lossy();
            if !name.starts_with('.') {
                names.push(name.into_owned());
            }
        }
        names.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        Ok(names)
    }
}

/// What `wchan` says of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wchan {
    /// It sleeps in this function of the kernel.
    In(String),
    /// It was on a CPU, or could be, or it is not ours to know.
    Awake,
    /// It slept all the while, and the kernel does not say where.
    Untold,
}

/// How `/proc` says that a process, or what it had, is gone.
pub fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}

/// The name of a process; `None`: there is no such process, or `/proc` hides it.
pub fn name_of(pid: i32) -> Option<String> {
    let name = ProcessDir::open(pid).ok()?.text("comm").ok()?;
    Some(name.strip_suffix('\n').unwrap_or(&name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_files_links_and_directories_can_be_read() {
        let directory = ProcessDir::open(nix::unistd::getpid().as_raw()).unwrap();
        assert!(directory.text("status").unwrap().starts_with("Name:"));
        let here = std::env::current_dir().unwrap();
        assert_eq!(directory.link("cwd").unwrap(), here.to_string_lossy());
        let files = directory.list("fd").unwrap();
        assert_eq!(files[..3], ["0", "1", "2"]);
    }

    fn where_asleep(files: &[(&str, &str)]) -> Wchan {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        ProcessDir::at(folder.path()).unwrap().look_where_asleep()
    }

    #[test]
    fn a_kernel_that_says_0_of_a_sleeper_is_told_from_a_process_that_is_awake() {
        let asleep = ("syscall", "0 0x3 0x1 0x1 0x0 0x0 0x0 0x7ffd00 0x7f00\n");
        let counts = ("schedstat", "1000 20 3\n");
        let of = |wchan, syscall| where_asleep(&[("wchan", wchan), syscall, counts]);
        assert_eq!(of("pipe_read", asleep), Wchan::In("pipe_read".to_owned()));
        assert_eq!(of("0", asleep), Wchan::Untold);
        assert_eq!(of("0", ("syscall", "running\n")), Wchan::Awake);
        // Where nothing proves that it slept, that is not said.
        assert_eq!(where_asleep(&[("wchan", "0"), asleep]), Wchan::Awake);
        assert_eq!(where_asleep(&[("wchan", "0"), counts]), Wchan::Awake);
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        // Above every pid_max.
        let error = ProcessDir::open(i32::MAX).map(drop).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
