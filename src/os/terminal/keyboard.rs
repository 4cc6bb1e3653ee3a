//! A key press, on a terminal.

use std::io::{IsTerminal, stdin};
use std::os::fd::AsFd;
use std::time::Duration;

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr};

use crate::os::error::{Error, io, system};
use crate::os::signal::BlockingSignals;
use crate::os::terminal;

/// More than a day: for as long as it takes.
const FOR_EVER: Duration = Duration::from_hours(24 * 20);

/// The keyboard of the terminal that is our standard input.
pub struct Keyboard(());

impl Keyboard {
    /// `None`: standard input is no terminal.
    pub fn find() -> Option<Self> {
        stdin().is_terminal().then_some(Self(()))
    }

    /// Waits until any key is pressed. Only while it does, the terminal hands over single keys; it
    /// is as it was before whenever we do something else.
    ///
    /// # Errors
    /// When a signal comes, or the terminal goes away.
    pub fn wait(&self, signals: &BlockingSignals) -> Result<(), Error> {
        let _single = SingleKeys::begin().map_err(system("set up the terminal"))?;
        while !signals.wait_for(stdin().as_fd(), FOR_EVER)? {}
        // An arrow is one key and several bytes.
        let read = terminal::retried(|| nix::unistd::read(stdin(), &mut [0; 64]));
        let read = read.map_err(system("read a key"))?;
        if read == 0 {
            let hung_up = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
            return Err(io("read a key")(hung_up));
        }
        Ok(())
    }
}

/// Neither lines nor an echo, until dropped.
struct SingleKeys(Termios);

impl SingleKeys {
    fn begin() -> Result<Self, nix::errno::Errno> {
        let before = tcgetattr(stdin())?;
        let mut single = before.clone();
        single.local_flags -= LocalFlags::ICANON | LocalFlags::ECHO;
        terminal::set_modes(&single, SetArg::TCSANOW)?;
        Ok(Self(before))
    }
}

impl Drop for SingleKeys {
    fn drop(&mut self) {
        terminal::give_back(&self.0);
    }
}
