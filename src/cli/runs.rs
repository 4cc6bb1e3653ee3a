//! The command line of what runs or simulates a workload, and of what measures this machine.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, ValueEnum};

use super::choice::Choice;
use crate::scheduler::Reap;
use crate::text::style::Color;
use crate::workload::dialect::Dialect;
use crate::workload::duration::parse_tick;
use crate::workload::file::supplied_names;
use crate::workload::notation::{Seed, parse_io_length};
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

pub(super) const COMPARE_EXAMPLES: &str = "\
Examples:
  timeshare compare -l 4:100,1:0              traces, and where the time went
  timeshare compare workloads/homework-6.toml --repeat 10 -q
                                              median, minimum and maximum

More: 'timeshare help account'.

Exit status: 0 when every cell of every run is the simulation's, 3 when
something differs; otherwise as 'timeshare run'.";

pub(super) const SIMULATE_EXAMPLES: &str = "\
Examples:
  timeshare simulate -l 5:100,5:100           pose the problem
  timeshare simulate -l 5:100,5:100 -c -p     and its answer, with statistics
  timeshare simulate -P c2,i,c1:c5 -L 3 -c    give the instructions themselves
  timeshare simulate workloads/homework-6.toml -cp
                                              a workload file

More: 'timeshare help workload' and 'timeshare help process-run'.

Exit status: 0 when it was printed, 1 when it could not be, 2 when the command
line or the workload is wrong.";

pub(super) const DOCTOR_EXAMPLES: &str = "\
Examples:
  timeshare doctor                            capabilities first, then ticks
  timeshare doctor --cpu 0                    the same of another CPU
  timeshare doctor --json - | jq .times_down_to_ns

It takes less than a minute, also where others want the CPU: what does not come
to its end in time is left out, and told.

More: 'timeshare help method'.

Exit status: 0 when 'timeshare run' works here, 1 when it does not, 2 when the
command line is wrong.";

pub(super) const BENCH_EXAMPLES: &str = "\
Examples:
  timeshare bench                             in a minute, or less
  timeshare bench --json - | jq '.crowds[0]'

Exit status: 0 when all was measured, 1 when something failed, 2 when the
command line is wrong, 128+n when signal n ended it.";

pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  timeshare run -l 4:100,1:0                  two real processes, ticks of 10 ms
  timeshare run -P c2,i,c1:c5 -L 3 --why      explain every decision
  timeshare run workloads/figure-4.4.toml --tick 1s
                                              slowly; try ps or htop beside it
  timeshare run -l 3:50,3:50 -s 1 --json - | jq .agreement
                                              for other programs to read
  timeshare run workloads/figure-4.4.toml --html figure-4.4.html
                                              to look through and to share

More: 'timeshare help output', and the topics states, workload, method and
interference.

Exit status: 0 when the run came to its end, 1 when something failed, 2 when
the command line or the workload is wrong (nothing was started), 128+n when
signal n ended it.";

/// A help that lists, before the exit statuses, which workloads there are.
pub(super) fn listing_workloads(help: &str) -> String {
    let (before, exit_status) = help.rsplit_once("\n\n").unwrap_or((help, ""));
    let names = supplied_names().join(", ");
    format!(
        "{before}\n\nSupplied workloads: {names}. 'timeshare workloads' says what each \
         shows.\n\n{exit_status}"
    )
}

pub(super) const WORKLOADS_EXAMPLES: &str = "\
Examples:
  timeshare workloads                         names, and what each shows
  timeshare run mixed                         runs one of them
  timeshare workloads --json - | jq '.workloads[0]'
                                              for other programs to read

More: 'timeshare help workload'.

Exit status: 0 when they were listed, 1 when the list could not be written, 2
when the command line is wrong.";

#[derive(Debug, Args)]
pub struct Workloads {
    /// Write the list as JSON; with '-', to standard output and nothing else
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

pub(super) fn parse_cpu(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| "expected the number of a CPU, from 0".to_owned())
}

/// What is to run and by which rules: the options of process-run.py.
#[derive(Clone, Debug, Args)]
pub struct WorkloadArgs {
    /// A workload file, or the name of a supplied one; instead of -l or -P
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Seed of the random programs of -l
    #[arg(short, long, value_name = "SEED", allow_hyphen_values = true, value_parser = Seed::parse)]
    pub seed: Option<Seed>,

    /// Programs, as c7,i,c1:c3 — processes apart by ':', cN computes for N ticks, i issues an I/O
    #[arg(short = 'P', long, value_name = "PROGRAMS", allow_hyphen_values = true)]
    pub program: Option<String>,

