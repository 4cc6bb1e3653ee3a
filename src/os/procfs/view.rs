//! A process as `ps -o pid,ppid,stat,wchan,comm` shows it.

use std::io;

use super::condition;
use super::condition::Condition;
use super::process_dir::{ProcessDir, Wchan, is_gone};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelView {
    pub pid: i32,
    pub ppid: i32,
    pub comm: String,
    /// The state letter (`proc_pid_stat(5)`); of a process whose main thread has exited while others
    /// go on, that of another thread.
    pub letter: char,
    pub condition: Condition,
    /// The function of the kernel in which it sleeps; `None`: it does not, or that is not shown.
    pub wchan: Option<String>,
    /// It sleeps, and the kernel will not say in which function.
    pub wchan_untold: bool,
    /// A zombie's wait status, encoded as for `waitpid(2)`.
    pub wait_status: Option<i32>,
}

impl KernelView {
    /// `None`: there is no such process.
    ///
    /// # Errors
    /// When there is one and it cannot be read.
    pub fn of(pid: i32) -> io::Result<Option<Self>> {
        match ProcessDir::open(pid).and_then(|directory| Self::read(&directory)) {
            Err(error) if is_gone(&error) => Ok(None),
            view => view.map(Some),
        }
    }

    fn read(directory: &ProcessDir) -> io::Result<Self> {
        let stat = directory.stat()?;
        let (wchan, wchan_untold) = match directory.look_where_asleep() {
            Wchan::In(function) => (Some(function), false),
            Wchan::Awake => (None, false),
            Wchan::Untold => (None, true),
        };
        let condition = Condition::of(directory, &stat, wchan.as_deref());
        Ok(Self {
            pid: stat.pid,
            ppid: stat.ppid,
            letter: condition::letter(directory, &stat),
            condition,
            wchan,
            wchan_untold,
            wait_status: stat.exit_code.filter(|_| condition == Condition::Zombie),
            comm: stat.comm,
        })
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
