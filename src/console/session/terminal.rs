//! The line editor: history (of this session, in memory), completion, keys.

use crate::os;
use crate::os::signal::job_control;
use std::borrow::Cow;
use std::io;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::termios::{Termios, tcgetattr};
use rustyline::completion::Completer;
use rustyline::config::{CompletionType, Config};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{
    Cmd, ConditionalEventHandler, Context, Editor, Event, EventContext, EventHandler,
    ExternalPrinter, Helper, KeyEvent, RepeatCount,
};
use tokio::sync::mpsc::Sender;

use super::input::{Input, Line};
use crate::console::language::{Command, complete, parse};

pub const PROMPT: &str = "timeshare> ";

/// The ids and names that can be completed.
pub type Words = Arc<Mutex<Vec<String>>>;

pub type LineEditor = Editor<Completing, MemHistory>;

/// The terminal as it was. Dropped, it is so again, whatever the editor was doing.
pub struct Terminal(Termios);

impl Terminal {
    /// `None`: standard input is none.
    pub fn remember() -> Option<Self> {
        tcgetattr(io::stdin()).ok().map(Self)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let editing = tcgetattr(io::stdin()).is_ok_and(|now| now.local_flags != self.0.local_flags);
        let is_ours = os::terminal::give_back(&self.0);
        // Whatever comes next shall not stand behind the prompt.
        if is_ours && editing {
            println!();
        }
    }
}

/// An editor, and what prints above its prompt.
///
/// # Errors
/// When the terminal is not one for editing.
pub fn editor(
    words: &Words,
) -> Result<(LineEditor, Box<dyn ExternalPrinter + Send>), ReadlineError> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .bracketed_paste(false)
        .build();
    let mut editor = LineEditor::with_history(config, MemHistory::new())?;
    let ctrl_z = EventHandler::Conditional(Box::new(CtrlZ));
    editor.bind_sequence(KeyEvent::ctrl('Z'), ctrl_z);
    editor.set_helper(Some(Completing(Arc::clone(words))));
    let printer = editor.create_external_printer()?;
    Ok((editor, Box::new(printer)))
}

/// How long what a line does may keep the next prompt from coming.
const PATIENCE: Duration = Duration::from_millis(100);

/// Sends what is typed, until it ends. `heeded` tells that a line has been done: its words then stand
/// before the next prompt.
pub fn edit(mut editor: LineEditor, lines: &Sender<Input>, heeded: &Receiver<()>) {
    let mut number = 0;
    loop {
        let input = match editor.readline(PROMPT) {
            Ok(text) => {
                number += 1;
                let _ = editor.add_history_entry(&text);
                Input::Line(Line { number, text })
            }
            Err(ReadlineError::Interrupted) => Input::Interrupt,
            Err(ReadlineError::Eof) => Input::End,
            Err(ReadlineError::Signal(_)) => continue,
            Err(ReadlineError::Io(error)) => Input::Failed(error),
            Err(error) => Input::Failed(io::Error::other(error)),
        };
        // Then there is no next prompt.
        let ends = match &input {
            Input::Line(line) => matches!(parse(&line.text), Ok(Some(Command::Quit))),
            Input::Interrupt => false,
            Input::End | Input::Failed(_) => true,
        };
        while heeded.try_recv().is_ok() {}
        let waits = matches!(input, Input::Line(_));
        if lines.blocking_send(input).is_err() || ends {
            return;
        }
        if waits {
            let _ = heeded.recv_timeout(PATIENCE);
        }
    }
}

/// Stands still. The editor's own way sets the modes of the terminal and draws while we are being
/// stopped, or are in the background already.
struct CtrlZ;

impl ConditionalEventHandler for CtrlZ {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        job_control::suspend_process_group();
        Some(Cmd::Noop)
    }
}

/// Completes with what there is.
pub struct Completing(Words);

impl Completer for Completing {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, mut candidates) = complete(&line[..position], &words);
        // Who has only one way to go on goes on to the next word.
        if let [only] = &mut candidates[..] {
            only.push(' ');
        }
        Ok((start, candidates))
    }
}

impl Hinter for Completing {
    type Hint = String;
}

impl Highlighter for Completing {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Borrowed(prompt)
    }
}

impl Validator for Completing {}

impl Helper for Completing {}
