//! The command line of `report`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::report::format::Format;

pub(super) const REPORT_EXAMPLES: &str = "\
With '-' for a FILE, a format goes to standard output; without any format, what
'timeshare compare' prints goes there. More: 'timeshare help reports' and
'timeshare help trace'.

Examples:
  timeshare run -l 4:100,1:0 --json trace.json
                                              the trace to report on
  timeshare report trace.json --html trace.html
                                              a page that plays it, step by step
  timeshare report trace.json --svg - > timeline.svg
                                              for slides and papers
  timeshare report trace.json --perfetto timeline.json
                                              to open in ui.perfetto.dev
  timeshare report trace.json --csv run.csv   and run-processes.csv
  timeshare report trace.json --text          as process-run.py prints it
  timeshare report trace.json                 beside its simulation

Exit status: 0 when all was written, 1 when something could not be written,
2 when the command line is wrong or the file is no trace.";

#[derive(Debug, Args)]
pub struct Report {
    /// A trace, as 'timeshare run --record FILE' or '--json FILE' writes it; '-': from standard input
    #[arg(value_name = "FILE")]
    pub trace: PathBuf,

    #[command(flatten)]
    pub files: ReportFiles,
}

/// Which formats go where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Formats")]
pub struct ReportFiles {
    /// One web page that needs no network: timelines, a state diagram that plays, every figure
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// The timelines as a picture for slides and papers
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,

    /// A timeline to open in ui.perfetto.dev: states, CPU, device, reasons; every context switch
    #[arg(long, value_name = "FILE")]
    pub perfetto: Option<PathBuf>,

    /// A table with a row for each tick and process; a second one, with a row for each process,
    /// goes to NAME-processes.csv beside NAME.csv (with '-', there is no second one)
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,

    /// The run as process-run.py prints it, with its statistics; without FILE, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub text: Option<PathBuf>,
}

impl ReportFiles {
    /// What was asked for, or else the comparison to standard output.
    pub fn asked(&self) -> Vec<(Format, PathBuf)> {
        let processes = self.csv.as_deref().and_then(beside);
        let all = [
            (Format::Html, &self.html),
            (Format::Svg, &self.svg),
            (Format::Perfetto, &self.perfetto),
            (Format::Ticks, &self.csv),
            (Format::Processes, &processes),
            (Format::Text, &self.text),
        ];
        let asked = all
            .into_iter()
            .filter_map(|(format, path)| Some((format, path.clone()?)));
        let asked: Vec<_> = asked.collect();
        if asked.is_empty() {
            vec![(Format::Comparison, PathBuf::from("-"))]
        } else {
            asked
        }
    }
}

/// `run-processes.csv` of `run.csv`; `None` of standard output.
fn beside(ticks: &Path) -> Option<PathBuf> {
    if ticks == Path::new("-") {
        return None;
    }
    let mut name = ticks.file_stem()?.to_owned();
    name.push("-processes");
    let mut path = ticks.with_file_name(name);
    if let Some(extension) = ticks.extension() {
        path.as_mut_os_string().push(".");
        path.as_mut_os_string().push(extension);
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_table_is_beside_the_first() {
        let second = |first| beside(Path::new(first)).map(|path| path.display().to_string());
        assert_eq!(second("a/run.csv").as_deref(), Some("a/run-processes.csv"));
        assert_eq!(second("run.2.csv").as_deref(), Some("run.2-processes.csv"));
        assert_eq!(second("run").as_deref(), Some("run-processes"));
        assert_eq!(second("-"), None);
    }
}
