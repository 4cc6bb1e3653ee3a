//! A notation that stands where none is read, and how it is given.

use super::{Seed, process_list, programs};
use crate::workload::quote::one_line;

/// Notations that are longer, in bytes, are not repeated.
const SHOWN: usize = 100;

/// How the processes in these words are given, which belong together: with `-l` or `-P`, in one list.
/// `None`: they are no notation.
pub fn advice(words: &[&str]) -> Option<String> {
    let trimmed = |word: &str| word.trim_matches([',', ':', ' ']).to_owned();
    let all = |is: fn(&str) -> bool| words.iter().all(|word| is(&trimmed(word)));
    let (what, flag, list) = if words.is_empty() {
        return None;
    } else if all(|word| process_list(word, &Seed::default()).is_ok()) {
        let words: Vec<_> = words.iter().map(|word| trimmed(word)).collect();
        ("random programs", "-l", words.join(","))
    } else if all(|word| programs(word).is_ok()) {
        ("programs", "-P", one_list_of_programs(words))
    } else {
        return None;
    };
    let one = if words.len() > 1 { ", in one list" } else { "" };
    let example = if list.len() <= SHOWN {
        format!(": {flag} {}", one_line(&list))
    } else {
        String::new()
    };
    Some(format!("{what} are given with {flag}{one}{example}"))
}

/// A comma at the end of a word says that the program goes on.
fn one_list_of_programs(words: &[&str]) -> String {
    let mut list = String::new();
    for word in words {
        if !list.is_empty() && !list.ends_with([',', ':']) && !word.starts_with([',', ':']) {
            list.push(':');
        }
        list.push_str(word.trim());
    }
    list.trim_matches([',', ':']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_belong_together_are_given_in_one_list() {
        for (words, expected) in [
            (
                &["4:100,1:0"][..],
                "random programs are given with -l: -l 4:100,1:0",
            ),
            (
                &["4:100", "1:0"],
                "random programs are given with -l, in one list: -l 4:100,1:0",
            ),
            (
                &["4:100,", ",1:0", "3:50"],
                "random programs are given with -l, in one list: -l 4:100,1:0,3:50",
            ),
            (&["c3:c2"], "programs are given with -P: -P c3:c2"),
            (
                &["c3", "c2"],
                "programs are given with -P, in one list: -P c3:c2",
            ),
            (
                &["c3,", "i", ":c1"],
                "programs are given with -P, in one list: -P c3,i:c1",
            ),
        ] {
            assert_eq!(advice(words).as_deref(), Some(expected));
        }
        for words in [&[][..], &["x.toml"], &["4:100", "c3"], &["5"]] {
            assert_eq!(advice(words), None);
        }
    }

    #[test]
    fn a_long_list_is_not_repeated() {
        assert_eq!(
            advice(&["1:0,".repeat(1000).as_str()]).as_deref(),
            Some("random programs are given with -l")
        );
    }
}
