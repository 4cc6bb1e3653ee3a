//! From a line to a command.

use super::verbs::{VERBS, Verb, verb};
use super::{Command, Creation, ParseError, Rule, SignalNumber, Target, Who, signals};
use crate::scheduler::ProcId;
use crate::text::similar::nearest;
use crate::workload::duration::{parse_duration, parse_tick};
use crate::workload::notation;
use crate::workload::notation::{NotationError, parse_io_length};
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

const NOHANG: &str = "--nohang";
/// What `policy` sets to a number.
pub const IO_LENGTH: &str = "iolength";
pub const TICK: &str = "tick";

/// Reads one line. `None`: it is empty or a comment. Words are quoted as in a shell.
///
/// # Errors
/// When it is not a command.
pub fn parse(line: &str) -> Result<Option<Command>, ParseError> {
    let words = shlex::split(line).ok_or(ParseError::OpenQuote)?;
    let Some((name, rest)) = words.split_first() else {
        return Ok(None);
    };
    let verb = verb(name)
        .or_else(|| by_habit(name))
        .ok_or_else(|| not_a_command(name))?;
    let words = Words { verb, rest };
    command(words).map(Some)
}

/// What other consoles call it.
fn by_habit(name: &str) -> Option<&'static Verb> {
    match name {
        "exit" => verb("quit"),
        "ps" => verb("status"),
        _ => None,
    }
}

fn not_a_command(token: &str) -> ParseError {
    ParseError::NotACommand {
        token: token.to_owned(),
        near: nearest(token, VERBS.iter().map(|verb| verb.name)),
    }
}

fn command(mut words: Words<'_>) -> Result<Command, ParseError> {
    let command = match words.verb.name {
        "create" => return create(words),
        "run" | "cont" => return words.target().map(Command::Cont),
        "stop" => return words.target().map(Command::Stop),
        "kill" => return kill(words),
        "wait" => return wait(words),
        "status" if words.rest.is_empty() => Command::Status(Target::All),
        "status" => return words.target().map(Command::Status),
        "inspect" => Command::Inspect(who(words.next()?)?),
        "tree" => Command::Tree,
        "policy" => Command::Policy(rule(&mut words)?),
        "start" => Command::Start,
        "pause" => Command::Pause,
        "sleep" => Command::Sleep(parse_duration(words.next()?).map_err(ParseError::Time)?),
        "help" => Command::Help(match words.take() {
            Some(name) => Some(verb(name).ok_or_else(|| not_a_command(name))?),
            None => None,
        }),
        _ => Command::Quit,
    };
    words.end()?;
    Ok(command)
}

/// What follows the verb.
#[derive(Clone, Copy)]
struct Words<'a> {
    verb: &'static Verb,
    rest: &'a [String],
}

impl<'a> Words<'a> {
    fn take(&mut self) -> Option<&'a str> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn take_if(&mut self, word: &str) -> bool {
        let is_next = self.rest.first().is_some_and(|next| next == word);
        if is_next {
            self.take();
        }
        is_next
    }

    fn take_last(&mut self) -> Option<&'a str> {
        let (last, rest) = self.rest.split_last()?;
        self.rest = rest;
        Some(last)
    }

    fn next(&mut self) -> Result<&'a str, ParseError> {
        let usage = self.verb.usage;
        self.take().ok_or(ParseError::Incomplete { usage })
    }

    fn end(self) -> Result<(), ParseError> {
        match self.rest.first() {
            None => Ok(()),
            Some(token) => Err(ParseError::TooMuch {
                token: token.clone(),
                usage: self.verb.usage,
            }),
        }
    }

    /// All the rest: the processes it is for.
    fn target(mut self) -> Result<Target, ParseError> {
        if self.take_if("all") {
            return self.end().map(|()| Target::All);
        }
        let mut these = vec![who(self.next()?)?];
        while let Some(token) = self.take() {
            these.push(who(token)?);
        }
        Ok(Target::These(these))
    }
}

fn create(mut words: Words<'_>) -> Result<Command, ParseError> {
    let mut name = name(&mut words)?;
    if words.take_if("--") {
        let first = words.next()?.to_owned();
        let rest = words.rest.iter().cloned();
        let command = std::iter::once(first).chain(rest).collect();
        let what = Creation::Command(command);
        return Ok(Command::Create { name, what });
    }
    let given = words.next()?;
    let program = notation::program(given).map_err(|error| {
        if looks_like_a_command(given, words.rest) {
            let command: Vec<_> = [given]
                .into_iter()
                .chain(words.rest.iter().map(String::as_str))
                .collect();
            let rather = format!("create -- {}", command.join(" "));
            ParseError::NotAProgram { error, rather }
        } else {
            not_one_program(given, error)
        }
    })?;
    if name.is_none() {
        name = self::name(&mut words)?;
    }
    words.end()?;
    let given = given.to_owned();
    let what = Creation::Worker { program, given };
    Ok(Command::Create { name, what })
}

