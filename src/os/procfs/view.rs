//! A process as `ps -o pid,ppid,stat,wchan,comm` shows it.

use std::fs;
use std::io;

use super::stat;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelView {
    pub pid: i32,
    pub ppid: i32,
    pub comm: String,
    /// The state letter (`proc_pid_stat(5)`).
    pub letter: char,
    /// The function of the kernel in which it sleeps; `None`: it does not, or that is not shown.
    pub wchan: Option<String>,
    /// A zombie's wait status, encoded as for `waitpid(2)`.
    pub wait_status: Option<i32>,
}

impl KernelView {
    /// `None`: there is no such process.
    ///
    /// # Errors
    /// When there is one and it cannot be read.
    pub fn of(pid: i32) -> io::Result<Option<Self>> {
        let Some(stat) = read_if_there(&format!("/proc/{pid}/stat"))? else {
            return Ok(None);
        };
        let stat = stat::parse(&stat).ok_or(io::ErrorKind::InvalidData)?;
        let wchan = read_if_there(&format!("/proc/{pid}/wchan")).unwrap_or(None);
        let wchan = wchan.and_then(|name| String::from_utf8(name).ok());
        Ok(Some(Self {
            pid: stat.pid,
            ppid: stat.ppid,
            comm: stat.comm,
            letter: stat.state,
            wchan: wchan.filter(|name| !name.is_empty() && name != "0"),
            wait_status: stat.exit_code.filter(|_| stat.state == 'Z'),
        }))
    }
}

/// A whole file of `/proc`; `None` when the process it tells of is gone, or goes while it is read
/// (`ESRCH`).
///
/// # Errors
/// When it is there and cannot be read.
pub fn read_if_there(path: &str) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The state a letter stands for, in the book's words and in as few as possible.
#[must_use]
pub const fn state(letter: char) -> &'static str {
    match letter {
        'R' => "running or ready",
        'S' => "blocked",
        'D' => "blocked, deaf to signals",
        'T' => "stopped",
        't' => "traced",
        'Z' => "zombie",
        'X' => "gone",
        'I' => "idle",
        'P' => "parked",
        _ => "unknown",
    }
}

/// What a state letter means, in the book's words.
#[must_use]
pub const fn meaning(letter: char) -> &'static str {
    match letter {
        'R' => "running, or ready and waiting for a CPU",
        'S' => "blocked; a signal can wake it",
        'D' => "blocked; not even a signal wakes it",
        'T' => "stopped by a signal: may not run",
        't' => "stopped by a debugger",
        'Z' => "zombie: has exited, not yet waited for",
        'X' => "gone",
        'I' => "an idle thread of the kernel",
        'P' => "parked",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_parent_and_no_wait_status() {
        let own = KernelView::of(nix::unistd::getpid().as_raw())
            .unwrap()
            .unwrap();
        assert_eq!(own.ppid, nix::unistd::getppid().as_raw());
        assert_eq!(own.wait_status, None);
    }

    #[test]
    fn a_process_that_does_not_exist_is_not_an_error() {
        // Above every pid_max.
        assert_eq!(KernelView::of(i32::MAX).unwrap(), None);
    }
}
