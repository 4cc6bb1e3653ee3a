//! The command line of the commands for learners: `homework` and `quiz`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::choice::Choice;
use super::runs::{ColorArg, RealArgs, WorkloadArgs};
use crate::quiz::Asked;
use crate::workload::dialect::Dialect;

pub(super) const HOMEWORK_EXAMPLES: &str = "\
Examples:
  timeshare homework                          list the questions
  timeshare homework 6                        pose question 6
  timeshare homework 6 --answer               and answer it
  timeshare homework --answer --dialect classic
                                              all, as the 2019 edition has them

An answer gives the figures just measured, says when an idea is a good one and
when it is not, and which version of process-run.py an answer key follows.
More: 'timeshare help process-run'.

Exit status: 0 when every cell of every run is the simulation's, 3 when
something differs; otherwise as 'timeshare run'.";

pub(super) const QUIZ_EXAMPLES: &str = "\
Examples:
  timeshare quiz                              a new question
  timeshare quiz -s 7                         question 7, as often as you like
  timeshare quiz -l 4:100,1:0 --ask time      how long does it take?
  timeshare quiz -s 7 --questions 10 --json score.json
                                              for an instructor
  echo '0 0 0 0 1 -x5 1' | timeshare quiz -l 4:100,1:0
                                              from a script

Without a workload, processes and rules are drawn; -s says which.

On standard input, a tick is the number of a process (0 or P0), - for an idle CPU;
0+1 is two at once, 0x3 three ticks. A prediction ends with an empty line.

A wrong prediction is answered with the first tick that is wrong and the reason
of what happened in it, and with the policy, the version or the kind of mistake
that leads to such a prediction.

Exit status: 0 whatever was predicted; otherwise as 'timeshare compare'.";

#[derive(Debug, Args)]
pub struct Homework {
    /// The number of a question, from 1 to 8
    #[arg(value_name = "QUESTION", allow_hyphen_values = true, value_parser = question)]
    pub question: Option<u8>,

    /// Simulate it, run it for real, compare, and explain; without a question, all of them
    #[arg(short, long)]
    pub answer: bool,

    /// Which version of process-run.py to follow: current, or classic, of the book's 2019 edition
    /// [default: current]
    #[arg(long, value_name = "VERSION", allow_hyphen_values = true, hide_possible_values = true,
          value_parser = Choice::<Dialect>::of(Dialect::ALL.map(Dialect::name)))]
    pub dialect: Option<Dialect>,

    #[command(flatten)]
    pub real: RealArgs,

    /// Write the answers as JSON; with '-', to standard output and nothing else
    #[arg(long, value_name = "FILE", requires = "answer")]
    pub json: Option<PathBuf>,

    #[command(flatten)]
    pub color: ColorArg,
}

fn question(text: &str) -> Result<u8, String> {
    let number = text.parse().ok().filter(|number| (1..=8).contains(number));
    number.ok_or_else(|| "expected a question from 1 to 8".to_owned())
}

#[derive(Debug, Args)]
pub struct Quiz {
    #[command(flatten)]
    pub workload: WorkloadArgs,

    #[command(flatten)]
    pub real: RealArgs,

    /// What to predict: who (executes in each tick), time (the total) or cpu (its utilization)
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "who",
        hide_possible_values = true
    )]
    pub ask: AskArg,

    /// How many questions; each has the seed that comes after that of the one before
    #[arg(long, value_name = "N", default_value = "1", allow_hyphen_values = true, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub questions: u32,

    /// Do not let real processes play it out
    #[arg(long)]
    pub no_run: bool,

    /// Write predictions, mistakes and score as JSON; with '-', to standard output and nothing else
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    #[command(flatten)]
    pub color: ColorArg,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum AskArg {
    Who,
    Time,
    Cpu,
}

impl From<AskArg> for Asked {
    fn from(ask: AskArg) -> Self {
        match ask {
            AskArg::Who => Self::Who,
            AskArg::Time => Self::Time,
            AskArg::Cpu => Self::Cpu,
        }
    }
}
