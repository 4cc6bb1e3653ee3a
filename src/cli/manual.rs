//! The command line of what tells about the command line: `completions` and `man`.

use clap::Args;
use clap_complete::Shell;

pub(super) const EXAMPLES: &str = "\
Examples:
  timeshare simulate -l 5:100,5:100 -c -p     on paper, as process-run.py
  timeshare run workloads/figure-4.4.toml     the same, with real processes
  timeshare homework 6 --answer               a question of chapter 4, answered
  timeshare help run                          the options of a command
  timeshare man | man -l -                    the manual page

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

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  timeshare man | man -l -                    of timeshare itself
  timeshare man run | man -l -                of a command
  timeshare man run > timeshare-run.1         for a folder man1 of $MANPATH

Exit status: 0 when it was printed, 1 when it could not be, 2 when there is no
such command.";

#[derive(Debug, Args)]
pub struct Completions {
    /// The shell that is to read them
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

#[derive(Debug, Args)]
pub struct Man {
    /// A command; without one, the page is that of timeshare itself
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}
