//! Slips of the hand on a command line: what was meant, where that can be told.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Cli;
use crate::workload::file;
use crate::workload::notation;
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};
use crate::workload::quote::quoted;
use crate::workload::typographic::Typographic;

/// The formats that `report` makes of a trace; a run writes some of them, too.
const FORMATS: [&str; 5] = ["html", "svg", "perfetto", "csv", "text"];

/// What to say instead of clap's error, if the slip is one that is known. `words`: the command line,
/// the program's name in front.
pub fn explain(words: &[OsString], error: &clap::Error) -> Option<String> {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let words: Vec<&str> = words.iter().skip(1).map(|word| &**word).collect();
    let whole = Cli::command();
    let slip = Slip {
        command: words.first().and_then(|name| whole.find_subcommand(name)),
        words: &words,
        wrong: text(error, ContextKind::InvalidArg)
            .or_else(|| text(error, ContextKind::InvalidSubcommand))
            .unwrap_or_default(),
        value: text(error, ContextKind::InvalidValue),
    };
    if !matches!(
        error.kind(),
        ErrorKind::UnknownArgument
            | ErrorKind::InvalidSubcommand
            | ErrorKind::InvalidValue
            | ErrorKind::ValueValidation
    ) {
        return None;
    }
    slip.typographic_word()
        .or_else(|| slip.long_option_with_one_dash())
        .or_else(|| slip.value_of_another_option(error))
        .or_else(|| match error.kind() {
            ErrorKind::InvalidSubcommand => slip.no_command(),
            ErrorKind::UnknownArgument => slip.unknown_argument(),
            _ => None,
        })
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}

/// A command line that was refused.
struct Slip<'a> {
    command: Option<&'a Command>,
    words: &'a [&'a str],
    /// The argument that clap names, or else the empty text.
    wrong: String,
    /// Its value, where that is wrong.
    value: Option<String>,
}

impl Slip<'_> {
    /// The first word that begins with such a character, or else what clap names has one.
    fn typographic_word(&self) -> Option<String> {
        let begins = |word: &&&str| {
            let first = word.chars().next().map(String::from);
            first.is_some_and(|first| Typographic::find(&first).is_some())
        };
        let named = |word: &&&str| **word == self.wrong || Some(**word) == self.value.as_deref();
        let candidates = self.words.iter();
        let mut candidates = candidates.filter(|word| begins(word) || named(word));
        candidates.find_map(|word| typographic(word))
    }

    /// `-tick`: to clap it is `-t -i -c -k`.
    fn long_option_with_one_dash(&self) -> Option<String> {
        let long = |word: &&&str| {
            let name = word.strip_prefix('-').unwrap_or_default();
            let name = name.split('=').next().unwrap_or_default();
            let mut options = self.command.into_iter().flat_map(Command::get_arguments);
            name.len() > 2 && options.any(|option| option.get_long() == Some(name))
        };
        let word = self.words.iter().find(long)?;
        Some(format!(
            "{} is written with two dashes: -{word}",
            quoted(word)
        ))
    }

    /// A seed for `-S`, random programs for `-L`: options that one letter tells apart.
    fn value_of_another_option(&self, error: &clap::Error) -> Option<String> {
        let value = self.value.as_deref()?;
        let of = |word| self.wrong.starts_with(word);
        if !["--seed", "--switch", "--iodone", "--iolength"]
            .into_iter()
            .any(of)
        {
            return None;
        }
        let meant = if value.parse::<SwitchPolicy>().is_ok() {
            "-S"
        } else if value.parse::<IoDonePolicy>().is_ok() {
            "-I"
        } else if !of("--iolength") && value.parse::<u64>().is_ok() {
            if of("--iodone") { "-L" } else { "-s" }
        } else if value.contains(':') && notation::advice(&[value])?.contains("-l") {
            "-l"
        } else if notation::advice(&[value]).is_some() {
            "-P"
        } else {
            return None;
        };
        let source = std::error::Error::source(error)?;
        Some(format!("{source}. Is {meant} {value} meant?"))
    }

    /// No command stands in front.
    fn no_command(&self) -> Option<String> {
        let wrong = self.wrong.as_str();
        if notation::advice(&[wrong]).is_some() || file::is_supplied(Path::new(wrong)) {
            let dash = match notation::advice(&[wrong]) {
                Some(advice) if advice.contains("-l") => "-l ",
                Some(_) => "-P ",
                None => "",
            };
            return Some(format!(
                "a command comes first, as in 'timeshare run {dash}{wrong}' or 'timeshare simulate \
                 {dash}{wrong} -c'"
            ));
        }
        let is_file = Path::new(wrong).is_file();
        is_file.then(|| {
            format!(
                "a command comes first: 'timeshare run {wrong}' for a workload, 'timeshare report \
                 {wrong}' for a trace"
            )
        })
    }

    fn unknown_argument(&self) -> Option<String> {
        let wrong = self.wrong.as_str();
        let Some(command) = self.command else {
            let is_of_workload = ["-l", "-P", "--program", "--processlist"].contains(&wrong);
            return is_of_workload.then(|| {
                format!("a command comes before {wrong}, as in 'timeshare run {wrong} …'")
            });
        };
        let is_workload = ["-l", "-P", "--program", "--processlist"].contains(&wrong);
        let shows_trace = ["report", "replay"].contains(&command.get_name());
        if shows_trace && (is_workload || notation::advice(&[wrong]).is_some()) {
            return Some(format!(
                "'timeshare {}' shows a run that is over. Run it first: timeshare run … --json \
                 trace.json",
                command.get_name()
            ));
        }
        if let Some(long) = wrong.strip_prefix("--") {
            return unknown_format(command, long);
        }
        if wrong.starts_with('-') {
            return similar_letter(command, wrong);
        }
        let is_notation = notation::advice(&[wrong]).is_some();
        let takes_workload = command
            .get_arguments()
            .any(|a| a.get_id() == "process_list");
        if takes_workload && is_notation {
            return notation::advice(&self.notations());
        }
        let is_page = command.get_name() == "report";
        is_page.then(|| {
            format!(
                "what is to become of {}? A report has these formats: {}",
                quoted(wrong),
                formats()
            )
        })
    }

    /// The words that are notations, also one that clap took for a file or for the value of -l or -P.
    fn notations(&self) -> Vec<&str> {
        let words = self.words.iter().copied();
        let is_list = |word: &&str| notation::advice(&[word]).is_some();
        words.skip(1).filter(is_list).collect()
    }
}

