//! `timeshare shell`: the process API by hand.

mod console;
mod drive;
mod obey;
mod terminal;

use nix::sys::signal::Signal;

use console::{Console, Input, Line};
use obey::{Next, Session, Trouble};
use terminal::PROMPT;

use super::Failure;
use super::output::width;
use crate::cli::Shell;
use crate::linux;
use crate::linux::by_hand::News;
use crate::report::prose::paragraph;
use crate::report::shell as words;
use crate::shell::parse;

pub fn shell(arguments: &Shell) -> Result<(), Failure> {
    // Before there are threads.
    linux::claim_signals()?;
    linux::block_on(converse(arguments))?
}

async fn converse(arguments: &Shell) -> Result<(), Failure> {
    let mut console = Console::open()?;
    let ended = talk(arguments, &mut console).await;
    // With its terminal a console loses its input and its output, and is sent SIGHUP: that is one event.
    if console.has_hung_up() {
        return Err(linux::Error::Interrupted(Signal::SIGHUP).into());
    }
    ended
}

async fn talk(arguments: &Shell, console: &mut Console) -> Result<(), Failure> {
    let mut session = Session::new(arguments, console)?;
    if console.is_interactive() {
        let welcome =
            "The process API by hand. 'help' explains, 'quit' leaves and ends everybody.\n";
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
            Input::Line(line) => match heed(&mut session, console, &line).await? {
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
        Ok(Some(command)) => session.obey(command, console).await,
        Err(error) => Err(Trouble::Line(error.to_string())),
    };
    let (what, failure): (String, fn(String) -> Failure) = match done {
        Ok(next) => return Ok(next),
        Err(Trouble::Line(what)) => (what, Failure::Input),
        Err(Trouble::Call(what)) => (what, Failure::Call),
        Err(Trouble::Fatal(failure)) => return Err(failure),
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
