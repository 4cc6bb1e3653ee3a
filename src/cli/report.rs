//! The command line of `report`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::report::format::Format;

pub(super) const REPORT_EXAMPLES: &str = "\
Examples:
  timeshare run -l 4:100,1:0 --json trace.json
  timeshare report trace.json --html trace.html
                                              a page that plays it, step by step
  timeshare report trace.json --svg - > timeline.svg
  timeshare report trace.json                 text, to standard output

Exit status: 0 when all was written, 1 when something could not be written,
2 when the command line is wrong or the file is no trace.";

#[derive(Debug, Args)]
pub struct Report {
    /// A trace, as 'timeshare run --json FILE' writes it
    #[arg(value_name = "FILE")]
    pub trace: PathBuf,

    #[command(flatten)]
    pub files: ReportFiles,
}

/// Which formats go where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Formats ('-' is standard output; without any, text goes there)")]
pub struct ReportFiles {
    /// One web page that needs no network: timelines, a state diagram that plays, every figure
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// The timelines as a picture for slides and papers
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,

    /// What 'timeshare compare' prints
    #[arg(long, value_name = "FILE")]
    pub text: Option<PathBuf>,
}

impl ReportFiles {
    /// What was asked for, or else the text to standard output.
    #[must_use]
    pub fn asked(&self) -> Vec<(Format, &Path)> {
        let all = [
            (Format::Html, &self.html),
            (Format::Svg, &self.svg),
            (Format::Text, &self.text),
        ];
        let asked = all
            .into_iter()
            .filter_map(|(format, path)| Some((format, path.as_deref()?)));
        let asked: Vec<_> = asked.collect();
        if asked.is_empty() {
            vec![(Format::Text, Path::new("-"))]
        } else {
            asked
        }
    }
}
