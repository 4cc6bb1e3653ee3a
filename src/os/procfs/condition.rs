//! What a process does, in the book's words. The state letter (`proc_pid_stat(5)`) alone does not say:
//! one letter stands for several conditions.

use super::freezer;
use super::process_dir::ProcessDir;
use super::stat::{Stat, is_kernel_thread};
use super::status;
use super::syscall::SyscallState;
use super::syscall_args::Syscall;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `R`
    Runnable,
    /// `S`: a signal ends the sleep.
    Asleep,
    /// `S` of a thread of the kernel, which takes no signals.
    KernelThreadAsleep,
    /// `D`: whether a signal that kills it ends the sleep (`TASK_KILLABLE`), no file tells.
    Uninterruptible,
    /// `D` of a process whose child of `vfork(2)` has neither executed a program nor exited: killable.
    InVfork,
    /// `S` or `D`: its control group is frozen.
    Frozen,
    /// `T`
    Stopped,
    /// `t`
    Traced,
    /// `Z`
    Zombie,
    /// `Z` of the main thread, and others of the process live.
    MainThreadExited,
    /// `X`
    Dead,
    /// `I`
    Idle,
    /// `P`
    Parked,
    Unknown,
}

/// Where the kernel waits for the end of a vfork, by the names it has had.
const VFORK_WAITS: [&str; 4] = ["kernel_clone", "_do_fork", "do_fork", "wait_for_vfork_done"];

impl Condition {
    /// `wchan`: the function of the kernel in which it sleeps, where that is known.
    pub fn of(process: &ProcessDir, stat: &Stat, wchan: Option<&str>) -> Self {
        match stat.state {
            'R' => Self::Runnable,
            'S' if is_kernel_thread(stat) => Self::KernelThreadAsleep,
            'S' if may_be_frozen(wchan) && freezer::is_frozen(process) => Self::Frozen,
            'S' => Self::Asleep,
            'D' if freezer::is_frozen(process) => Self::Frozen,
            'D' if is_in_vfork(process, wchan) => Self::InVfork,
            'D' => Self::Uninterruptible,
            'T' => Self::Stopped,
            't' => Self::Traced,
            'Z' if has_other_threads(stat) => Self::MainThreadExited,
            'Z' => Self::Zombie,
            'X' => Self::Dead,
            'I' => Self::Idle,
            'P' => Self::Parked,
            _ => Self::Unknown,
        }
    }

    /// In as few words as possible.
    pub const fn state(self) -> &'static str {
        self.words().0
    }

    /// What that means, in a sentence.
    pub const fn meaning(self) -> &'static str {
        self.words().1
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Runnable => (
                "running or ready",
                "running, or ready and waiting for a CPU",
            ),
            Self::Asleep => ("blocked", "blocked; a signal can wake it"),
            Self::KernelThreadAsleep => (
                "blocked",
                "blocked; a thread of the kernel, which takes no signals",
            ),
            Self::Uninterruptible => (
                "blocked, deeply",
                "blocked; no signal wakes it, unless the sleep is a killable one and the signal \
                 kills",
            ),
            Self::InVfork => (
                "in vfork",
                "blocked until its child executes a program or exits; of all signals, only one \
                 that kills wakes it",
            ),
            Self::Frozen => (
                "frozen",
                "frozen with its control group: it goes on when that is thawed",
            ),
            Self::Stopped => ("stopped", "stopped by a signal: may not run"),
            Self::Traced => ("traced", "stopped by a debugger"),
            Self::Zombie => ("zombie", "zombie: has exited, not yet reaped"),
            Self::MainThreadExited => (
                "threads go on",
                "its main thread has exited; its other threads go on: no zombie",
            ),
            Self::Dead => ("gone", "gone"),
            Self::Idle => ("idle", "an idle thread of the kernel"),
            Self::Parked => ("parked", "parked"),
            Self::Unknown => ("unknown", "unknown"),
        }
    }
}

/// Whether threads beside an exited main thread live. A zombie that waits to be reaped has one thread
/// by this count, itself.
pub const fn has_other_threads(stat: &Stat) -> bool {
    stat.num_threads > 1
}

/// Where the kernel does not say in which function it sleeps, it may be the freezer's.
fn may_be_frozen(wchan: Option<&str>) -> bool {
    let is_freezer = |name: &str| {
        name == "get_signal" || name.contains("freezer") || name.contains("refrigerator")
    };
    wchan.is_none_or(is_freezer)
}

