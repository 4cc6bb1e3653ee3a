//! Who answers the questions of a quiz: a person at a terminal, or a script on standard input.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use super::{
    Asked, Guess, MAX_GUESSES, Prediction, Question, parse_guesses, parse_share, parse_ticks,
};
use crate::output::failure::Failure;
use crate::output::width;
use crate::text::prose::paragraph;

/// A script may have this many bytes.
const MAX_SCRIPT_BYTES: u64 = 1024 * 1024;

/// Ends a prediction, as an empty line does.
const END: &str = ".";

pub enum AnswerSource {
    /// Is asked, question by question.
    Person,
    /// Has answered all questions before the first was asked; the last one comes first.
    Script(Vec<Prediction>),
}

impl AnswerSource {
    /// What is on standard input: a person at a terminal, or a script. What a script says is read and checked as a whole, before
    /// anything else happens. `silent`: standard output is for something else than questions.
    ///
    /// # Errors
    /// When a person cannot be asked, and when a script says what is no prediction, or answers more questions than there are.
    pub fn meet(questions: &[Question], asked: Asked, silent: bool) -> Result<Self, Failure> {
        if io::stdin().is_terminal() {
            return if silent {
                let why = "with --json - there is no place to ask you: write the JSON to a file, or \
                           give the predictions on standard input";
                Err(Failure::Input(why.to_owned()))
            } else {
                Ok(Self::Person)
            };
        }
        let mut script = String::new();
        let mut input = io::stdin().lock().take(MAX_SCRIPT_BYTES + 1);
        let read = input.read_to_string(&mut script);
        read.map_err(|error| Failure::Input(format!("cannot read standard input: {error}")))?;
        if script.len() as u64 > MAX_SCRIPT_BYTES {
            let why = "standard input is too long for predictions: 1 MiB at most";
            return Err(Failure::Input(why.to_owned()));
        }
        let mut predictions = read_script(&script, questions, asked)?;
        predictions.reverse();
        Ok(Self::Script(predictions))
    }

    /// What is predicted.
    ///
    /// # Errors
    /// When the terminal fails.
    pub fn predict(&mut self, question: &Question, asked: Asked) -> Result<Prediction, Failure> {
        match self {
            Self::Person => ask(question, asked),
            Self::Script(predictions) => Ok(predictions.pop().unwrap_or(Prediction::Nothing)),
        }
    }
}

fn read_script(
    script: &str,
    questions: &[Question],
    asked: Asked,
) -> Result<Vec<Prediction>, Failure> {
    let wrong = |number: usize, why: String| {
        Failure::Input(format!("line {number} of standard input: {why}"))
    };
    let mut predictions = Vec::new();
    let mut open: Option<Open> = None;
    for (number, line) in (1..).zip(script.lines()) {
        let line = line.trim();
        if line.is_empty() && open.is_none() {
            continue;
        }
        let index = predictions.len();
        let question = questions.get(index);
        let question =
            question.ok_or_else(|| wrong(number, format!("there is no question {}", index + 1)))?;
        let mut prediction = open.take().unwrap_or_default();
        match prediction.take(line, question, asked) {
            Ok(true) => predictions.push(prediction.close()),
            Ok(false) => open = Some(prediction),
            Err(why) => return Err(wrong(number, why)),
        }
    }
    predictions.extend(open.map(Open::close));
    Ok(predictions)
}

/// Asks at the terminal until there is a prediction.
fn ask(question: &Question, asked: Asked) -> Result<Prediction, Failure> {
    // Ctrl-C ends a quiz that waits for an answer, even if a run has listened for it before.
    let mut lines = io::stdin().lock().lines();
    let mut prediction = Open::default();
    loop {
        let mut out = io::stdout().lock();
        let prompt = match asked {
            Asked::Who => format!("tick {}: ", prediction.guesses.len() + 1),
            Asked::Time => "ticks: ".to_owned(),
            Asked::Cpu => "CPU utilization: ".to_owned(),
        };
        write!(out, "{prompt}")
            .and_then(|()| out.flush())
            .map_err(Failure::stdout)?;
        let line = lines.next().unwrap_or_else(|| Ok(END.to_owned()));
        let line =
            line.map_err(|error| Failure::Input(format!("cannot read the terminal: {error}")))?;
        let said = match line.trim() {
            "?" | "help" => paragraph(HELP, width(), ""),
            "back" => {
                prediction.take_back();
                continue;
            }
            line => match prediction.take(line, question, asked) {
                Ok(true) => return Ok(prediction.close()),
                Ok(false) => continue,
                Err(why) => paragraph(&why, width(), ""),
            },
        };
        write!(out, "{said}").map_err(Failure::stdout)?;
    }
}

