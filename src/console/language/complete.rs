//! What may come next, for a person who types.

use super::parse::{IO_LENGTH, TICK, policies};
use super::signals;
use super::verbs::VERBS;

/// Where the word before the cursor begins, and what it may become. `processes`: ids and names.
pub fn complete(before: &str, processes: &[String]) -> (usize, Vec<String>) {
    let start = before.rfind(char::is_whitespace).map_or(0, |space| {
        space + before[space..].chars().next().map_or(0, char::len_utf8)
    });
    let (earlier, word) = before.split_at(start);
    let mut earlier = earlier.split_whitespace();
    let candidates = match earlier.next() {
        None => owned(VERBS.iter().map(|verb| verb.name)),
        Some(verb) => after(verb, earlier.count(), processes),
    };
    let fits = |candidate: &String| {
        let begins = candidate.get(..word.len());
        begins.is_some_and(|begins| begins.eq_ignore_ascii_case(word))
    };
    (start, candidates.into_iter().filter(fits).collect())
}

/// What may follow a verb and the words behind it.
fn after(verb: &str, count: usize, processes: &[String]) -> Vec<String> {
    let all = || owned(std::iter::once("all"));
    let with_processes = |mut first: Vec<String>| {
        first.extend_from_slice(processes);
        first
    };
    match (verb, count) {
        ("kill", 0) => [with_processes(all()), owned(signals::names())].concat(),
        ("wait", 0) => with_processes(owned(["--nohang", "all"].into_iter())),
        ("run" | "cont" | "stop" | "kill" | "wait" | "status", _) => with_processes(all()),
        ("inspect", 0) => processes.to_vec(),
        ("policy", 0) => owned(policies().chain([IO_LENGTH, TICK])),
        ("help", 0) => owned(VERBS.iter().map(|verb| verb.name)),
        ("create", 1) => owned(std::iter::once("as")),
        _ => Vec::new(),
    }
}

fn owned<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    words.map(str::to_owned).collect()
}
