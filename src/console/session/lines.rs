//! Where lines come from and words go to: a terminal with an editor, or a script.
//!
//! Lines come from a thread of their own, so that the processes are looked after while a person
//! types. On a terminal the prompt comes back soon, whatever a line does, and what
//! is said then is printed above it.

use crate::os::error::no_thread;
use crate::os::signal;
use crate::os::signal::job_control;
use std::collections::VecDeque;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustyline::ExternalPrinter;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::input::{Input, Line};
use super::terminal;
use super::terminal::{Terminal, Words};
use crate::output::failure::Failure;

/// Lines that are read ahead of the one that is heeded.
const AHEAD: usize = 16;

pub struct Console {
    incoming: Receiver<Input>,
    /// Came while it could not be heeded.
    waiting: VecDeque<Input>,
    heeded: mpsc::Sender<()>,
    output: Output,
    words: Words,
    interactive: bool,
    /// Behind what may print: gives the terminal back as it was.
    _terminal: Option<Terminal>,
}

impl Console {
    /// # Errors
    /// When no thread can be had.
    pub fn open() -> Result<Self, Failure> {
        let interactive = io::stdin().is_terminal();
        let (lines, incoming) = channel(AHEAD);
        let (heeded, of_heeded) = mpsc::channel();
        let words = Words::default();
        let mut terminal = None;
        let mut output = Output::plain();
        let mut editor = None;
        if interactive {
            terminal = Terminal::remember();
            signal::ignore_sigint()?;
            if let Ok((with_editor, printer)) = terminal::editor(&words) {
                editor = Some(with_editor);
                output = Output::above(printer);
            }
        }
        let work = move || match editor {
            Some(editor) => terminal::edit(editor, &lines, &of_heeded),
            None => read(&lines),
        };
        let reader = thread::Builder::new().name("lines".to_owned());
        let reader = job_control::with_tstp_blocked(|| reader.spawn(work));
        reader.map_err(no_thread("the thread that reads the lines"))?;
        Ok(Self {
            incoming,
            waiting: VecDeque::new(),
            heeded,
            output,
            words,
            interactive,
            _terminal: terminal,
        })
    }

    pub const fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Whether the terminal that lines come from is gone.
    pub fn has_hung_up(&self) -> bool {
        let input = io::stdin();
        let mut input = [PollFd::new(input.as_fd(), PollFlags::empty())];
        let looked = poll(&mut input, PollTimeout::ZERO).is_ok();
        let hung_up = |flags: PollFlags| flags.contains(PollFlags::POLLHUP);
        self.interactive && looked && input[0].revents().is_some_and(hung_up)
    }

    /// For what is printed beside the lines.
    pub fn output(&self) -> Output {
        self.output.clone()
    }

    /// # Errors
    /// When it cannot be printed.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        self.output.print(text).map_err(Failure::stdout)
    }

    /// The next input. Cancelling the wait loses nothing.
    pub async fn next(&mut self) -> Input {
        match self.waiting.pop_front() {
            Some(input) => input,
            None => self.incoming.recv().await.unwrap_or(Input::End),
        }
    }

    /// The last line has been done: the prompt may come again.
    pub fn heeded(&self) {
        // It fails when lines do not come from an editor.
        let _ = self.heeded.send(());
    }

    /// Waits for Ctrl-C; it takes back what was typed before it. Other input waits.
    pub async fn interrupted(&mut self) {
        loop {
            match self.incoming.recv().await {
                Some(Input::Interrupt) => return self.waiting.clear(),
                Some(input) => self.waiting.push_back(input),
                // Nothing can come any more.
                None => std::future::pending().await,
            }
        }
    }

    /// What can be completed: the ids and names there are.
    pub fn set_words(&self, words: Vec<String>) {
        *self.words.lock().unwrap_or_else(PoisonError::into_inner) = words;
    }
}

/// A longer line is none that a person has written.
const LINE_MAX: u64 = 64 * 1024;

fn read(lines: &Sender<Input>) {
    let mut from = io::stdin().lock();
    for number in 1.. {
        let input = match next_line(&mut from) {
            Ok(Some(text)) => Input::Line(Line { number, text }),
            Ok(None) => Input::End,
            Err(error) => Input::Failed(error),
        };
        let goes_on = matches!(input, Input::Line(_));
        // It fails when the console is closed.
        if lines.blocking_send(input).is_err() || !goes_on {
            return;
        }
    }
}

/// `None`: there are no more.
fn next_line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let length = from.take(LINE_MAX + 1).read_until(b'\n', &mut line)?;
    if length as u64 > LINE_MAX {
        return Err(io::Error::other(format!(
            "it has more than {LINE_MAX} bytes"
        )));
    }
    if line.pop_if(|last| *last == b'\n').is_some() {
        line.pop_if(|last| *last == b'\r');
    } else if line.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8(line);
    text.map(Some)
        .map_err(|_| io::Error::other("it is not text (UTF-8)"))
}

/// Where words go to. Clones print to the same place.
#[derive(Clone)]
pub struct Output(Arc<Mutex<Sink>>);

enum Sink {
    Plain,
    AbovePrompt(Box<dyn ExternalPrinter + Send>),
}

impl Output {
    fn plain() -> Self {
        Self(Arc::new(Mutex::new(Sink::Plain)))
    }

    fn above(printer: Box<dyn ExternalPrinter + Send>) -> Self {
        Self(Arc::new(Mutex::new(Sink::AbovePrompt(printer))))
    }

    /// Prints whole lines.
    ///
    /// # Errors
    /// When they cannot be printed.
    pub fn print(&self, text: &str) -> io::Result<()> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Sink::Plain => {
                let mut out = io::stdout().lock();
                out.write_all(text.as_bytes())?;
                out.flush()
            }
            Sink::AbovePrompt(printer) => printer.print(text.to_owned()).map_err(io::Error::other),
        }
    }

    /// In the form in which a thread takes it that writes and flushes.
    pub fn buffered(&self) -> Buffered {
        Buffered {
            output: self.clone(),
            text: Vec::new(),
        }
    }
}

/// Prints when it is flushed, all at once.
pub struct Buffered {
    output: Output,
    text: Vec<u8>,
}

impl Write for Buffered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.text);
        self.output.print(&String::from_utf8_lossy(&text))
    }
}
