//! A process as `ps -o pid,ppid,stat,wchan,comm` shows it.

use std::io;

use super::process_dir::{ProcessDir, is_gone};

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
        let view = || {
            let directory = ProcessDir::open(pid)?;
            let stat = directory.stat()?;
            Ok(Self {
                pid: stat.pid,
                ppid: stat.ppid,
                comm: stat.comm,
                letter: stat.state,
                wchan: directory.wchan(),
                wait_status: stat.exit_code.filter(|_| stat.state == 'Z'),
            })
        };
        match view() {
            Err(error) if is_gone(&error) => Ok(None),
            view => view.map(Some),
        }
    }
}

/// The letters (`proc_pid_stat(5)`) in the book's words: in as few as possible, and in a sentence.
const STATES: [(char, &str, &str); 9] = [
    (
        'R',
        "running or ready",
        "running, or ready and waiting for a CPU",
    ),
    ('S', "blocked", "blocked; a signal can wake it"),
    (
        'D',
        "blocked, deaf to signals",
        "blocked; not even a signal wakes it",
    ),
    ('T', "stopped", "stopped by a signal: may not run"),
    ('t', "traced", "stopped by a debugger"),
    ('Z', "zombie", "zombie: has exited, not yet waited for"),
    ('X', "gone", "gone"),
    ('I', "idle", "an idle thread of the kernel"),
    ('P', "parked", "parked"),
];

/// The state a letter stands for.
pub fn state(letter: char) -> &'static str {
    words(letter).0
}

/// What that means.
pub fn meaning(letter: char) -> &'static str {
    words(letter).1
}

fn words(letter: char) -> (&'static str, &'static str) {
    let state = STATES.into_iter().find(|(of, ..)| *of == letter);
    state.map_or(("unknown", "unknown"), |(_, state, meaning)| {
        (state, meaning)
    })
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
