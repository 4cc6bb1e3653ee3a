//! The user of a terminal: waits for a word, then presses keys, and keeps all that is shown.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use super::modes::Modes;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{Winsize, openpty};

/// Which keys, and at which word.
pub struct Answer {
    pub word: &'static str,
    pub keys: &'static str,
}

pub struct Typist {
    reader: JoinHandle<()>,
    end: OwnedFd,
    before: Modes,
}

impl Typist {
    /// Opens a terminal and attends to it: the program's end of it, and the one who types.
    pub fn at_terminal(answer: Answer, mut notes: File) -> (OwnedFd, Self) {
        let size = Winsize {
            ws_row: 60,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).expect("there is a pseudo-terminal");
        for end in [&pty.master, &pty.slave] {
            let closed_by_exec = FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC);
            fcntl(end, closed_by_exec).expect("it is open");
        }
        let before = Modes::of(&pty.slave);
        let end = pty.slave.try_clone().expect("it can be opened twice");
        let mut terminal = File::from(pty.master);
        let reader = thread::spawn(move || {
            let (mut seen, mut bytes) = (Vec::new(), [0; 4096]);
            let mut answer = Some(answer);
            while let Ok(length @ 1..) = terminal.read(&mut bytes) {
                let new = &bytes[..length];
                notes.write_all(new).expect("it can be written");
                seen.extend_from_slice(new);
                if let Some(answer) = answer.take_if(|answer| has(&seen, answer.word)) {
                    // Who has gone reads no keys.
                    let _ = terminal.write_all(answer.keys.as_bytes());
                }
            }
        });
        let typist = Self {
            reader,
            end,
            before,
        };
        (pty.slave, typist)
    }

    /// Everything is noted then. Whether the terminal is as it was before.
    pub fn leave(self) -> bool {
        let now = Modes::of(&self.end);
        drop(self.end);
        self.reader.join().expect("it has read all");
        now == self.before
    }
}

fn has(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|seen| seen == word.as_bytes())
}
