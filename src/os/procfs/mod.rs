//! What is read of processes in `/proc`: the letters of the supervisor's own children, fast, and
//! what is asked of any process.
//!
//! procfs-core reads `stat`. The rest is ours, because version 0.18.0 of it has no `sched` and no
//! `stack`, fails on the `syscall` of a process that is in none, panics on a mapped file `/SYSVx`
//! and cuts the spaces at the end of a file's name in `maps`, drops names, units and order of the
//! `limits`, and wants each field of `status`, some of which not every kernel writes.

pub mod cgroup;
pub mod condition;
pub mod freezer;
pub mod limits;
pub mod maps;
pub mod pagemap;
pub mod process_dir;
pub mod sample;
pub mod sched;
pub mod stack;
pub mod stat;
pub mod status;
pub mod syscall;
pub mod syscall_args;
pub mod tree;
pub mod view;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

use nix::unistd::Pid;

use self::process_dir::{ProcessDir, name_of};
use super::clock;
use super::error::Error;

/// `/proc/PID/stat`, kept open: reading it again costs 1 us.
pub struct StatFile(File);

impl StatFile {
    pub fn open(pid: Pid) -> io::Result<Self> {
        File::open(format!("/proc/{pid}/stat")).map(Self)
    }

    /// The state letter (`proc_pid_stat(5)`); `None` once the process has been reaped.
    pub fn letter(&self) -> Option<char> {
        // The third field, behind a name of at most 64 bytes and a pid.
        let mut buffer = [0; 128];
        let length = self.0.read_at(&mut buffer, 0).ok()?;
        letter_of(&buffer[..length])
    }
}

/// The threads of this process, but for the calling one. None where `/proc` does not list them.
pub fn other_threads() -> Vec<Pid> {
    let tasks = fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let ids = tasks.filter_map(|task| task.file_name().to_str()?.parse().ok());
    let own = nix::unistd::gettid();
    ids.map(Pid::from_raw).filter(|&id| id != own).collect()
}

/// Makes sure that `/proc` is there, and not that of another pid namespace (`pid_namespaces(7)`), in
/// which our processes have other pids.
pub fn must_be_ours() -> Result<(), Error> {
    let refuse = |why: &str| Err(Error::Refused(why.to_owned()));
    let own = StatFile::open(Pid::this())
        .ok()
        .and_then(|stat| stat.letter());
    match fs::read_link("/proc/self") {
        Ok(pid) if pid.as_os_str() != Pid::this().to_string().as_str() => refuse(
            "this /proc belongs to another pid namespace than this process: mount one of its own \
             (unshare --mount-proc does)",
        ),
        Ok(_) if own.is_some() => Ok(()),
        _ => refuse("the states of processes are not to be read here: is /proc mounted?"),
    }
}

/// The name in `/proc/PID/stat` may contain anything, parentheses and line ends included: the
/// fields go on behind the *last* one.
fn letter_of(stat: &[u8]) -> Option<char> {
    let name_end = stat.iter().rposition(|&byte| byte == b')')?;
    stat.get(name_end + 2).map(|&byte| char::from(byte))
}

/// What it takes to sample the state of one process, in nanoseconds: the median of many times, on
/// ourselves. 0 without `/proc`.
pub fn sample_cost_ns() -> u64 {
    const TIMES: usize = 1_001;
    let Ok(stat) = StatFile::open(Pid::this()) else {
        return 0;
    };
    let mut costs: Vec<_> = (0..TIMES)
        .map(|_| {
            let before_ns = clock::now_ns();
            std::hint::black_box(stat.letter());
            clock::now_ns() - before_ns
        })
        .collect();
    costs.sort_unstable();
    costs[TIMES / 2]
}

/// The tracer of a process (`ptrace(2)`), by name and pid.
pub fn tracer(pid: Pid) -> Option<String> {
    let status = ProcessDir::open(pid.as_raw()).ok()?.text("status").ok()?;
    let tracer = status::tracer(&status)?;
    let name = name_of(tracer).unwrap_or_default();
    Some(format!("{name} (pid {tracer})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_letter_stands_behind_the_last_parenthesis() {
        assert_eq!(letter_of(b"12 (ts:P0) T 1 12"), Some('T'));
        assert_eq!(letter_of(b"12 (a) R (b) Z 1 12"), Some('Z'));
        assert_eq!(letter_of(b"12 (ts:P0"), None);
        assert_eq!(letter_of(b""), None);
    }

    #[test]
    fn the_own_state_can_be_read() {
        let stat = StatFile::open(Pid::this()).unwrap();
        assert!(stat.letter().is_some());
    }

    /// Any text, and texts that are nearly what the kernel writes into one file or another.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[0-9:a/\n]{0,30}",
            "[0-9 :a\n]{0,30}",
            "Limit\n[A-Z a-z]{24,28}.?[0-9a-z ]{0,30}",
            "([0-9a-f]{0,17}-?[0-9a-f]{0,17} ?[rwxp-]{0,4} ?[0-9a-f]{0,17} ?.{0,9}\n){0,3}",
            "0-1 r 0 0 0\n((Rss|Swap): *[0-9]{0,22} kB\n){0,3}",
            "(\\[<0>?\\]? ?[a-z]*\\+?\n?){0,5}",
            "((State|Vm|SigPnd|ShdPnd|TracerPid):.{0,30}\n){0,5}",
            "((State|Vm|SigPnd|ShdPnd|TracerPid):[0-9a-fZ]{0,20} ?[(]?[a-z]{0,3}[)]?\n){0,5}",
            "(-?[0-9]{1,25} ?)?(0x[0-9a-f]{0,20} ?){0,9}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_text_makes_a_parser_panic(text in text()) {
            let _ = (cgroup::parse(&text), limits::parse(&text), maps::parse(&text));
            let _ = (sched::ran_and_waited_ns(&text), sched::value::<u64>(&text, "a"));
            let _ = (stack::functions(&text), syscall::SyscallState::parse(&text));
            let _ = (status::switches(&text), status::state(&text), status::tracer(&text));
            let _ = (status::kib(&text, "Vm"), status::pending_signals(&text));
            let _ = (stat::parse(text.as_bytes()), letter_of(text.as_bytes()));
        }

        #[test]
        fn no_bytes_make_a_parser_panic(bytes: Vec<u8>) {
            let _ = (letter_of(&bytes), stat::parse(&bytes));
        }
    }
}
