//! Why a process may not be traced, nor those of its files be read that only a tracer may read
//! (`ptrace(2)`, access mode checking).

use std::fs;
use std::io::ErrorKind;

use super::facts::{Capability, Facts, sysctl};

/// How far the Yama security module restricts tracing (`kernel.yama.ptrace_scope`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yama {
    /// This kernel has none, or it restricts nothing.
    Off,
    /// Only ancestors may, and who the process has named.
    Ancestors,
    /// Only who has `CAP_SYS_PTRACE`.
    Administrator,
    /// None may, until the machine is started again.
    None,
}

impl Yama {
    pub fn of_this_machine() -> Self {
        Self::of_scope(sysctl("kernel/yama/ptrace_scope"))
    }

    const fn of_scope(scope: Option<i64>) -> Self {
        match scope {
            Some(1) => Self::Ancestors,
            Some(2) => Self::Administrator,
            Some(3..) => Self::None,
            _ => Self::Off,
        }
    }

    /// What keeps us from tracing a process of our own user.
    ///
    /// `is_child`: we are an ancestor of it. `None`: Yama does not.
    pub const fn forbids(self, is_child: bool, is_privileged: bool) -> Option<&'static str> {
        match self {
            Self::Ancestors if !is_child && !is_privileged => {
                Some("kernel.yama.ptrace_scope is 1: only its ancestors may, or CAP_SYS_PTRACE")
            }
            Self::Administrator if !is_privileged => {
                Some("kernel.yama.ptrace_scope is 2: it takes CAP_SYS_PTRACE (root); 1 suffices")
            }
            Self::None => Some(
                "kernel.yama.ptrace_scope is 3: nothing is traced until the machine is started again",
            ),
            _ => None,
        }
    }
}

/// Why the calling thread may not trace a process of its own user; `None`: not because of Yama.
pub fn why_not_traced(is_child: bool) -> Option<&'static str> {
    let is_privileged = Facts::of_this_thread().has(Capability::SysPtrace);
    Yama::of_this_machine().forbids(is_child, is_privileged)
}

/// Why a file of `/proc/PID` that only a tracer may read, of a process of our own user, says nothing.
pub fn why_no_file(pid: i32, name: &str, is_child: bool) -> String {
    match fs::read(format!("/proc/{pid}/{name}")) {
        Ok(_) => format!("/proc/PID/{name} says nothing of it"),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            format!("this kernel has no /proc/PID/{name}")
        }
        Err(error) => match why_not_traced(is_child) {
            Some(why) => format!("/proc/PID/{name} may not be read: {why}"),
            None => format!("/proc/PID/{name} may not be read: {error}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_forbids_what_it_says() {
        let told = |scope, is_child, is_privileged| {
            let why = Yama::of_scope(scope).forbids(is_child, is_privileged);
            why.map(|why| why.chars().find(char::is_ascii_digit).unwrap_or('?'))
        };
        for scope in [None, Some(0)] {
            assert_eq!(told(scope, false, false), None);
        }
        assert_eq!(told(Some(1), true, false), None);
        assert_eq!(told(Some(1), false, false), Some('1'));
        assert_eq!(told(Some(1), false, true), None);
        assert_eq!(told(Some(2), true, false), Some('2'));
        assert_eq!(told(Some(2), true, true), None);
        assert_eq!(told(Some(3), true, true), Some('3'));
    }
}
