//! The command line of what tells about the command line: `help`, `man` and `completions`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use crate::help::TOPICS;
use crate::text::similar::nearest;

/// Behind the options of `timeshare --help`.
pub(super) fn after_help() -> String {
    let names: Vec<_> = TOPICS.iter().map(|topic| topic.name).collect();
    let topics = format!(
        "Topics, to look things up: {}. 'timeshare help TOPIC' prints one, 'timeshare help topics' \
         says what each is about.",
        names.join(", ")
    );
    format!("{EXAMPLES}\n\n{topics}\n\n{EXIT_STATUS}")
}

const EXAMPLES: &str = "\
Examples:
  timeshare simulate -l 5:100,5:100 -c -p     simulated, as process-run.py
  timeshare run workloads/figure-4.4.toml     the same, with real processes
  timeshare homework 6 --answer               a question of chapter 4, answered
  timeshare help run                          the options of a command
  timeshare help trace                        a topic: the format of a trace
  timeshare man | man -l -                    the manual page";

const EXIT_STATUS: &str = "\
Exit status: 0 when what was asked for was done, 1 when something failed, 2 when
the command line or its input is wrong and nothing was started, 3 when a run
differs from its simulation, 128+n when signal n ended it.";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  timeshare completions bash > timeshare      for ~/.local/share/bash-completion
                                              and its folder completions
  timeshare completions zsh > _timeshare      for a folder of $fpath
  timeshare completions fish > timeshare.fish
                                              for ~/.config/fish/completions

Exit status: 0 when it was printed, 1 when it could not be, 2 when there is no
such shell.";

pub(super) const HELP_EXAMPLES: &str = "\
Examples:
  timeshare help                              all commands
  timeshare help run                          the options of a command
  timeshare help topics                       what each topic is about
  timeshare help states                       a topic

Exit status: 0 when it was printed, 1 when it could not be, 2 when there is no
such command or topic.";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  timeshare man | man -l -                    of timeshare itself
  timeshare man run | man -l -                of a command
  timeshare man trace | man -l -              of a topic
  timeshare man --to man                      all of them, into a folder that
                                              'man -M man' reads

Exit status: 0 when it was printed or written, 1 when it could not be, 2 when
there is no such command or topic.";

/// The name under which `help` lists the topics.
pub const LIST_OF_TOPICS: &str = "topics";

#[derive(Debug, Args)]
pub struct Help {
    /// A command or a topic; 'topics' lists the topics. Without it, all commands
    #[arg(value_name = "NAME", hide_possible_values = true,
          value_parser = Subject { more: &[LIST_OF_TOPICS] })]
    pub name: Option<String>,
}

#[derive(Debug, Args)]
pub struct Man {
    /// A command or a topic; without it, the page is that of timeshare itself
    #[arg(value_name = "NAME", hide_possible_values = true, value_parser = Subject { more: &[] })]
    pub name: Option<String>,

    /// Write all pages into the folders man1, man5 and man7 of this one
    #[arg(long, value_name = "FOLDER", conflicts_with = "name")]
    pub to: Option<PathBuf>,
}

/// The name of a command or of a topic.
///
/// They are listed when one is asked about and not before: the list of commands is made from the
/// command line, of which this is a part.
#[derive(Clone)]
struct Subject {
    /// Names that are taken, too.
    more: &'static [&'static str],
}

impl Subject {
    fn names(&self) -> Vec<String> {
        let whole = Cli::command();
        let commands = whole.get_subcommands().map(clap::Command::get_name);
        let topics = TOPICS.iter().map(|topic| topic.name);
        let all = commands.chain(topics).chain(self.more.iter().copied());
        all.map(str::to_owned).collect()
    }
}

impl TypedValueParser for Subject {
    type Value = String;

    fn parse_ref(
        &self,
        _: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let given = value.to_string_lossy();
        let names = self.names();
        if names.iter().any(|name| *name == given) {
            return Ok(given.into_owned());
        }
        let near = nearest(&given, names.iter().map(String::as_str));
        let hint = near.map_or_else(String::new, |name| format!(" Did you mean '{name}'?"));
        Err(clap::Error::raw(
            ErrorKind::InvalidValue,
            format!(
                "'{given}' is neither a command nor a topic.{hint}\n  'timeshare help' lists the \
                 commands, 'timeshare help topics' the topics\n"
            ),
        ))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.names().into_iter().map(PossibleValue::new)))
    }
}

#[derive(Debug, Args)]
pub struct Completions {
    /// The shell that is to read them
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}