    /// Random programs, as X:Y,X:Y — X instructions, each with Y percent chance to be cpu, not io
    #[arg(
        short = 'l',
        long = "processlist",
        value_name = "X:Y,…",
        allow_hyphen_values = true
    )]
    pub process_list: Option<String>,

    /// Ticks an I/O takes after the one that issues it [default: 5]
    #[arg(short = 'L', long = "iolength", value_name = "TICKS", allow_hyphen_values = true,
          value_parser = parse_io_length)]
    pub io_length: Option<u64>,

    /// Which version of process-run.py to follow: current, or classic, of the book's 2019 edition
    /// [default: current]
    #[arg(long, value_name = "VERSION", allow_hyphen_values = true, hide_possible_values = true,
          value_parser = Choice::<Dialect>::of(Dialect::ALL.map(Dialect::name)))]
    pub dialect: Option<Dialect>,

    /// When to switch to another process: SWITCH_ON_IO or SWITCH_ON_END [default: SWITCH_ON_IO]
    #[arg(short = 'S', long, value_name = "POLICY", allow_hyphen_values = true,
          hide_possible_values = true,
          value_parser = Choice::<SwitchPolicy>::of(SwitchPolicy::ALL.map(SwitchPolicy::name)))]
    pub switch: Option<SwitchPolicy>,

    /// When a process runs whose I/O is done: IO_RUN_LATER or IO_RUN_IMMEDIATE [default:
    /// IO_RUN_LATER]
    #[arg(
        short = 'I',
        long = "iodone",
        value_name = "POLICY",
        allow_hyphen_values = true,
        hide_possible_values = true,
        value_parser = Choice::<IoDonePolicy>::of(IoDonePolicy::ALL.map(IoDonePolicy::name))
    )]
    pub io_done: Option<IoDonePolicy>,
}

impl WorkloadArgs {
    /// Whether a workload is named at all.
    pub const fn names_workload(&self) -> bool {
        self.file.is_some() || self.program.is_some() || self.process_list.is_some()
    }

    /// Reads a command line of process-run.py, without quotes.
    ///
    /// # Errors
    /// As for any command line.
    pub fn parse(line: &str) -> Result<Self, clap::Error> {
        #[derive(Parser)]
        #[command(no_binary_name = true)]
        struct Line {
            #[command(flatten)]
            workload: WorkloadArgs,
        }
        Line::try_parse_from(line.split_whitespace()).map(|line| line.workload)
    }
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Simulate {
    #[command(flatten)]
    pub workload: WorkloadArgs,

    /// Compute the answer; without it, only the problem is posed
    #[arg(short = 'c')]
    pub compute: bool,

    /// Print statistics at the end; with -c
    #[arg(short = 'p', long = "printstats")]
    pub statistics: bool,

    /// Compute and print statistics, and nothing else
    #[arg(short, long)]
    pub quiet: bool,

    /// Compute and print statistics, and say which ticks each figure counts
    #[arg(long)]
    pub explain: bool,
}

/// How real processes are to run.
#[derive(Debug, Args)]
pub struct RealArgs {
    /// CPU time of one instruction, from 100us to 10s [default: 10ms; watch: 500ms]
    #[arg(long, value_name = "TIME", value_parser = parse_tick, allow_hyphen_values = true)]
    pub tick: Option<Duration>,

    /// The CPU to share [default: the last one allowed that no other run uses]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = parse_cpu)]
    pub cpu: Option<usize>,

    /// When zombies are reaped: now (after one tick as a zombie) or end (of the run)
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "now",
        hide_possible_values = true
    )]
    pub reap: ReapArg,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Run {
    #[command(flatten)]
    pub workload: WorkloadArgs,

    #[command(flatten)]
    pub real: RealArgs,

    /// Print the reason of every decision
    #[arg(long)]
    pub why: bool,

    /// Print no row for each tick, only the summary
    #[arg(short, long)]
    pub quiet: bool,

    /// Say how the figures come about, and which ticks they count
    #[arg(long)]
    pub explain: bool,

    /// Write the trace as JSON; with '-', to standard output and nothing else
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write the trace while it happens, so that it can be read even after a crash
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Write a report as one HTML page, to look through and to share; with '-', as --json
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    #[command(flatten)]
    pub color: ColorArg,

    /// Accepted as by process-run.py: a run always computes
    #[arg(short = 'c', hide = true)]
    pub compute: bool,

    /// Accepted as by process-run.py: a run always prints statistics
    #[arg(short = 'p', long = "printstats", hide = true)]
    pub statistics: bool,
}

#[derive(Debug, Args)]
pub struct Compare {
    #[command(flatten)]
    pub run: Run,

    /// How many times to run; the figures are then median, minimum and maximum
    #[arg(short, long, value_name = "N", default_value = "1", allow_hyphen_values = true, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub repeat: u32,
}

/// Whether to colour.
#[derive(Clone, Copy, Debug, Args)]
pub struct ColorArg {
    /// When to use colours; always, never, or auto: on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: Color,
}

impl ColorArg {
    /// Whether to colour what goes to standard output.
    pub fn on_stdout(self) -> bool {
        self.color.on_stdout()
    }
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// The CPU to try [default: the last one allowed that no other run uses]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = parse_cpu)]
    pub cpu: Option<usize>,

    /// Write what was found as JSON; with '-', to standard output and nothing else
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Bench {
    /// The CPU to measure on [default: the last one allowed that no other run uses]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = parse_cpu)]
    pub cpu: Option<usize>,

    /// Write the figures as JSON; with '-', to standard output and nothing else
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ReapArg {
    Now,
    End,
}

impl From<ReapArg> for Reap {
    fn from(reap: ReapArg) -> Self {
        match reap {
            ReapArg::Now => Self::Now,
            ReapArg::End => Self::End,
        }
    }
}
