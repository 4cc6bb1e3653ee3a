//! The commands that have children, each brought to where a fault finds it.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{PipeWriter, Write, pipe};
use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use tempfile::TempDir;

use super::interference::letters;
use crate::common::leak::Leak;
use crate::common::procfs::children_of;
use crate::common::program::{Finished, Launch, Running, TIMESHARE};
use crate::common::{procfs, words};

/// A command that has children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subcommand {
    Run,
    /// On a terminal.
    Watch,
    Compare,
    Demo,
    /// A person drives, from a script.
    Shell,
    /// The same, and the scheduler drives.
    Driven,
}

use Subcommand::{Compare, Demo, Driven, Run, Shell, Watch};

pub const ALL: [Subcommand; 6] = [Run, Watch, Compare, Demo, Shell, Driven];

/// Those that need no terminal.
pub const PLAIN: [Subcommand; 5] = [Run, Compare, Demo, Shell, Driven];

/// Those in which the scheduler drives.
pub const SCHEDULED: [Subcommand; 4] = [Run, Watch, Compare, Driven];

/// One is stopped, one runs, one is blocked, and one is a command of its own.
const BY_HAND: &str = "policy iolength 100000\ncreate c100000\ncreate c100000\ncreate i\n\
                       create -- sleep 60\nrun P1\nrun P2\nrun P3\n";

const BY_SCHEDULER: &str = "create c2000\ncreate c2000\nstart\n";

impl Subcommand {
    /// A line that goes on for 15 s at least if nothing ends it.
    pub const fn long(self) -> &'static str {
        match self {
            Run => "run -P c1000:c1000",
            Watch => "watch -P c1000:c1000",
            Compare => "compare -P c1000:c1000",
            // At reading speed; after some seconds there is one that computes for a while.
            Demo => "demo stop-cont --slow",
            Shell | Driven => "shell",
        }
    }

    /// A line that soon comes to its end.
    pub const fn short(self) -> &'static str {
        match self {
            Run => "run -P c2,i:c3 -L 2 --tick 2ms",
            Watch => "watch -P c2,i:c3 -L 2 --tick 2ms",
            Compare => "compare -P c2,i:c3 -L 2 --tick 2ms",
            Demo => "demo zombie-orphan --fast",
            Shell | Driven => "shell --tick 2ms",
        }
    }

    /// What it is told on its standard input.
    pub const fn script(self) -> &'static str {
        match self {
            Run | Watch | Compare | Demo => "",
            Shell => "create c2,i\nrun P0\nwait P0\n",
            Driven => "create c2,i\ncreate c3\nstart\n",
        }
    }

    /// [`Subcommand::short`], behind a program that prepares something.
    pub fn behind(self, prefix: &[&str]) -> Launch {
        let launch = match prefix {
            [] => Launch::timeshare(words(self.short())),
            _ => Launch::behind(prefix, self.short()),
        };
        self.attended(launch)
    }

    /// With its script as input; or with a terminal, where a key leaves it when it is over.
    pub fn attended(self, launch: Launch) -> Launch {
        match self {
            Watch => launch.on_terminal("summary", "q"),
            _ => launch.input(self.script()),
        }
    }

    /// The same without privileges.
    pub fn unprivileged(self, prefix: &[&str]) -> Launch {
        self.attended(Launch::unprivileged(prefix, self.short()))
    }

    /// Its last words when it has come to its end.
    pub const fn conclusion(self) -> &'static str {
        match self {
            Run | Watch | Compare => "cells as simulated",
            Demo => "claims held.",
            Shell => "exit status 0\n",
            Driven => "All workers have finished",
        }
    }

    /// Starts it, and waits until there are children in the midst of things.
    pub fn under_way(self) -> UnderWay {
        self.under_way_to(|launch| launch)
    }

    /// As [`Subcommand::under_way`], launched in some other way.
    pub fn under_way_to(self, change: impl FnOnce(Launch) -> Launch) -> UnderWay {
        self.start(change(Launch::timeshare(words(self.long()))))
    }

    /// As [`Subcommand::under_way`], as the session leader of a terminal, of which this is the other end.
    pub fn under_way_on(self, terminal: &OwnedFd, keys: &mut File) -> UnderWay {
        let prefix = ["setsid", "--ctty", "--wait"];
        let end = || terminal.try_clone().expect("it can be opened twice");
        let launch = Launch::behind(&prefix, self.long()).env("TERM", "xterm");
        keys.write_all(self.told().replace('\n', "\r").as_bytes())
            .expect("it is read");
        let (_, input) = pipe().expect("a pipe can be made");
        let running = launch.stdin(end()).stdout(end()).start();
        self.wait(UnderWay { running, input })
    }

    /// What brings a console there.
    const fn told(self) -> &'static str {
        match self {
            Shell => BY_HAND,
            Driven => BY_SCHEDULER,
            Run | Watch | Compare | Demo => "",
        }
    }

    fn start(self, launch: Launch) -> UnderWay {
        let (reader, mut input) = pipe().expect("a pipe can be made");
        input.write_all(self.told().as_bytes()).expect("it fits");
        let launch = match self {
            Shell | Driven => launch.stdin(reader),
            Watch => self.attended(launch),
            _ => launch,
        };
        let running = launch.start();
        self.wait(UnderWay { running, input })
    }

    fn wait(self, underway: UnderWay) -> UnderWay {
        underway.until("its children are there", |running| {
            let children = running.children();
            let children = match procfs::stat(running.pid()) {
                Some(stat) if stat.name == "setsid" => {
                    children.into_iter().flat_map(children_of).collect()
                }
                _ => children,
            };
            let letters = letters(&children);
            let count = |letter| letters.iter().filter(|&&one| one == Some(letter)).count();
            match self {
                // While they are born, it is the other way round.
                Run | Watch | Compare | Driven => letters == ['R', 'T'].map(Some),
                Demo => !children.is_empty(),
                Shell => (count('R'), count('T'), count('S')) == (1, 1, 2) && named(&children),
            }
        });
        underway
    }

    /// Brings it to where it has only to be told to go on, and will have children then.
    pub fn poised(self, program: &Path, prefix: &[&str]) -> Poised {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let fifo = folder.path().join("go");
        mkfifo(&fifo, Mode::empty()).expect("it can be made");
        // Also for who has become another user.
        for (path, mode) in [(folder.path(), 0o755), (&fifo, 0o666)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
        }
        let mut line: Vec<_> = prefix.to_vec();
        line.push(program.to_str().expect("its name is text"));
        line.extend(words(self.short()));
        let fifo = fifo.to_str().expect("its name is text");
        let (reader, input) = pipe().expect("a pipe can be made");
        // Before it has children, it opens what it writes to, and waits for a reader.
        if let Run | Watch | Compare | Demo = self {
            line.extend(["--json", fifo]);
        }
        let launch = Launch::new(line[0], &line[1..]);
        let running = match self {
            Watch => self.attended(launch),
            _ => launch.stdin(reader),
        };
        let running = running.start();
        let asleep = Cell::new(0);
        running.until("it waits", |running| {
            let is_asleep = letters(&[running.pid()]) == [Some('S')];
            asleep.set(if is_asleep { asleep.get() + 1 } else { 0 });
            asleep.get() == 20
        });
        Poised {
            subcommand: self,
            running,
            input,
            folder,
        }
    }
}

