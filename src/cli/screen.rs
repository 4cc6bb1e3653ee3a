//! The commands that take the whole screen.

use std::path::PathBuf;

use clap::Args;

use super::runs::{ColorArg, Run};

pub(super) const WATCH_EXAMPLES: &str = "\
Press ? there for what the keys do. In short: space pauses, n goes on to the
next tick, + and - change the speed, the arrows look back, s c k w send signals
to the chosen process by hand, q quits. More: 'timeshare help screen'.

Examples:
  timeshare watch workloads/figure-4.4.toml   two ticks a second
  timeshare watch -l 5:50,5:50 --paused       tick by tick, with n
  timeshare watch -P c9,i,c3:c9 --tick 1s --record seen.jsonl
                                              and keep it
  timeshare replay seen.jsonl                 the same again

Exit status: 0 when the run came to its end, 2 also where there is no terminal;
otherwise as 'timeshare run'.";

pub(super) const REPLAY_EXAMPLES: &str = "\
Examples:
  timeshare run -l 5:50,5:50 --record run.jsonl
                                              the recording to show
  timeshare replay run.jsonl                  two ticks a second
  timeshare replay run.jsonl --paused         tick by tick, with the arrows

More: 'timeshare help screen' and 'timeshare help recording'.

Exit status: 0 when it was shown, 2 when the file is no recording or there is no terminal, 128+n
when signal n ended it.";

fn parse_speed(text: &str) -> Result<f64, String> {
    let speed = text.strip_suffix(['x', 'X']).unwrap_or(text).parse();
    let speed = speed
        .ok()
        .filter(|speed: &f64| (0.001..=1000.0).contains(speed));
    speed.ok_or_else(|| "expected a number from 0.001 to 1000, as in 2 or 0.5".to_owned())
}

#[derive(Debug, Args)]
pub struct Watch {
    #[command(flatten)]
    pub run: Run,

    /// How many times as fast as --tick says, or without it, as two ticks a second
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = parse_speed,
          allow_hyphen_values = true)]
    pub speed: f64,

    /// Begin paused, before the first tick
    #[arg(long)]
    pub paused: bool,
}

#[derive(Debug, Args)]
pub struct Replay {
    /// What --record or --json has written
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// How many times as fast as two ticks a second
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = parse_speed,
          allow_hyphen_values = true)]
    pub speed: f64,

    /// Begin paused, at the first tick
    #[arg(long)]
    pub paused: bool,

    #[command(flatten)]
    pub color: ColorArg,
}
