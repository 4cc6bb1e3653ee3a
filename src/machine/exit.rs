//! How a process ended, from its wait status, as `waitpid(2)` stores it and `/proc/PID/stat` shows it of a zombie.

use std::fmt;

use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It called `_exit` with this status.
    Code(i32),
    /// This signal killed it.
    Signal { number: i32, core_dumped: bool },
}

impl Exit {
    /// From the wait status of a process that has ended.
    pub const fn from_wait_status(status: i32) -> Self {
        if libc::WIFEXITED(status) {
            Self::Code(libc::WEXITSTATUS(status))
        } else {
            Self::Signal {
                number: libc::WTERMSIG(status),
                core_dumped: libc::WCOREDUMP(status),
            }
        }
    }
}

/// `exit status 3`, `killed by SIGABRT, core dumped`.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal {
                number,
                core_dumped,
            } => {
                let core = if core_dumped { ", core dumped" } else { "" };
                write!(f, "killed by {}{core}", signal_name(number))
            }
        }
    }
}

/// `SIGKILL`; a real-time signal as `SIGRTMIN+6`; `signal 33`, where there is no name.
pub fn signal_name(number: i32) -> String {
    if let Ok(signal) = Signal::try_from(number) {
        return signal.as_str().to_owned();
    }
    match number - libc::SIGRTMIN() {
        0 => "SIGRTMIN".to_owned(),
        above if above > 0 && number <= libc::SIGRTMAX() => format!("SIGRTMIN+{above}"),
        _ => format!("signal {number}"),
    }
}

/// `exited, 7`; `stopped by SIGSTOP`: also of a process that has not ended.
pub fn wait_status_in_words(status: i32) -> String {
    if libc::WIFSTOPPED(status) {
        format!("stopped by {}", signal_name(libc::WSTOPSIG(status)))
    } else if libc::WIFCONTINUED(status) {
        "continued".to_owned()
    } else {
        match Exit::from_wait_status(status) {
            Exit::Code(code) => format!("exited, {code}"),
            killed @ Exit::Signal { .. } => killed.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_exited_or_a_signal_killed_it() {
        assert_eq!(Exit::from_wait_status(3 << 8), Exit::Code(3));
        let killed = |number, core_dumped| Exit::Signal {
            number,
            core_dumped,
        };
        assert_eq!(Exit::from_wait_status(9), killed(9, false));
        assert_eq!(Exit::from_wait_status(0x8b), killed(11, true));
    }

    #[test]
    fn each_kind_of_status_has_its_words() {
        assert_eq!(wait_status_in_words(0x0700), "exited, 7");
        assert_eq!(wait_status_in_words(0x0009), "killed by SIGKILL");
        assert_eq!(
            wait_status_in_words(0x0086),
            "killed by SIGABRT, core dumped"
        );
        assert_eq!(wait_status_in_words(0x137f), "stopped by SIGSTOP");
        assert_eq!(wait_status_in_words(0xffff), "continued");
        let real_time = libc::SIGRTMIN() + 6;
        assert_eq!(wait_status_in_words(real_time), "killed by SIGRTMIN+6");
        // The C library keeps it for itself.
        assert_eq!(wait_status_in_words(33), "killed by signal 33");
    }
}