/// What is no program can have been meant as a command: `sleep 9`, `ls`, `/bin/true`.
fn looks_like_a_command(given: &str, rest: &[String]) -> bool {
    let mut characters = given.chars();
    let is_name = characters.all(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_' | '.' | '/'));
    let is_called = rest.first().is_some_and(|next| next == "as");
    is_name && given.chars().any(char::is_alphabetic) && !is_called && given.len() > 1
}

/// Elsewhere a colon separates programs.
fn not_one_program(given: &str, error: NotationError) -> ParseError {
    let is_program = |part| notation::program(part).is_ok();
    if given.contains(':') && given.split(':').all(is_program) {
        let each: Vec<_> = given
            .split(':')
            .map(|one| format!("create {one}"))
            .collect();
        let rather = each.join(", then ");
        return ParseError::SeveralPrograms { rather };
    }
    ParseError::Program(error)
}

/// `as NAME`, if that comes next.
fn name(words: &mut Words<'_>) -> Result<Option<String>, ParseError> {
    if !words.take_if("as") {
        return Ok(None);
    }
    let name = words.next()?;
    match who(name) {
        Ok(Who::Name(name)) if signals::parse(&name).is_none() => Ok(Some(name)),
        _ => Err(ParseError::NotAName {
            token: name.to_owned(),
        }),
    }
}

fn who(token: &str) -> Result<Who, ParseError> {
    let no_process = || ParseError::NotAProcess {
        token: token.to_owned(),
    };
    let digits = token
        .strip_prefix(['P', 'p'])
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if let Some(digits) = digits {
        let id = digits.parse().map_err(|_| no_process())?;
        return Ok(Who::Id(ProcId(id)));
    }
    let starts = token.starts_with(|c: char| c.is_ascii_alphabetic());
    let mut characters = token.chars();
    let plain = characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if starts && plain && token != "all" {
        Ok(Who::Name(token.to_owned()))
    } else {
        Err(no_process())
    }
}

/// The signal comes first, as in a shell, or last.
fn kill(mut words: Words<'_>) -> Result<Command, ParseError> {
    let is_meant =
        |token: &String| signals::looks_like_one(token) || signals::parse(token).is_some();
    let token = match words.rest {
        [first, ..] if is_meant(first) => words.take(),
        [.., last] if is_meant(last) => words.take_last(),
        _ => None,
    };
    let signal = match token {
        None => SignalNumber::TERM,
        Some(token) => signals::parse(token).ok_or_else(|| ParseError::NotASignal {
            token: token.to_owned(),
            near: nearest(token.trim_start_matches('-'), signals::names()),
        })?,
    };
    words.target().map(|target| Command::Kill(signal, target))
}

fn wait(mut words: Words<'_>) -> Result<Command, ParseError> {
    let mut nohang = words.take_if(NOHANG);
    if !nohang && words.rest.last().is_some_and(|last| last == NOHANG) {
        nohang = words.take_last().is_some();
    }
    if let Some(token) = words.rest.iter().find(|word| word.starts_with('-')) {
        return Err(ParseError::NotAnOption {
            token: token.clone(),
            near: nearest(token, std::iter::once(NOHANG)),
        });
    }
    let target = words.target()?;
    Ok(Command::Wait { target, nohang })
}

/// The words of the policies.
pub fn policies() -> impl Iterator<Item = &'static str> {
    let switch = SwitchPolicy::ALL.map(SwitchPolicy::name);
    let io_done = IoDonePolicy::ALL.map(IoDonePolicy::name);
    switch.into_iter().chain(io_done)
}

fn rule(words: &mut Words<'_>) -> Result<Option<Rule>, ParseError> {
    let Some(token) = words.take() else {
        return Ok(None);
    };
    let rule = match (token, policies().find(|word| *word == token)) {
        (IO_LENGTH, _) => {
            Rule::IoLength(parse_io_length(words.next()?).map_err(ParseError::IoLength)?)
        }
        (TICK, _) => Rule::Tick(parse_tick(words.next()?).map_err(ParseError::Time)?),
        (_, Some(word)) => Rule::Policy(word),
        _ => {
            let names = policies().chain([IO_LENGTH, TICK]);
            return Err(ParseError::NotARule {
                token: token.to_owned(),
                near: nearest(token, names),
            });
        }
    };
    Ok(Some(rule))
}
