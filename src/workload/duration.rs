//! Lengths of time as people write them: `100us`, `10ms`, `1.5s`.

use super::quote::quoted;
use std::time::Duration;

pub const MIN_TICK: Duration = Duration::from_micros(100);

pub const MAX_TICK: Duration = Duration::from_secs(10);

/// The units, each with its length in nanoseconds. The `s` stands last, as the others end in it.
const UNITS: [(&str, u128); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
];

/// Why a text is not a length of time, or not one for a tick. Its display is one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    #[error(
        "{} is not a length of time: expected a number and a unit: 100us, 10ms, 1.5s",
        quoted(.token)
    )]
    Form { token: String },
    #[error("{} is finer than a nanosecond: expected a whole number of ns, as in 500000ns", quoted(.token))]
    TooFine { token: String },
    /// No clock counts that far (`u64::MAX` seconds).
    #[error("{} is longer than any clock runs: expected a length of time such as 10ms", quoted(.token))]
    TooLong { token: String },
    #[error("{} is out of range for a tick: expected {MIN_TICK:?} to {MAX_TICK:?}", quoted(.token))]
    NotATick { token: String },
}

/// Reads a number and its unit: `500000ns`, `100us` (or `100µs`), `2.5ms`, `1s`.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let token = || text.to_owned();
    let (number, unit_ns) =
        split_unit(text.trim()).ok_or_else(|| DurationError::Form { token: token() })?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return Err(DurationError::Form { token: token() });
    }
    let too_long = || DurationError::TooLong { token: token() };
    let whole_ns = whole
        .parse::<u128>()
        .ok()
        .and_then(|whole| whole.checked_mul(unit_ns))
        .ok_or_else(too_long)?;
    let fraction_ns =
        fraction_ns(fraction, unit_ns).ok_or_else(|| DurationError::TooFine { token: token() })?;
    let total_ns = whole_ns.checked_add(fraction_ns).ok_or_else(too_long)?;
    duration_from_ns(total_ns).ok_or_else(too_long)
}

/// Reads the length of a tick, from [`MIN_TICK`] to [`MAX_TICK`].
pub fn parse_tick(text: &str) -> Result<Duration, DurationError> {
    let tick = parse_duration(text)?;
    if (MIN_TICK..=MAX_TICK).contains(&tick) {
        Ok(tick)
    } else {
        Err(DurationError::NotATick {
            token: text.to_owned(),
        })
    }
}

/// The number in front of the unit, and the length of the unit in nanoseconds.
fn split_unit(text: &str) -> Option<(&str, u128)> {
    UNITS.iter().find_map(|&(unit, unit_ns)| {
        let number = text.strip_suffix(unit)?;
        Some((number.trim_end(), unit_ns))
    })
}

/// The digits after the point, in nanoseconds; `None` when that is no whole number.
fn fraction_ns(digits: &str, unit_ns: u128) -> Option<u128> {
    let digits = digits.trim_end_matches('0');
    let mut rest_ns = unit_ns;
    let mut total_ns = 0;
    for digit in digits.chars() {
        if !rest_ns.is_multiple_of(10) {
            return None;
        }
        rest_ns /= 10;
        total_ns += rest_ns * u128::from(digit.to_digit(10)?);
    }
    Some(total_ns)
}

fn duration_from_ns(ns: u128) -> Option<Duration> {
    const NS_PER_S: u128 = 1_000_000_000;
    let seconds = u64::try_from(ns / NS_PER_S).ok()?;
    let rest_ns = u32::try_from(ns % NS_PER_S).ok()?;
    Some(Duration::new(seconds, rest_ns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_and_a_unit_make_a_duration() {
        for (text, ns) in [
            ("10ms", 10_000_000),
            ("100us", 100_000),
            ("100µs", 100_000),
            ("100\u{3bc}s", 100_000),
            ("2.5ms", 2_500_000),
            ("1s", 1_000_000_000),
            ("500000ns", 500_000),
            ("0s", 0),
            (" 10 ms ", 10_000_000),
            ("1.500s", 1_500_000_000),
            ("0.000000001s", 1),
            ("1.0ns", 1),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_nanos(ns)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_form() {
        for text in [
            "",
            "ms",
            "10",
            "nan",
            "nanms",
            "-1ms",
            "+1ms",
            "infs",
            "1e3ms",
            "1e400s",
            "5 parsecs",
            "10m",
            "10min",
            "10MS",
            ".5ms",
            "5.ms",
            "1.2.3s",
            "1_0ms",
            "１０ms",
            "10ms ago",
            "1,5s",
        ] {
            let error = parse_duration(text).unwrap_err();
            assert!(
                matches!(error, DurationError::Form { .. }),
                "{text:?}: {error}"
            );
        }
        assert_eq!(
            parse_duration("5 parsecs").unwrap_err().to_string(),
            "'5 parsecs' is not a length of time: expected a number and a unit: 100us, 10ms, 1.5s"
        );
    }

    #[test]
    fn what_no_duration_holds_is_refused() {
        let too_long = "9".repeat(1000) + "s";
        for text in [&too_long, "18446744073709551616s"] {
            let error = parse_duration(text).unwrap_err();
            assert!(matches!(error, DurationError::TooLong { .. }), "{error}");
        }
        for text in ["0.5ns", "1.0000000001s"] {
            let error = parse_duration(text).unwrap_err();
            assert!(matches!(error, DurationError::TooFine { .. }), "{error}");
        }
    }

    #[test]
    fn a_tick_lasts_from_100_microseconds_to_10_seconds() {
        assert_eq!(parse_tick("100us"), Ok(MIN_TICK));
        assert_eq!(parse_tick("10s"), Ok(MAX_TICK));
        for text in ["0ms", "99.999us", "10.000000001s", "1000s"] {
            let error = parse_tick(text).unwrap_err();
            assert!(matches!(error, DurationError::NotATick { .. }), "{error}");
        }
        assert_eq!(
            parse_tick("1us").unwrap_err().to_string(),
            "'1us' is out of range for a tick: expected 100µs to 10s"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "[0-9]{0,45}[.]?[0-9]{0,45} ?[num]?s") {
            let _ = (parse_tick(&text), parse_tick(&near));
        }

        #[test]
        fn whole_nanoseconds_read_back(ns in any::<u64>()) {
            prop_assert_eq!(parse_duration(&format!("{ns}ns")), Ok(Duration::from_nanos(ns)));
        }
    }
}
