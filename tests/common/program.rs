//! Runs a program under a deadline, and proves at its end that nothing of it is left.
//!
//! What is left behind can only be told while a single program is under test: a test, which has a
//! process of its own (`runner.rs`), holds one [`Running`] at a time.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{Seek, Write};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, Once, OnceLock, PoisonError, TryLockError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::leak::{self, Leak};
use super::procfs;
use super::residue::Residue;
use super::sentinel::Sentinel;
use super::typist::{Answer, Typist};

/// The program under test.
pub const TIMESHARE: &str = env!("CARGO_BIN_EXE_timeshare");

/// How long a program may take, unless a test says otherwise. It bounds a hang; it paces nothing.
const PATIENCE: Duration = Duration::from_mins(3);

/// How long what has been killed along with a program may take to be gone. It bounds a hang, too: what
/// is left behind for good is still there then.
pub const GRACE: Duration = Duration::from_secs(10);

/// That one program is under test.
static TURN: Mutex<()> = Mutex::new(());

/// The command lines that this test has started, so that what it claims to test can be checked.
static STARTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Whether this test has started timeshare with a command, by itself or behind other programs.
pub fn has_started(command: &str) -> bool {
    let started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    let is_it = |line: &String| {
        let words: Vec<_> = line.split_whitespace().collect();
        let mut pairs = words.windows(2);
        pairs.any(|pair| pair[0].ends_with("/timeshare") && pair[1] == command)
    };
    started.iter().any(is_it)
}

/// A user with no privileges and no process on this machine, for a test that root runs.
pub fn stranger() -> u32 {
    static STRANGER: OnceLock<u32> = OnceLock::new();
    *STRANGER.get_or_init(|| {
        let entries = fs::read_dir("/proc")
            .expect("/proc can be listed")
            .flatten();
        let owners = entries.filter_map(|entry| Some(entry.metadata().ok()?.uid()));
        let taken: BTreeSet<_> = owners.collect();
        // Between those of people and those of systemd; tests that run at once begin elsewhere.
        let range = 20_000..60_000;
        let first = std::process::id() % 40_000;
        let mut users = range.clone().cycle().skip(first as usize);
        let free = users.find(|user| !taken.contains(user));
        free.expect("not all of them have processes")
    })
}

static PREPARED: Once = Once::new();

/// Makes this process one that orphans come to, and that starts programs as a terminal would.
fn prepare() {
    // While orphans do not come to us yet.
    Sentinel::post();
    nix::sys::prctl::set_child_subreaper(true).expect("every Linux has subreapers");
    // What is started in the background of a shell script ignores INT and QUIT, and under nohup
    // HUP, and so would the program. What is caught instead is back to normal in what is started.
    let ignored = procfs::status(Pid::this(), "SigIgn").expect("/proc is there");
    let ignored = u64::from_str_radix(&ignored, 16).expect("it is a mask");
    for signal in [
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGHUP,
        Signal::SIGTERM,
    ] {
        if ignored & (1 << (signal as u64 - 1)) != 0 {
            let caught = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal as i32, caught).expect("it can be caught");
        }
    }
}