/// The last one of [`BY_HAND`] has become what it is to be.
fn named(children: &[Pid]) -> bool {
    let stats = children.iter().filter_map(|&child| procfs::stat(child));
    stats.into_iter().any(|stat| stat.name == "sleep")
}

/// A command that has children and goes on.
pub struct UnderWay {
    running: Running,
    /// A console leaves when that is closed.
    #[expect(dead_code, reason = "it is held")]
    input: PipeWriter,
}

impl Deref for UnderWay {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

impl UnderWay {
    pub fn finish(self) -> Finished {
        self.running.finish()
    }

    /// # Errors
    /// As [`Running::try_finish`].
    pub fn try_finish(self, grace: Duration) -> Result<Finished, Leak> {
        self.running.try_finish(grace)
    }

    /// Without its input, a console leaves.
    pub fn into_running(self) -> Running {
        self.running
    }
}

/// A command that is about to have children.
pub struct Poised {
    subcommand: Subcommand,
    running: Running,
    input: PipeWriter,
    folder: TempDir,
}

impl Poised {
    pub fn pid(&self) -> Pid {
        self.running.pid()
    }

    /// Lets it go on to its end.
    pub fn go(mut self) -> Finished {
        let mut reader = fs::OpenOptions::new();
        reader.read(true).custom_flags(libc::O_NONBLOCK);
        let reader = match self.subcommand {
            Shell | Driven => {
                let script = self.subcommand.script().as_bytes();
                self.input.write_all(script).expect("it fits");
                None
            }
            _ => Some(
                reader
                    .open(self.folder.path().join("go"))
                    .expect("it is there"),
            ),
        };
        // The thread that reads ends with the input, and would make room for another.
        while !self.running.has_ended()
            && !self
                .running
                .stdout_so_far()
                .contains(self.subcommand.conclusion())
        {
            sleep(Duration::from_millis(1));
        }
        drop(self.input);
        let finished = self.running.finish();
        drop(reader);
        finished
    }
}

/// A copy of the program, that a test may spoil.
pub fn copy() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let program = folder.path().join("timeshare");
    fs::copy(TIMESHARE, &program).expect("it can be copied");
    for path in [folder.path(), &program] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
    (folder, program)
}
