//! A process of the same user that has nothing to do with the program under test, and to which
//! nothing may happen.

use std::io::{BufRead, BufReader, PipeWriter};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use nix::unistd::Pid;

use super::procfs;

/// It sleeps in a `read()` that ends when this test process does. A signal, even one that does
/// nothing, would wake it, and the kernel count that.
pub struct Sentinel {
    pid: Pid,
    switches: u64,
    _keeps_it_asleep: PipeWriter,
}

static SENTINEL: OnceLock<Sentinel> = OnceLock::new();

impl Sentinel {
    /// To be called before this process is a subreaper: then the sentinel is no child of ours,
    /// and is not taken for a leak.
    pub fn post() {
        let (asleep_on, keeps_it_asleep) = std::io::pipe().expect("a pipe can be made");
        let mut shell = Command::new("sh")
            .args(["-c", "exec 3<&0; cat <&3 >/dev/null 2>&1 & echo $!"])
            .stdin(asleep_on)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let mut line = String::new();
        let stdout = shell.stdout.take().expect("it is a pipe");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it says a pid");
        shell.wait().expect("it ends");
        let pid = Pid::from_raw(line.trim().parse().expect("a pid is a number"));
        let sentinel = Self {
            pid,
            switches: asleep(pid),
            _keeps_it_asleep: keeps_it_asleep,
        };
        assert!(SENTINEL.set(sentinel).is_ok(), "there is only one");
    }

    #[track_caller]
    pub fn assert_untouched() {
        let sentinel = SENTINEL.get().expect("it was posted");
        let stat = procfs::stat(sentinel.pid).expect("the sentinel is alive");
        assert_eq!(stat.letter, 'S', "the sentinel has been stopped");
        assert_eq!(
            procfs::switches(sentinel.pid),
            Some(sentinel.switches),
            "the sentinel has been woken"
        );
    }
}

/// Waits until it sleeps in its `read()`. How often it had left the CPU by then.
fn asleep(pid: Pid) -> u64 {
    let seen = || {
        let stat = procfs::stat(pid).expect("it is there");
        let asleep = stat.name == "cat" && stat.letter == 'S';
        (asleep, procfs::switches(pid).expect("it is there"))
    };
    for _ in 0..5_000 {
        let before = seen();
        sleep(Duration::from_millis(2));
        if before.0 && seen() == before {
            return before.1;
        }
    }
    panic!("the sentinel does not fall asleep");
}
