//! `timeshare report`: what it refuses, and that what it writes says what the trace does.

mod common;

use std::fs;
use std::path::PathBuf;

use common::program::{Finished, Launch};
use tempfile::TempDir;

/// A real run, its trace in a file of its own.
struct Sample {
    folder: TempDir,
}

impl Sample {
    fn run(line: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let sample = Self { folder };
        let line = format!("run -q {line} --json {}", sample.name("trace.json"));
        common::timeshare(&line).succeeded();
        sample
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn report(&self, arguments: &[&str]) -> Finished {
        let trace = self.name("trace.json");
        let whole = ["report", &trace]
            .into_iter()
            .chain(arguments.iter().copied());
        Launch::timeshare(whole).run()
    }

    fn svg(&self) -> String {
        self.report(&["--svg", "-"]).succeeded().stdout
    }
}

#[test]
fn every_format_goes_where_it_is_told() {
    let sample = Sample::run("-P c2,i,c1:c5 -L 3 --tick 2ms");
    let (page, picture) = (sample.name("a.html"), sample.name("a.svg"));
    let told = sample.report(&["--html", &page, "--svg", &picture]);
    assert_eq!(told.succeeded().stdout, "");
    let page = fs::read_to_string(page).expect("it was written");
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    let picture = fs::read_to_string(picture).expect("it was written");
    assert_eq!(picture, sample.svg());
    let text = sample.report(&[]).succeeded().stdout;
    assert!(text.contains("10 ticks"), "{text}");
}

#[test]
fn a_picture_is_well_formed_and_has_every_cell() {
    let sample = Sample::run("-P c2,i,c1:c5 -L 3 --tick 2ms");
    let picture = sample.svg();
    let document = roxmltree::Document::parse(&picture).expect("it is XML");
    let letters = |side: &str, process: &str| -> String {
        let lane = document.descendants().find(|node| {
            node.attribute("data-side") == Some(side)
                && node.attribute("data-process") == Some(process)
        });
        let lane = lane.expect("every process has a lane on each side");
        let text = lane
            .children()
            .find(|node| node.attribute("class") == Some("letter"));
        text.and_then(|text| text.text())
            .expect("it has letters")
            .to_owned()
    };
    for side in ["simulated", "measured"] {
        assert_eq!(letters(side, "0"), "CCIbbbrrDC", "{side}");
        assert_eq!(letters(side, "1"), "rrrCCCCCz", "{side}");
    }
}