fn unknown_format(command: &Command, long: &str) -> Option<String> {
    let is_run = command
        .get_arguments()
        .any(|option| option.get_long() == Some("record"));
    if command.get_name() == "report" {
        let has_name = FORMATS.iter().any(|format| format.starts_with(long));
        return (!has_name).then(|| {
            format!(
                "there is no --{long}: a report has these formats: {}",
                formats()
            )
        });
    }
    (is_run && FORMATS.contains(&long)).then(|| {
        format!(
            "a run writes no --{long}: write its trace with --json trace.json, and then \
             'timeshare report trace.json --{long} FILE'"
        )
    })
}

/// `-1` for `-l`, `-C` for `-c`.
fn similar_letter(command: &Command, wrong: &str) -> Option<String> {
    let letter = wrong.chars().nth(1)?;
    let meant = match letter {
        '1' | '|' => 'l',
        '5' => 'S',
        _ if letter.is_ascii_lowercase() => letter.to_ascii_uppercase(),
        _ => letter.to_ascii_lowercase(),
    };
    let mut options = command.get_arguments();
    let is_there = options.any(|option| option.get_short() == Some(meant));
    let what = match letter {
        '1' => ", a small L, and not the digit",
        _ => "",
    };
    is_there.then(|| format!("there is no option -{letter}: is -{meant} meant{what}?"))
}

fn formats() -> String {
    let formats = FORMATS.map(|format| format!("--{format} FILE"));
    formats.join(", ")
}

/// What a word should be that has a character of a PDF: the sentence, or `None` if it has none.
pub fn typographic(word: &str) -> Option<String> {
    let found = Typographic::find(word)?;
    let typed = found.typed();
    let option = typed.trim_start_matches('-');
    let name = option.split('=').next().unwrap_or_default();
    let whole = Cli::command();
    let mut options = whole.get_subcommands().flat_map(Command::get_arguments);
    let is_long = options.any(|option| option.get_long() == Some(name));
    let is_option = typed.starts_with('-');
    let typed = if is_option && (is_long || ["help", "version"].contains(&name)) {
        format!("--{option}")
    } else {
        typed
    };
    Some(format!("{found}, as text from a PDF does: type {typed}"))
}

/// Lists of programs that were given more than once: the last one counts, and all of them may have been
/// meant. Of other options it is usual that a later one replaces an earlier one.
pub fn repeated(words: &[OsString]) -> Vec<String> {
    let counted = |option: Arg| match option.get_action() {
        ArgAction::Set if !option.is_positional() => option.action(ArgAction::Append),
        _ => option,
    };
    let whole = Cli::command().mut_subcommands(|command| command.mut_args(counted));
    let Ok(matches) = whole.clone().try_get_matches_from(words) else {
        return Vec::new();
    };
    let Some((name, matches)) = matches.subcommand() else {
        return Vec::new();
    };
    let options = whole.find_subcommand(name).into_iter();
    let options = options.flat_map(Command::get_arguments);
    options
        .filter(|option| ["program", "process_list"].contains(&option.get_id().as_str()))
        .filter_map(|option| repeated_option(option, matches))
        .collect()
}

fn repeated_option(option: &Arg, matches: &clap::ArgMatches) -> Option<String> {
    let given = matches.get_raw_occurrences(option.get_id().as_str())?;
    let values: Vec<_> = given
        .flatten()
        .map(|value| value.to_string_lossy())
        .collect();
    let values: Vec<&str> = values.iter().map(|value| &**value).collect();
    if values.len() < 2 {
        return None;
    }
    let short = option.get_short().map(|letter| format!("-{letter}"));
    let name = short.or_else(|| Some(format!("--{}", option.get_long()?)))?;
    let last = quoted(values.last()?);
    let all = notation::advice(&values).map_or_else(String::new, |advice| format!("; {advice}"));
    Some(format!(
        "{name} is given {} times, and the last one counts, {last}{all}",
        values.len()
    ))
}
