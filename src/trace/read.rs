//! Reads a trace file.

use std::io::Read;

use serde::Deserialize;

use super::Trace;

/// The name of the format this version writes and reads.
pub const SCHEMA: &str = "timeshare/trace/1";

/// Why a trace could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read the trace: {0}")]
    Io(#[from] std::io::Error),
    #[error("not a trace of timeshare: {0}. Traces are written by: timeshare run --json FILE")]
    Foreign(serde_json::Error),
    #[error(
        "this trace has the format '{found}', and this version of timeshare reads '{SCHEMA}'. \
         Read it with the version that wrote it, or a newer one"
    )]
    Version { found: String },
    #[error("the trace is damaged or incomplete: {0}")]
    Damaged(serde_json::Error),
}

#[derive(Deserialize)]
struct Header {
    schema: String,
}

/// Reads a trace, of this version's format only.
///
/// # Errors
/// When the text is no trace, one of another version, or incomplete.
pub fn read(mut from: impl Read) -> Result<Trace, ReadError> {
    let mut text = String::new();
    from.read_to_string(&mut text)?;
    match serde_json::from_str::<Header>(&text) {
        Ok(header) if header.schema == SCHEMA => {
            serde_json::from_str(&text).map_err(ReadError::Damaged)
        }
        Ok(header) => Err(ReadError::Version {
            found: header.schema,
        }),
        // A file cut short in its middle has its first line still.
        Err(error) if error.is_eof() && text.contains(SCHEMA) => Err(ReadError::Damaged(error)),
        Err(error) => Err(ReadError::Foreign(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(text: &str) -> String {
        read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let message = refusal(r#"{"schema": "timeshare/trace/2", "novelty": []}"#);
        assert!(
            message.contains("'timeshare/trace/2'") && message.contains(SCHEMA),
            "{message}"
        );
    }

    #[test]
    fn what_is_no_trace_is_called_so() {
        for text in ["", "{}", "[1, 2]", "hello", r#"{"schema": 1}"#] {
            assert!(
                refusal(text).starts_with("not a trace of timeshare"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_trace_cut_short_is_called_damaged() {
        let message = refusal("{\"schema\": \"timeshare/trace/1\", \"tick_ns\": 10");
        assert!(message.contains("damaged or incomplete"), "{message}");
        let message = refusal("{\"schema\": \"timeshare/trace/1\", \"tick_ns\": 10}");
        assert!(message.contains("damaged or incomplete"), "{message}");
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text: String) {
            prop_assert!(read(text.as_bytes()).is_err());
        }
    }
}