/// Whether a tool is on this machine and does this.
pub fn works<A: AsRef<OsStr>>(tool: &str, arguments: impl IntoIterator<Item = A>) -> bool {
    let output = Command::new(tool).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

/// A program about to be started, in a process group of its own, with nothing on standard input.
pub struct Launch {
    command: Command,
    patience: Duration,
    /// Where the program is, if it had to be copied.
    home: Option<TempDir>,
    own_stdout: bool,
    own_stderr: bool,
    answer: Option<Answer>,
}

impl Launch {
    pub fn timeshare<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::new(TIMESHARE, arguments)
    }

    pub fn new<A: AsRef<OsStr>>(
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .process_group(0);
        Self {
            command,
            patience: PATIENCE,
            home: None,
            own_stdout: false,
            own_stderr: false,
            answer: None,
        }
    }

    /// Timeshare behind a program that prepares something and then executes it (`taskset -c 0`).
    pub fn behind(prefix: &[&str], line: &str) -> Self {
        let rest = prefix[1..].iter().copied().chain([TIMESHARE]);
        Self::new(prefix[0], rest.chain(line.split_whitespace()))
    }

    /// Timeshare without privileges. Who tests without any has none to drop.
    pub fn unprivileged(prefix: &[&str], line: &str) -> Self {
        if !nix::unistd::geteuid().is_root() {
            return if prefix.is_empty() {
                Self::timeshare(line.split_whitespace())
            } else {
                Self::behind(prefix, line)
            };
        }
        // The target folder may be where only root gets.
        let home = tempfile::tempdir().expect("a folder can be made");
        let program = home.path().join("timeshare");
        fs::copy(TIMESHARE, &program).expect("the program can be copied");
        for path in [home.path(), &program] {
            fs::set_permissions(path, Permissions::from_mode(0o755)).expect("it is ours");
        }
        let whole = prefix.iter().map(OsStr::new).chain([program.as_os_str()]);
        let mut whole = whole.chain(line.split_whitespace().map(OsStr::new));
        let first = whole.next().expect("at least the program itself");
        let mut launch = Self::new(first, whole);
        launch
            .command
            .uid(stranger())
            .gid(stranger())
            .current_dir(home.path());
        launch.home = Some(home);
        launch
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Something on standard input.
    pub fn stdin(mut self, from: impl Into<Stdio>) -> Self {
        self.command.stdin(from);
        self
    }

    /// A text on standard input.
    pub fn input(self, text: &str) -> Self {
        let mut file = tempfile::tempfile().expect("a temporary file can be made");
        file.write_all(text.as_bytes()).expect("it can be written");
        file.rewind().expect("it can be read again");
        self.stdin(file)
    }

    /// Sends standard output somewhere else than into [`Finished::stdout`].
    pub fn stdout(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stdout(to);
        self.own_stdout = true;
        self
    }

    /// Sends standard error somewhere else than into [`Finished::stderr`].
    pub fn stderr(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stderr(to);
        self.own_stderr = true;
        self
    }

    /// Gives it a terminal as standard input and output, and a typist there who waits for a word and
    /// then presses keys.
    pub fn on_terminal(mut self, word: &'static str, keys: &'static str) -> Self {
        self.answer = Some(Answer { word, keys });
        self.env("TERM", "xterm").env("NO_COLOR", "")
    }

    pub fn start(mut self) -> Running {
        let turn = match TURN.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => panic!("a test holds one program at a time"),
        };
        let words = [self.command.get_program()].into_iter();
        let words = words.chain(self.command.get_args());
        let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
        let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
        started.push(words.join(" "));
        drop(started);
        PREPARED.call_once(prepare);
        let (stdout, stderr) = (Capture::new(), Capture::new());
        let typist = self.answer.map(|answer| {
            let (end, typist) = Typist::at_terminal(answer, stdout.writer());
            let again = end.try_clone().expect("it can be opened twice");
            self.command.stdin(end).stdout(again);
            typist
        });
        if typist.is_none() && !self.own_stdout {
            self.command.stdout(stdout.writer());
        }
        if !self.own_stderr {
            self.command.stderr(stderr.writer());
        }
        let residue = Residue::before();
        self.command.env("TMPDIR", residue.temporary());
        let child = self
            .command
            .spawn()
            .unwrap_or_else(|error| panic!("{:?} starts: {error}", self.command));
        // Its ends of the terminal.
        drop(self.command);
        Running {
            child,
            typist,
            waited_for: false,
            deadline: Instant::now() + self.patience,
            stdout,
            stderr,
            home: self.home,
            residue,
            _turn: turn,
        }
    }

    pub fn run(self) -> Finished {
        self.start().finish()
    }
}

/// Files rather than pipes: they need no reader for the program to go on.
struct Capture(File);

impl Capture {
    fn new() -> Self {
        Self(tempfile::tempfile().expect("a temporary file can be made"))
    }

    fn writer(&self) -> File {
        self.0.try_clone().expect("a file can be opened twice")
    }

    /// Reads without moving: the position is the writer's.
    fn text(&self) -> String {
        let length = self.0.metadata().expect("the file is open").len();
        let mut bytes = vec![0; usize::try_from(length).expect("it fits into memory")];
        self.0
            .read_exact_at(&mut bytes, 0)
            .expect("it is that long");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A program that has been started. Dropped, it is killed with all that belongs to it.
pub struct Running {
    child: Child,
    typist: Option<Typist>,
    waited_for: bool,
    deadline: Instant,
    stdout: Capture,
    stderr: Capture,
    #[expect(dead_code, reason = "it is there as long as this is")]
    home: Option<TempDir>,
    residue: Residue,
    _turn: MutexGuard<'static, ()>,
}

impl Running {
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("pids are positive"))
    }