fn is_in_vfork(process: &ProcessDir, wchan: Option<&str>) -> bool {
    let waits = wchan.is_none_or(|name| VFORK_WAITS.contains(&name));
    let call = process.text("syscall").ok();
    let name = match call.and_then(|text| SyscallState::parse(&text)) {
        Some(SyscallState::Inside {
            number,
            arguments,
            sp,
            ..
        }) => Syscall::new(number, arguments, sp).name,
        _ => None,
    };
    match name {
        Some("vfork") => waits,
        // With CLONE_VFORK, as posix_spawn does it.
        Some("clone" | "clone3") => waits && wchan.is_some(),
        _ => false,
    }
}

/// The thread of a process whose main thread has exited by which the process is shown: letter, and the
/// kernel's name for it. One that runs comes first.
pub fn shown_thread(process: &ProcessDir) -> Option<(char, String)> {
    const ORDER: &str = "RDSTtIP";
    let state = |tid: String| {
        let text = process.text(&format!("task/{tid}/status")).ok()?;
        let (letter, name) = status::state(&text)?;
        Some((ORDER.find(letter)?, letter, name.to_owned()))
    };
    let tids = process.list("task").ok()?;
    let first = tids.into_iter().filter_map(state).min()?;
    Some((first.1, first.2))
}

/// The letter of a process: its main thread's, unless that has exited and others go on.
pub fn letter(process: &ProcessDir, stat: &Stat) -> char {
    if stat.state != 'Z' || !has_other_threads(stat) {
        return stat.state;
    }
    shown_thread(process).map_or(stat.state, |(letter, _)| letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::procfs::stat;
    use std::fs;

    /// A process of a fixture: its `stat` with this letter, these flags and this many threads.
    fn condition(
        letter: char,
        flags: u64,
        threads: u64,
        files: &[(&str, &str)],
        wchan: Option<&str>,
    ) -> (Condition, char) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let text = format!(
            "7 (x) {letter} 1 7 7 0 -1 {flags} 1 0 0 0 1 1 0 0 20 0 {threads} 0 9 1 1 1 1 1 1 0 0 \
             0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
        );
        let stat = stat::parse(text.as_bytes()).unwrap();
        let directory = ProcessDir::at(folder.path()).unwrap();
        let condition = Condition::of(&directory, &stat, wchan);
        (condition, super::letter(&directory, &stat))
    }

    const KERNEL_THREAD: u64 = 0x0020_0000;

    #[test]
    fn a_thread_of_the_kernel_that_sleeps_takes_no_signals() {
        let asleep = |flags| condition('S', flags, 1, &[], Some("kthreadd")).0;
        assert_eq!(asleep(KERNEL_THREAD), Condition::KernelThreadAsleep);
        assert_eq!(asleep(0), Condition::Asleep);
        assert!(!Condition::KernelThreadAsleep.meaning().contains("can wake"));
    }

    #[test]
    fn a_parent_in_vfork_is_told_from_a_sleep_that_may_be_deaf() {
        let of = |call: &str, wchan| {
            let call = format!("{call} 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffd00000000 0x7f0000000000\n");
            condition('D', 0, 1, &[("syscall", &call)], wchan).0
        };
        let [clone, clone3] = [libc::SYS_clone, libc::SYS_clone3].map(|number| number.to_string());
        #[cfg(target_arch = "x86_64")]
        {
            let number = libc::SYS_vfork.to_string();
            assert_eq!(of(&number, Some("kernel_clone")), Condition::InVfork);
            assert_eq!(of(&number, None), Condition::InVfork);
            assert_eq!(
                of(&number, Some("folio_wait_bit")),
                Condition::Uninterruptible
            );
        }
        assert_eq!(of(&clone3, Some("kernel_clone")), Condition::InVfork);
        assert_eq!(of(&clone3, None), Condition::Uninterruptible);
        assert_eq!(of(&clone, Some("wait_for_vfork_done")), Condition::InVfork);
        let read = libc::SYS_read.to_string();
        assert_eq!(of(&read, Some("kernel_clone")), Condition::Uninterruptible);
    }

    #[test]
    fn a_process_whose_main_thread_has_exited_is_no_zombie_while_others_live() {
        let tasks = [
            ("task/7/status", "State:\tZ (zombie)\n"),
            ("task/8/status", "State:\tS (sleeping)\n"),
            ("task/9/status", "State:\tR (running)\n"),
        ];
        let seen = condition('Z', 0, 3, &tasks, None);
        assert_eq!(seen, (Condition::MainThreadExited, 'R'));
        let seen = condition('Z', 0, 1, &tasks[..1], None);
        assert_eq!(seen, (Condition::Zombie, 'Z'));
    }

    #[test]
    fn every_condition_has_words_of_its_own() {
        let all = ['R', 'S', 'D', 'T', 't', 'Z', 'X', 'I', 'P', '?'];
        let mut words: Vec<_> = all
            .map(|letter| condition(letter, 0, 1, &[], Some("x")).0.meaning())
            .to_vec();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), all.len());
    }
}