const HELP: &str = "A number is a process, - none, 0x3 three ticks of P0. 'back' takes the last \
                    line back, an empty line ends the prediction, Ctrl-C the quiz.";

/// A prediction that is not yet whole.
#[derive(Default)]
struct Open {
    guesses: Vec<Guess>,
    /// How many there were before each line.
    before: Vec<usize>,
    figure: Option<Prediction>,
}

impl Open {
    /// Takes a line; whether the prediction is whole with it.
    fn take(&mut self, line: &str, question: &Question, asked: Asked) -> Result<bool, String> {
        if line.is_empty() || line == END {
            return Ok(true);
        }
        match asked {
            Asked::Who => {
                let processes = question.workload.processes.len();
                let more = parse_guesses(line, processes).map_err(|why| why.to_string())?;
                if self.guesses.len() + more.len() > MAX_GUESSES {
                    return Err(format!("a prediction has at most {MAX_GUESSES} ticks"));
                }
                self.before.push(self.guesses.len());
                self.guesses.extend(more);
                Ok(false)
            }
            Asked::Time => {
                let ticks = parse_ticks(line).map_err(|why| why.to_string())?;
                self.figure = Some(Prediction::Time(ticks));
                Ok(true)
            }
            Asked::Cpu => {
                let share = parse_share(line).map_err(|why| why.to_string())?;
                self.figure = Some(Prediction::Cpu(share));
                Ok(true)
            }
        }
    }

    /// Takes the last line back.
    fn take_back(&mut self) {
        self.guesses.truncate(self.before.pop().unwrap_or(0));
    }

    fn close(self) -> Prediction {
        match self.figure {
            Some(figure) => figure,
            None if self.guesses.is_empty() => Prediction::Nothing,
            None => Prediction::Who(self.guesses),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quiz::{Drawn, draw};
    use crate::workload::notation::Seed;

    fn questions(count: u32) -> Vec<Question> {
        let seeds = (0..count).map(|number| Seed::default().after(number));
        seeds
            .map(|seed| draw(&seed, Drawn::default()).unwrap())
            .collect()
    }

    fn lengths(script: &str) -> Vec<usize> {
        let predictions = read_script(script, &questions(3), Asked::Who).unwrap();
        let length = |prediction: &Prediction| match prediction {
            Prediction::Who(guesses) => guesses.len(),
            _ => 0,
        };
        predictions.iter().map(length).collect()
    }

    #[test]
    fn a_prediction_ends_with_an_empty_line_a_dot_or_the_end() {
        assert_eq!(lengths("0 0\n1\n\n0x4\n\n\n1"), [3, 4, 1]);
        assert_eq!(lengths("\n\n0\n\n"), [1]);
        assert_eq!(lengths(".\n0 1\n.\n"), [0, 2]);
        assert_eq!(lengths(""), [0; 0]);
    }

    #[test]
    fn what_is_wrong_in_a_script_is_named_with_its_line() {
        for (script, expected) in [
            ("0\n\nq\n", "line 3 of standard input: 'q' does not say who"),
            (
                "0\n\n0\n\n0\n\n0\n",
                "line 7 of standard input: there is no question 4",
            ),
        ] {
            let error = read_script(script, &questions(3), Asked::Who).unwrap_err();
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_figure_takes_one_line() {
        let predictions = read_script("11\n\n12\n13", &questions(3), Asked::Time).unwrap();
        let times = [11, 12, 13].map(Prediction::Time);
        assert_eq!(predictions, times);
        let predictions = read_script("6/12\n.\n", &questions(2), Asked::Cpu).unwrap();
        assert_eq!(predictions, [Prediction::Cpu(0.5), Prediction::Nothing]);
    }
}
