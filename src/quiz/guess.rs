//! What a person predicts of a tick, and how it is written.

use serde::Serialize;

use super::Turn;
use crate::scheduler::ProcId;
use crate::workload::quote::quoted;

/// A prediction may have this many ticks.
pub const MAX_GUESSES: usize = 10_000;

const FORM: &str = "expected the number of a process, as 0 or P0, - for none, 0+1 for two at \
                    once, and 0x3 for three ticks";

/// The processes that a person thinks have the CPU in a tick, in ascending order; empty: none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Guess(Vec<ProcId>);

impl Guess {
    pub fn processes(&self) -> &[ProcId] {
        &self.0
    }

    /// Whether it is right. Where a process with nothing to execute holds the CPU, "none" is right,
    /// too.
    pub fn is(&self, turn: Turn) -> bool {
        match (self.0.as_slice(), turn.holder) {
            ([], holder) => holder.is_none() || !turn.executes,
            ([only], Some(holder)) => *only == holder,
            _ => false,
        }
    }
}

impl From<Turn> for Guess {
    fn from(turn: Turn) -> Self {
        Self(turn.holder.into_iter().collect())
    }
}

impl FromIterator<ProcId> for Guess {
    fn from_iter<I: IntoIterator<Item = ProcId>>(processes: I) -> Self {
        let mut processes: Vec<_> = processes.into_iter().collect();
        processes.sort_unstable();
        processes.dedup();
        Self(processes)
    }
}

/// Why a prediction cannot be read. Its display is one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuessError {
    #[error("{} does not say who executes an instruction: {FORM}", quoted(.0))]
    Form(String),
    #[error("there is no P{named}: the processes are P0 to P{last}")]
    NoSuchProcess { named: u32, last: usize },
    #[error("{} is too long: a prediction has at most {MAX_GUESSES} ticks", quoted(.0))]
    TooLong(String),
}

/// Reads the guesses of one line, separated by spaces or commas: `0 0 1x3 - 0+1`.
///
/// # Errors
/// When a token is no guess, or names a process that is not there.
pub fn parse_guesses(line: &str, processes: usize) -> Result<Vec<Guess>, GuessError> {
    let mut guesses = Vec::new();
    let separator = |c: char| c.is_whitespace() || c == ',';
    for token in line.split(separator).filter(|token| !token.is_empty()) {
        let form = || GuessError::Form(token.to_owned());
        let (cell, times) = match token.split_once(['x', '*']) {
            Some((cell, times)) => (cell, times.parse().map_err(|_| form())?),
            None => (token, 1_usize),
        };
        if times == 0 {
            return Err(form());
        }
        if guesses.len().saturating_add(times) > MAX_GUESSES {
            return Err(GuessError::TooLong(token.to_owned()));
        }
        let guess = guess(cell, processes).ok_or_else(form)??;
        guesses.extend(std::iter::repeat_n(guess, times));
    }
    Ok(guesses)
}

/// `None`: it has another form.
fn guess(cell: &str, processes: usize) -> Option<Result<Guess, GuessError>> {
    if cell == "-" {
        return Some(Ok(Guess::default()));
    }
    let mut named = Vec::new();
    for name in cell.split('+') {
        let digits = name.strip_prefix(['P', 'p']).unwrap_or(name);
        let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        // 000 is meant as three ticks.
        let is_number = all_digits && (digits.len() == 1 || !digits.starts_with('0'));
        let number: u32 = digits.parse().ok().filter(|_| is_number)?;
        let process = ProcId(number);
        if process.index() >= processes {
            let last = processes.saturating_sub(1);
            return Some(Err(GuessError::NoSuchProcess {
                named: number,
                last,
            }));
        }
        named.push(process);
    }
    Some(Ok(named.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: &str) -> Vec<Vec<u32>> {
        let guesses = parse_guesses(line, 3).unwrap();
        let ids = |guess: &Guess| guess.0.iter().map(|process| process.0).collect();
        guesses.iter().map(ids).collect()
    }

    #[test]
    fn ticks_are_read_one_by_one_or_several_at_once() {
        assert_eq!(read("0"), [[0]]);
        assert_eq!(read(" P1, p2 \t-"), [vec![1], vec![2], vec![]]);
        assert_eq!(read("0x2 1*2"), [[0], [0], [1], [1]]);
        assert_eq!(read("2+0 1+1"), [vec![0, 2], vec![1]]);
        assert_eq!(read(""), [[0; 0]; 0]);
    }

    #[test]
    fn what_is_no_guess_is_named_with_the_form() {
        for token in [
            "q",
            "0x",
            "0x0",
            "+",
            "0+",
            "--",
            "-1",
            "P",
            "0x1x2",
            "99999999999",
            "000",
        ] {
            let error = parse_guesses(&format!("0 {token}"), 3).unwrap_err();
            assert_eq!(error, GuessError::Form(token.to_owned()), "{token}");
        }
        assert_eq!(
            parse_guesses("0 3", 3).unwrap_err().to_string(),
            "there is no P3: the processes are P0 to P2"
        );
        let error = parse_guesses("0x9999 1 1", 3).unwrap_err();
        assert_eq!(error, GuessError::TooLong("1".to_owned()));
    }

    #[test]
    fn none_is_right_where_the_process_that_has_the_cpu_executes_nothing() {
        let turn = |holder, executes| Turn { holder, executes };
        let [none, p1] = ["-", "1"].map(|text| parse_guesses(text, 3).unwrap().remove(0));
        assert!(none.is(turn(None, false)) && !p1.is(turn(None, false)));
        assert!(p1.is(turn(Some(ProcId(1)), true)) && !none.is(turn(Some(ProcId(1)), true)));
        assert!(p1.is(turn(Some(ProcId(1)), false)) && none.is(turn(Some(ProcId(1)), false)));
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(text: String, near in "[-0-9xP+*, ]{0,30}") {
            let _ = (parse_guesses(&text, 3), parse_guesses(&near, 3));
        }
    }
}
