//! The commands about single processes: scenes, the console, inspect.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::runs::{ColorArg, parse_cpu};
use crate::demo::SCENES;
use crate::workload::duration::{parse_duration, parse_tick};

pub(super) const INSPECT_EXAMPLES: &str = "\
Nothing is done to the process: no signal, no stop; /proc is read. What is not
ours to read is shown as such; root sees more. More: 'timeshare help
struct-proc'.

Examples:
  timeshare inspect self                      timeshare's own
  timeshare inspect 216 --watch               again every second, changes marked
  timeshare inspect 216 --registers           all registers, if it is stopped
  timeshare inspect 216 --json - | jq .proc.chan.value
                                              for other programs to read

Exit status: 0 when it was shown, 1 when there is no such process or it may not
be seen, 2 when the command line is wrong.";

pub(super) const DEMO_EXAMPLES: &str = "\
Examples:
  timeshare demo                              list the scenes
  timeshare demo zombie --pause               one of them, step by step
  timeshare demo --all --fast                 all of them, without pauses
  timeshare demo wait --slow | tee wait.txt   to read along, and to keep

More: 'timeshare help scenes'.

Exit status: 0 when all that the scenes claim held, 1 when something did not
or failed, 2 when nothing was played, 128+n when signal n ended it.";

fn parse_pid(text: &str) -> Result<i32, String> {
    let pid = if text == "self" {
        i32::try_from(std::process::id()).ok()
    } else {
        text.parse().ok()
    };
    pid.filter(|&pid| pid > 0)
        .ok_or_else(|| "expected the number of a process, from 1, or 'self'".to_owned())
}

/// A plain number is seconds.
fn parse_interval(text: &str) -> Result<Duration, String> {
    let interval = match text.parse().map(Duration::from_secs) {
        Ok(interval) => interval,
        Err(_) => parse_duration(text).map_err(|error| error.to_string())?,
    };
    if (MIN_INTERVAL..=MAX_INTERVAL).contains(&interval) {
        Ok(interval)
    } else {
        Err(format!("expected {MIN_INTERVAL:?} to {MAX_INTERVAL:?}"))
    }
}

const MIN_INTERVAL: Duration = Duration::from_millis(50);
const MAX_INTERVAL: Duration = Duration::from_hours(1);

pub(super) const SHELL_EXAMPLES: &str = "\
Examples:
  timeshare shell                             type 'help' there
  printf 'create c5\\nrun P0\\nwait P0\\n' | timeshare shell
                                              a script, from standard input

A script stops at the first error. More: 'timeshare help console'.

Exit status: 0 at the end of a script, 1 when a call
failed, 2 when a line is wrong, 128+n when signal n ended it.";

#[derive(Debug, Args)]
pub struct Shell {
    /// CPU time of one instruction, from 100us to 10s
    #[arg(long, value_name = "TIME", default_value = "10ms", value_parser = parse_tick,
          allow_hyphen_values = true)]
    pub tick: Duration,

    /// The CPU to share [default: the last one allowed that no other run uses]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = parse_cpu)]
    pub cpu: Option<usize>,

    #[command(flatten)]
    pub color: ColorArg,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Demo {
    /// The scenes to play; without any, they are listed
    #[arg(value_name = "SCENE", value_parser = PossibleValuesParser::new(SCENES.map(|scene| scene.name)))]
    pub scenes: Vec<String>,

    /// List the scenes
    #[arg(long)]
    pub list: bool,

    /// Play all scenes
    #[arg(long, conflicts_with = "scenes")]
    pub all: bool,

    /// After each step, wait for a key
    #[arg(long, conflicts_with = "fast")]
    pub pause: bool,

    /// Make no pauses for reading, as where the output is no terminal
    #[arg(long)]
    pub fast: bool,

    /// Make pauses for reading, also where the output is no terminal
    #[arg(long, conflicts_with_all = ["fast", "pause"])]
    pub slow: bool,

    /// Write what happened as JSON; with '-', to standard output and nothing else
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    #[command(flatten)]
    pub color: ColorArg,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// The process: its pid, or 'self'
    #[arg(value_name = "PID", allow_negative_numbers = true, value_parser = parse_pid)]
    pub pid: i32,

    /// Also all its registers, if it is stopped (state T); it stays stopped
    #[arg(long)]
    pub registers: bool,

    /// Again every second, or every TIME, until it ends
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "1s", value_parser = parse_interval)]
    pub watch: Option<Duration>,

    /// Write it as JSON, one line each time; with '-', to standard output and nothing else
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    #[command(flatten)]
    pub color: ColorArg,
}
