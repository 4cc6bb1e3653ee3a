//! The command line, and nothing else.
//!
//! Knows the words and values that arguments stand for: of `workload`, `scheduler`, `text` and `report`,
//! and the lists of names of `demo`, `quiz` and `help`. It starts and prints nothing.

#![expect(clippy::doc_markdown, reason = "these comments are what --help prints")]

mod choice;
mod manual;
mod processes;
mod report;
mod runs;
mod screen;
pub mod slips;
mod study;

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::help::TOPICS;
use crate::text::similar::nearest;

pub use manual::Completions;
use manual::{COMPLETIONS_EXAMPLES, HELP_EXAMPLES, MAN_EXAMPLES};
use processes::{DEMO_EXAMPLES, INSPECT_EXAMPLES, SHELL_EXAMPLES};
pub use processes::{Demo, Inspect, Shell};
use report::REPORT_EXAMPLES;
pub use report::{Report, ReportFiles};
use runs::{
    BENCH_EXAMPLES, COMPARE_EXAMPLES, DOCTOR_EXAMPLES, RUN_EXAMPLES, SIMULATE_EXAMPLES,
    WORKLOADS_EXAMPLES, listing_workloads,
};
pub use runs::{
    Bench, ColorArg, Compare, Doctor, RealArgs, ReapArg, Run, Simulate, WorkloadArgs, Workloads,
};
use screen::{REPLAY_EXAMPLES, WATCH_EXAMPLES};
pub use screen::{Replay, Watch};
use study::{HOMEWORK_EXAMPLES, QUIZ_EXAMPLES};
pub use study::{Homework, Quiz};

/// Textbook processes on a real Linux CPU.
///
/// Chapter 4 of "Operating Systems: Three Easy Pieces" explains how an operating system shares one
/// CPU among processes. timeshare runs the same workload twice: as the book's process-run.py
/// simulates it, and with real child processes that are stopped and continued as the policy says.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, infer_long_args = true, disable_help_subcommand = true,
          after_help = manual::after_help())]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a workload: the book's process-run.py, byte for byte
    #[command(args_override_self = true, after_help = listing_workloads(SIMULATE_EXAMPLES))]
    Simulate(Simulate),
    /// Run a workload with real processes that share one CPU
    #[command(args_override_self = true, after_help = listing_workloads(RUN_EXAMPLES))]
    Run(Run),
    /// Watch a run on the whole screen: pause it, step, look back, interfere
    #[command(args_override_self = true, after_help = listing_workloads(WATCH_EXAMPLES))]
    Watch(Watch),
    /// Show a recorded run on the whole screen, forwards and backwards
    #[command(args_override_self = true, after_help = REPLAY_EXAMPLES)]
    Replay(Replay),
    /// Simulate and run, and show where they differ and where the time went
    #[command(args_override_self = true, after_help = listing_workloads(COMPARE_EXAMPLES))]
    Compare(Compare),
    /// Make a web page, a picture or a table of a trace, to look through and to share
    #[command(args_override_self = true, after_help = REPORT_EXAMPLES)]
    Report(Report),
    /// List the workloads that come with timeshare, and what each shows
    #[command(args_override_self = true, after_help = WORKLOADS_EXAMPLES)]
    Workloads(Workloads),
    /// The chapter's homework: its questions posed, simulated, run for real, and explained
    #[command(args_override_self = true, after_help = HOMEWORK_EXAMPLES)]
    Homework(Homework),
    /// Predict who runs when, learn which kind of mistake you made, and see it played out
    #[command(args_override_self = true, after_help = listing_workloads(QUIZ_EXAMPLES))]
    Quiz(Quiz),
    /// Play scenes of chapter 4 with real processes: zombies, orphans, daemons, signals
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(Demo),
    /// The process API by hand: create, stop, continue, signal and wait for real processes
    #[command(args_override_self = true, after_help = SHELL_EXAMPLES)]
    Shell(Shell),
    /// Say what this machine allows, and how short a tick can be trusted here
    #[command(args_override_self = true, after_help = DOCTOR_EXAMPLES)]
    Doctor(Doctor),
    /// Show what the kernel keeps of a process, in the fields of xv6's struct proc
    #[command(args_override_self = true, after_help = INSPECT_EXAMPLES)]
    Inspect(Inspect),
    /// Measure the instrument itself
    #[command(args_override_self = true, after_help = BENCH_EXAMPLES)]
    Bench(Bench),
    /// Print the help of a command, or a topic: trace, account, states and more
    #[command(after_help = HELP_EXAMPLES)]
    Help(Help),
    /// Print the completions of a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(Completions),
    /// Print the manual page of timeshare, a command or a topic, for man
    #[command(after_help = MAN_EXAMPLES)]
    Man(Man),
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What command lines consist of, and what has no place in one.
    fn word() -> impl Strategy<Value = String> {
        let known = "run simulate compare watch replay homework quiz demo shell doctor inspect bench \
                     report -P -l -L -s -S -I --tick --cpu --json --reap --color --repeat --dialect \
                     --speed --html --svg --watch --ask --fast -cp -- c1 3:50 zombie 6 classic";
        let known: Vec<_> = known.split_whitespace().collect();
        prop_oneof![
            proptest::sample::select(known).prop_map(str::to_owned),
            any::<String>(),
            any::<i128>().prop_map(|number| number.to_string()),
        ]
    }

    proptest! {
        #[test]
        fn no_command_line_makes_it_panic(words in proptest::collection::vec(word(), 0..8)) {
            let line = std::iter::once("timeshare".to_owned()).chain(words);
            if let Err(error) = Cli::try_parse_from(line) {
                // Help and versions are asked for; all else is refused.
                let status = i32::from(error.use_stderr()) * 2;
                prop_assert_eq!(error.exit_code(), status);
            }
        }
    }
}
