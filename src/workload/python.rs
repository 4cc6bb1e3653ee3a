//! Python's numbers, as `process-run.py` reads and draws them.
//!
//! Sources: `int()`, `float()`, `random.seed()` and `random.random()` of `CPython`, and
//! `optparse._parse_num` of its standard library; checked against Python 3.11.

use num_bigint::BigInt;
use rand_mt::Mt;

/// The decimal digits that Python's `int()` reads at most (`sys.int_info.default_max_str_digits`).
///
/// It also bounds the time of a conversion, which grows with the square of the digits.
pub(super) const MAX_DECIMAL_DIGITS: usize = 4300;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAnInteger {
    Form,
    /// It has more than [`MAX_DECIMAL_DIGITS`] digits.
    TooLong,
}

/// Python's `random.Random`: the Mersenne Twister, with Python's way to seed it and to read it.
#[derive(Clone, Debug)]
pub(super) struct PythonRandom(Mt);

impl PythonRandom {
    /// `random.seed(seed)`: the key is the absolute value in 32-bit limbs, the lowest first.
    pub(super) fn seeded(seed: &BigInt) -> Self {
        let mut key = seed.magnitude().to_u32_digits();
        if key.is_empty() {
            key.push(0);
        }
        Self(Mt::new_with_key(key))
    }

    /// `random.random()`: 53 random bits as a number from 0 up to but not including 1.
    pub(super) fn random(&mut self) -> f64 {
        let high = f64::from(self.0.next_u32() >> 5);
        let low = f64::from(self.0.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }
}

/// `int(text)`, but for ASCII digits only.
pub(super) fn int(text: &str) -> Result<BigInt, NotAnInteger> {
    int_in_base(text, 10)
}

/// An option of `type='int'` as `optparse` reads it: `0x2a`, `0b101`, `052` (octal), or decimal.
///
/// It looks for the prefix in the text as given, so that a number after white space or a sign is
/// always decimal.
pub(super) fn optparse_int(text: &str) -> Result<BigInt, NotAnInteger> {
    if let Some(digits) = strip_either(text, "0b", "0B") {
        return int_in_base(if digits.is_empty() { "0" } else { digits }, 2);
    }
    let base = if strip_either(text, "0x", "0X").is_some() {
        16
    } else if text.starts_with('0') {
        8
    } else {
        10
    };
    int_in_base(text, base)
}

/// `float(text)`, but for ASCII digits and finite results only.
pub(super) fn float(text: &str) -> Option<f64> {
    let text = text.trim();
    if !underscores_stand_between_digits(text) {
        return None;
    }
    let value: f64 = text.replace('_', "").parse().ok()?;
    value.is_finite().then_some(value)
}

/// `int(text, base)` for a base of 2, 8, 10 or 16.
fn int_in_base(text: &str, base: u32) -> Result<BigInt, NotAnInteger> {
    let text = text.trim();
    let (negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let digits = without_prefix(unsigned, base);
    let all_digits = digits.chars().all(|c| c == '_' || c.is_digit(base));
    if digits.is_empty() || !all_digits || !single_underscores_within(digits) {
        return Err(NotAnInteger::Form);
    }
    let digits = digits.replace('_', "");
    if base == 10 && digits.len() > MAX_DECIMAL_DIGITS {
        return Err(NotAnInteger::TooLong);
    }
    let value = BigInt::parse_bytes(digits.as_bytes(), base).ok_or(NotAnInteger::Form)?;
    Ok(if negative { -value } else { value })
}

/// Takes off the prefix that `int(text, base)` allows, and the one underscore allowed after it.
fn without_prefix(text: &str, base: u32) -> &str {
    let rest = match base {
        2 => strip_either(text, "0b", "0B"),
        8 => strip_either(text, "0o", "0O"),
        16 => strip_either(text, "0x", "0X"),
        _ => None,
    };
    rest.map_or(text, |rest| rest.strip_prefix('_').unwrap_or(rest))
}

fn strip_either<'a>(text: &'a str, lower: &str, upper: &str) -> Option<&'a str> {
    text.strip_prefix(lower)
        .or_else(|| text.strip_prefix(upper))
}

fn single_underscores_within(digits: &str) -> bool {
    !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__")
}