    pub fn children(&self) -> Vec<Pid> {
        procfs::children_of(self.pid())
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("it has not been waited for");
    }

    /// Ctrl-Z, and after so long `fg`. For how long it stood still at least.
    pub fn suspend(&self, time: Duration) -> Duration {
        let letter = || procfs::stat(self.pid()).map(|stat| stat.letter);
        self.signal(Signal::SIGTSTP);
        self.until("it stands still", |_| letter() == Some('T'));
        let since = Instant::now();
        sleep(time);
        let stood_still = since.elapsed();
        self.signal(Signal::SIGCONT);
        self.until("it goes on", |_| letter() != Some('T'));
        stood_still
    }

    pub fn stdout_so_far(&self) -> String {
        self.stdout.text()
    }

    /// Waits until `condition` holds, which must happen before the program ends.
    pub fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        while !condition(self) {
            let ended = self.has_ended();
            assert!(!ended, "ended before {what}: {}", self.stderr.text());
            assert!(Instant::now() < self.deadline, "in vain until {what}");
            sleep(Duration::from_millis(1));
        }
    }

    /// Waits until there are so many children that have their programs.
    pub fn until_children(&self, count: usize) -> Vec<Pid> {
        let named = |pid: &Pid| procfs::stat(*pid).is_some_and(|stat| stat.name.starts_with("ts:"));
        self.until("all children were there", |running| {
            running.children().iter().filter(|pid| named(pid)).count() == count
        });
        self.children()
    }

    /// Waits until it has ended, whatever is left then.
    pub fn until_ended(&self) {
        while !self.has_ended() {
            assert!(Instant::now() < self.deadline, "it does not end");
            sleep(Duration::from_millis(1));
        }
    }

    pub fn has_ended(&self) -> bool {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        let status = waitid(Id::Pid(self.pid()), flags).expect("it has not been waited for");
        status != WaitStatus::StillAlive
    }

    /// Waits for the end, and proves that nothing is left.
    pub fn finish(self) -> Finished {
        let finished = self
            .try_finish(GRACE)
            .unwrap_or_else(|leak| panic!("{leak}"));
        if finished.status.code().is_some() {
            assert_eq!(finished.orphans, 0, "it exited before its children did");
        }
        finished
    }

    /// # Errors
    /// When a process it left behind is alive after `grace`; it is killed then. Or when it left
    /// something else behind.
    pub fn try_finish(mut self, grace: Duration) -> Result<Finished, Leak> {
        while !self.has_ended() {
            assert!(
                Instant::now() < self.deadline,
                "it does not end. Standard error: {}",
                self.stderr.text()
            );
            sleep(Duration::from_millis(1));
        }
        // What a zombie still tells is gone when it has been waited for.
        let stat = procfs::stat(self.pid()).expect("a zombie has an entry");
        let status = self.child.wait().expect("it has not been waited for");
        self.waited_for = true;
        let orphans = leak::expect_none_left(grace)?;
        if let Some(typist) = self.typist.take() {
            let is_back = typist.leave();
            assert!(
                is_back || status.code().is_none(),
                "the terminal is not as it was"
            );
        }
        match &self.residue.left(grace)[..] {
            [] => {}
            left => return Err(Leak(left.to_vec())),
        }
        Sentinel::assert_untouched();
        Ok(Finished {
            status,
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
            orphans,
            had_children: orphans > 0 || stat.childrens_faults > 0,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.waited_for {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        leak::kill_all_left();
    }
}

/// What came of a program.
#[derive(Debug)]
pub struct Finished {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    /// Processes that lost their parent to it, and ended in time.
    pub orphans: usize,
    /// Whether it ever forked: what it has waited for or left behind.
    pub had_children: bool,
}

impl Finished {
    /// Its exit status; `None` if a signal killed it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    pub fn killed_by(&self) -> Option<i32> {
        self.status.signal()
    }

    /// Itself, if it exited with status 0 and had nothing to complain of.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code(), Some(0), "{}", self.stderr);
        assert_eq!(self.stderr, "");
        self
    }
}
