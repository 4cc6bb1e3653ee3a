//! A session of the console: lines come in, each is executed, and what happens meanwhile is told.

mod drive;
mod execute;
mod input;
mod lines;
mod terminal;

use crate::os;
use crate::os::signal;
use nix::sys::signal::Signal;

pub use execute::Options;
use execute::{CommandError, Next, Session};
use input::{Input, Line};
use lines::Console;
use terminal::PROMPT;

use super::language::parse;
use super::manual::News;
use super::text as words;
use crate::output::complain;
use crate::output::failure::Failure;
use crate::output::width;
use crate::text::prose::paragraph;

const NOT_ADOPTING: &str = "timeshare: there are processes already that this one has for children. What \
                            commands leave behind will not be ended with it, since they cannot be \
                            told apart.";

/// Runs a session to its end. No process is left then.
pub fn run(options: &Options) -> Result<(), Failure> {
    // Before there are threads.
    signal::claim_signals()?;
    os::block_on(converse(options))?
}

async fn converse(options: &Options) -> Result<(), Failure> {
    let mut console = Console::open()?;
    let mut session = Session::new(options, &console)?;
    let ended = talk(&mut session, &mut console).await;
    let left = session.hand.close().map_err(Failure::from);
    // With its terminal a console loses its input and its output, and is sent SIGHUP: that is one event.
    if console.has_hung_up() {
        return Err(os::Error::Interrupted(Signal::SIGHUP).into());
    }
    match (ended, left) {
        (Err(failure), Err(left)) => {
            complain(&format!("timeshare: {left}"));
            Err(failure)
        }
        (ended, left) => ended.and(left),
    }
}

async fn talk(session: &mut Session, console: &mut Console) -> Result<(), Failure> {
    if !session.hand.adopts() {
        complain(NOT_ADOPTING);
    }
    if console.is_interactive() {
        let welcome =
            "The process API by hand. 'help' explains, 'quit' leaves and ends all processes.\n";
        console.print(welcome)?;
    }
    let mut told = Ok(());
    loop {
        let input = tokio::select! {
            input = console.next() => input,
            news = session.hand.news() => {
                told = told.and(session.tell(&news?));
                if told.is_err() {
                    break;
                }
                continue;
            }
        };
        match input {
            Input::Line(line) => match heed(session, console, &line).await? {
                Next::Line => console.heeded(),
                Next::Quit => break,
            },
            Input::Interrupt => {}
            Input::End => break,
            Input::Failed(error) => {
                return Err(Failure::Call(format!("cannot read the next line: {error}")));
            }
        }
    }
    told
}

/// Does what one line says. A person hears of an error; a script ends.
async fn heed(session: &mut Session, console: &mut Console, line: &Line) -> Result<Next, Failure> {
    if !console.is_interactive() {
        console.print(&echo(&line.text))?;
    }
    let done = match parse(&line.text) {
        Ok(None) => Ok(Next::Line),
        Ok(Some(command)) => session.execute(command, console).await,
        Err(error) => Err(CommandError::Line(error.to_string())),
    };
    let (what, failure): (String, fn(String) -> Failure) = match done {
        Ok(next) => return Ok(next),
        Err(CommandError::Line(what)) => (what, Failure::Input),
        Err(CommandError::Call(what)) => (what, Failure::Call),
        Err(CommandError::Fatal(failure)) => return Err(failure),
    };
    if console.is_interactive() {
        console.print(&complaint(&what))?;
        Ok(Next::Line)
    } else {
        Err(failure(format!("line {}: {what}", line.number)))
    }
}

/// A line of a script as it would stand on a terminal, so that what is printed is a transcript.
fn echo(line: &str) -> String {
    if line.trim().is_empty() {
        return String::new();
    }
    format!("{PROMPT}{}\n", line.replace(char::is_control, " "))
}

/// What a person hears of an error.
fn complaint(what: &str) -> String {
    paragraph(&format!("timeshare: {what}"), width(), "")
}

impl Session {
    /// Says what happened by itself.
    fn tell(&self, news: &News) -> Result<(), Failure> {
        self.say(&words::news(news))
    }
}