fn underscores_stand_between_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit_at = |i: Option<usize>| i.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    bytes
        .iter()
        .enumerate()
        .filter(|&(_, &byte)| byte == b'_')
        .all(|(i, _)| digit_at(i.checked_sub(1)) && digit_at(i.checked_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(seed: &str, count: usize) -> Vec<f64> {
        let mut generator = PythonRandom::seeded(&int(seed).unwrap());
        (0..count).map(|_| generator.random()).collect()
    }

    /// Python's `repr` of a float is the shortest text that reads back as the same float.
    fn as_python_shows(numbers: &[f64]) -> Vec<String> {
        numbers.iter().map(f64::to_string).collect()
    }

    #[test]
    fn draws_are_those_of_python_3() {
        for (seed, expected) in DRAWS {
            assert_eq!(as_python_shows(&drawn(seed, 3)), expected, "seed {seed}");
        }
    }

    #[test]
    fn integers_are_read_as_int_reads_them() {
        for (text, expected) in [
            ("7", "7"),
            (" 7 ", "7"),
            ("+7", "7"),
            ("-7", "-7"),
            ("-0", "0"),
            ("010", "10"),
            ("0_1", "1"),
            ("1_000", "1000"),
            ("\u{a0}7", "7"),
            ("7\u{85}", "7"),
            ("99999999999999999999999", "99999999999999999999999"),
        ] {
            assert_eq!(
                int(text).map(|n| n.to_string()).as_deref(),
                Ok(expected),
                "{text:?}"
            );
        }
        for text in [
            "",
            "  ",
            "0x1F",
            "0b1",
            "0o7",
            "1__0",
            "_1",
            "1_",
            "+ 7",
            "--7",
            "+-7",
            "+_7",
            "1.0",
            "1e3",
            "7\u{1c}",
            "7\u{200b}",
            "7\0",
            "-",
            "\u{663}",
        ] {
            assert_eq!(int(text), Err(NotAnInteger::Form), "{text:?}");
        }
    }

    #[test]
    fn an_integer_has_as_many_digits_as_python_reads() {
        assert!(int(&"1".repeat(MAX_DECIMAL_DIGITS)).is_ok());
        assert_eq!(
            int(&"1".repeat(MAX_DECIMAL_DIGITS + 1)),
            Err(NotAnInteger::TooLong)
        );
        assert!(optparse_int(&format!("0x{}", "f".repeat(MAX_DECIMAL_DIGITS + 1))).is_ok());
    }

    #[test]
    fn option_integers_are_read_as_optparse_reads_them() {
        for (text, expected) in [
            ("0", "0"),
            ("00", "0"),
            ("0 ", "0"),
            ("010", "8"),
            ("-010", "-10"),
            (" 010", "10"),
            ("07_7", "63"),
            ("0_1", "1"),
            ("0o17", "15"),
            ("0O17", "15"),
            ("0x1F", "31"),
            ("0X1f", "31"),
            ("0x_1f", "31"),
            ("0x10 ", "16"),
            ("0x0b1", "177"),
            ("0b101", "5"),
            ("0B11", "3"),
            ("0b", "0"),
            ("0b1_0", "2"),
            ("0b0b1", "1"),
            ("0b 1", "1"),
            ("0b-1", "-1"),
            ("0b+1", "1"),
            ("0xFFFFFFFFFFFFFFFFFF", "4722366482869645213695"),
        ] {
            let read = optparse_int(text).map(|n| n.to_string());
            assert_eq!(read.as_deref(), Ok(expected), "{text:?}");
        }
        for text in [
            "", "08", "0_", "0x", "0x-5", "0x0x5", "0x 1f", "0-5", "0+5", "0 5", "-0x10", "0b2",
            "00o7", "00x5", "0b0x1", "1.0", "0\u{663}",
        ] {
            assert_eq!(optparse_int(text), Err(NotAnInteger::Form), "{text:?}");
        }
    }

    #[test]
    fn floats_are_read_as_float_reads_them_if_they_are_finite() {
        for (text, expected) in [
            ("5", "5"),
            (" 5 ", "5"),
            ("\x0c5\x0b", "5"),
            ("5.", "5"),
            (".5", "0.5"),
            ("+.5", "0.5"),
            ("-.5e-3", "-0.0005"),
            ("1_0.5", "10.5"),
            ("1e1_0", "10000000000"),
            ("1e+5", "100000"),
            ("1e-400", "0"),
            ("-0", "-0"),
        ] {
            let read = float(text).map(|x| x.to_string());
            assert_eq!(read.as_deref(), Some(expected), "{text:?}");
        }
        for text in [
            "", ".", "e5", "5e", "1._5", "1_.5", "1e_1", "1_e5", "1__0", "_1", "1_", "+-5",
            "1e5 0", "0x1p3", "5\x1d", "nan", "-nan", "inf", "-inf", "infinity", "1e400", "-1e400",
        ] {
            assert_eq!(float(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_number_readers_panic(text in any::<String>()) {
            let _ = (int(&text), optparse_int(&text), float(&text));
        }

        #[test]
        fn no_number_like_text_makes_the_number_readers_panic(text in "[-+0-9xXbBoO_.eE ]{0,12}") {
            let _ = (int(&text), optparse_int(&text), float(&text));
        }

        #[test]
        fn an_integer_reads_back(n in any::<i128>()) {
            prop_assert_eq!(int(&n.to_string()), Ok(BigInt::from(n)));
        }
    }

    /// `random.seed(n); [random.random() for _ in range(3)]` in Python 3.11.
    const DRAWS: [(&str, [&str; 3]); 9] = [
        (
            "0",
            [
                "0.8444218515250481",
                "0.7579544029403025",
                "0.420571580830845",
            ],
        ),
        (
            "1",
            [
                "0.13436424411240122",
                "0.8474337369372327",
                "0.763774618976614",
            ],
        ),
        (
            "-1",
            [
                "0.13436424411240122",
                "0.8474337369372327",
                "0.763774618976614",
            ],
        ),
        (
            "42",
            [
                "0.6394267984578837",
                "0.025010755222666936",
                "0.27502931836911926",
            ],
        ),
        (
            "-5",
            [
                "0.6229016948897019",
                "0.7417869892607294",
                "0.7951935655656966",
            ],
        ),
        (
            "4294967295",
            [
                "0.6353574441341173",
                "0.20319993954407756",
                "0.6073666030347188",
            ],
        ),
        (
            "4294967296",
            [
                "0.11299430095636409",
                "0.41782886486292836",
                "0.0166763664992291",
            ],
        ),
        (
            "123456789012",
            [
                "0.37701448538609916",
                "0.02069602357922562",
                "0.14040538980009454",
            ],
        ),
        (
            "340282366920938463463374607431768211456",
            [
                "0.6234429994282729",
                "0.6352869250224707",
                "0.34925043050271487",
            ],
        ),
    ];
}
