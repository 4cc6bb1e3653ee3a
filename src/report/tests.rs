//! All reports of traces that no run has written.

use proptest::prelude::*;

use super::format::Format;
use super::{explain, summary};
use crate::trace::Recording;
use crate::trace::recording::mutation::{changed, changes};

const RECORDING: &str = include_str!("../../tests/golden/figure-4.4.recording.jsonl");
const TRACE: &str = include_str!("../../tests/golden/figure-4.4.trace.json");

const FORMATS: [Format; 7] = [
    Format::Html,
    Format::Svg,
    Format::Perfetto,
    Format::Ticks,
    Format::Processes,
    Format::Text,
    Format::Comparison,
];

/// It is refused, or can be told in every way.
fn assert_told(document: &str) -> Result<(), TestCaseError> {
    let Ok(recording) = Recording::read(document.as_bytes()) else {
        return Ok(());
    };
    let trace = recording.into_trace();
    for format in FORMATS {
        let told = format.render(&trace, 80);
        match format {
            Format::Svg => prop_assert!(roxmltree::Document::parse(&told).is_ok()),
            Format::Perfetto => {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&told).is_ok());
            }
            _ => prop_assert!(!told.is_empty()),
        }
    }
    prop_assert!(!summary::summary(&trace, 80).is_empty());
    prop_assert!(!explain::run_explanation(&trace, 80).is_empty());
    Ok(())
}

#[test]
fn where_the_kernel_was_never_asked_it_did_not_agree() {
    let mut trace = Recording::read(TRACE.as_bytes()).unwrap().into_trace();
    assert!(summary::agreement_lines(&trace).contains("the kernel agreed in "));
    trace.agreement.kernel_sampled = 0;
    trace.agreement.kernel_equal = 0;
    let told = "20 of 20 cells as simulated; the kernel was asked in none of them.\n";
    assert_eq!(summary::agreement_lines(&trace), told);
}

proptest! {
    #[test]
    fn a_changed_trace_is_refused_or_can_be_told(changes in changes()) {
        assert_told(&changed(TRACE, &changes))?;
    }

    #[test]
    fn a_changed_recording_is_refused_or_can_be_told(changes in changes(), lines in 0..200_usize) {
        let changed = changed(RECORDING, &changes);
        let cut: String = changed.split_inclusive('\n').take(lines).collect();
        assert_told(&cut)?;
    }
}
