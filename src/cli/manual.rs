//! The command line of what tells about the command line: `help`, `man` and `completions`.

use clap::Args;
use clap_complete::Shell;

use crate::help::TOPICS;

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

#[derive(Debug, Args)]
pub struct Completions {
    /// The shell that is to read them
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}
