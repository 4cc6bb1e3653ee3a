//! `timeshare quiz`: predict, learn what was wrong, and see it played out.

use crate::os::signal;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::place::refuse_to_overwrite;
use super::run::{Look, play};
use super::scenario::{input, scenario};
use crate::cli::{Quiz, WorkloadArgs};
use crate::output::failure::Failure;
use crate::output::{JsonFile, print, width};
use crate::quiz::answers::AnswerSource;
use crate::quiz::text as report;
use crate::quiz::{Asked, Drawn, Guess, Prediction, Question, Verdict, draw, judge};
use crate::report::summary::agreement_lines;
use crate::run::{Scenario, Setup};
use crate::scheduler::Reap;
use crate::trace::{Agreement, PolicyRecord, Trace, ratio};
use crate::workload::Workload;
use crate::workload::notation::Seed;

/// The name of the document `--json` writes.
const SCHEMA: &str = "timeshare/quiz/1";

/// What `--json` writes.
#[derive(Serialize)]
struct QuizRecord<'a> {
    schema: &'static str,
    /// The mean of what is right of each question, a fraction of 1.
    score: f64,
    questions: &'a [Answered],
}

/// One question, answered.
#[derive(Serialize)]
struct Answered {
    /// The seed it was drawn with; absent when nothing was drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<String>,
    workload: Workload,
    policy: PolicyRecord,
    asked: Asked,
    predicted: Prediction,
    /// Who has the CPU in each tick: the right answer.
    who: Vec<Guess>,
    ticks: u64,
    cpu_busy_ticks: u64,
    verdict: Verdict,
    /// The mistakes in words.
    explanation: Vec<String>,
    /// Of the real processes with the right answer; absent when none played it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<Agreement>,
}

/// A question, and the scenario that real processes play.
struct Task {
    /// `None`: nothing was drawn.
    seed: Option<Seed>,
    scenario: Scenario,
    question: Question,
}

pub fn quiz(arguments: &Quiz) -> Result<(), Failure> {
    let asked = Asked::from(arguments.ask);
    let tasks = tasks(arguments)?;
    let questions: Vec<_> = tasks.iter().map(|task| task.question.clone()).collect();
    if let (Some(workload), Some(json)) = (&arguments.workload.file, &arguments.json) {
        refuse_to_overwrite(workload, json, "the workload")?;
    }
    let (json, silent) = JsonFile::asked(arguments.json.as_deref())?;
    let mut answers = AnswerSource::meet(&questions, asked, silent)?;

    signal::claim_signals()?;
    let mut answered = Vec::new();
    for (number, task) in (1..).zip(&tasks) {
        if !silent {
            print(&head(number, task, tasks.len(), asked))?;
        }
        let predicted = answers.predict(&task.question, asked)?;
        let verdict = judge(&task.question, &predicted);
        if !silent {
            let text = report::verdict(&task.question, asked, &predicted, &verdict, width());
            print(&format!("\n{text}"))?;
        }
        let agreement = if arguments.no_run {
            None
        } else {
            Some(play_out(task, arguments, silent)?)
        };
        answered.push(task.answered(asked, predicted, verdict, agreement));
    }
    let score = score(&answered);
    if !silent && answered.len() > 1 {
        let all_right = answered.iter().filter(|a| a.verdict.is_right()).count();
        print(&format!(
            "\n{}",
            report::score(answered.len(), all_right, score)
        ))?;
    }
    let agrees = answered
        .iter()
        .all(|answered| answered.agreement.as_ref().is_none_or(Agreement::is_whole));
    if let Some(json) = json {
        json.write(&QuizRecord {
            schema: SCHEMA,
            score,
            questions: &answered,
        })?;
    }
    Failure::unless(agrees)
}

/// All questions, solved, before the first is asked.
fn tasks(arguments: &Quiz) -> Result<Vec<Task>, Failure> {
    let mut tasks = vec![Task::new(&arguments.workload, None)?];
    for more in 1..arguments.questions {
        let first = tasks[0].seed.as_ref().ok_or_else(|| {
            let why = "nothing in this workload is random: ask one question only";
            Failure::Input(why.to_owned())
        })?;
        tasks.push(Task::new(&arguments.workload, Some(first.after(more)))?);
    }
    Ok(tasks)
}

/// So that a person who asks for none gets a new question each time; it is told.
fn seed_of_the_moment() -> Seed {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let number = since.map_or(0, |since| since.subsec_micros());
    Seed::default().after(number)
}

impl Task {
    /// The workload that is given, or else one that is drawn; `seed` goes before the one given.
    fn new(arguments: &WorkloadArgs, seed: Option<Seed>) -> Result<Self, Failure> {
        let seed = seed.or_else(|| arguments.seed.clone());
        if arguments.names_workload() {
            Self::given(&WorkloadArgs {
                seed,
                ..arguments.clone()
            })
        } else {
            Self::drawn(arguments, seed.unwrap_or_else(seed_of_the_moment))
        }
    }

    fn given(arguments: &WorkloadArgs) -> Result<Self, Failure> {
        let scenario = scenario(arguments)?;
        let policy = scenario.policy(Reap::Now);
        let question = Question::new(scenario.workload.clone(), policy);
        let seed = scenario.workload.seed.as_deref().map(Seed::parse);
        Ok(Self {
            seed: seed.transpose().map_err(input)?,
            question: question.map_err(input)?,
            scenario,
        })
    }

    /// Drawn, by the rules that were given.
    fn drawn(arguments: &WorkloadArgs, seed: Seed) -> Result<Self, Failure> {
        let rules = Drawn {
            switch: arguments.switch,
            io_done: arguments.io_done,
            io_length: arguments.io_length,
            dialect: arguments.dialect.unwrap_or_default(),
        };
        let question = draw(&seed, rules).ok_or_else(|| {
            input("no question of a fair length can be drawn by these rules: try another -L")
        })?;
        let policy = question.policy;
        Ok(Self {
            seed: Some(seed),
            scenario: Scenario {
                workload: question.workload.clone(),
                policy: policy.spec,
                io_length: policy.io_length,
                dialect: policy.dialect,
                tick: None,
            },
            question,
        })
    }

    fn answered(
        &self,
        asked: Asked,
        predicted: Prediction,
        verdict: Verdict,
        agreement: Option<Agreement>,
    ) -> Answered {
        let question = &self.question;
        let mistakes = verdict.mistakes.iter();
        Answered {
            seed: self.seed.as_ref().map(Seed::to_string),
            workload: question.workload.clone(),
            policy: question.policy,
            asked,
            predicted,
            who: question.turns().into_iter().map(Guess::from).collect(),
            ticks: question.counted.all.count,
            cpu_busy_ticks: question.counted.cpu.count,
            explanation: mistakes
                .map(|mistake| report::sentence(mistake, question))
                .collect(),
            verdict,
            agreement,
        }
    }
}

fn head(number: usize, task: &Task, of: usize, asked: Asked) -> String {
    let gap = if number > 1 { "\n" } else { "" };
    let which = if of > 1 {
        format!(" {number} of {of}")
    } else {
        String::new()
    };
    let seed = task.seed.as_ref();
    let seed = seed.map_or_else(String::new, |seed| format!(" (seed {seed})"));
    let question = report::question(&task.question, asked, width());
    format!("{gap}Question{which}{seed}:\n\n{question}")
}

/// Lets real processes play the right answer.
fn play_out(task: &Task, arguments: &Quiz, silent: bool) -> Result<Agreement, Failure> {
    let setup = Setup::new(task.scenario.clone(), (&arguments.real).into())?;
    let look = (!silent).then_some(Look {
        rows: true,
        why: false,
        color: arguments.color.on_stdout(),
    });
    if !silent {
        print("\nNow real processes play it:\n")?;
    }
    let conclusion = |trace: &Trace| format!("\n{}", agreement_lines(trace));
    let played = play(&setup, look, None, conclusion)?;
    played.shown?;
    played.ended?;
    Ok(played.trace.agreement)
}

#[expect(clippy::cast_precision_loss, reason = "a thousand questions at most")]
fn score(answered: &[Answered]) -> f64 {
    let right = answered.iter().map(|answered| &answered.verdict);
    let right: f64 = right.map(|verdict| ratio(verdict.right, verdict.of)).sum();
    right / answered.len().max(1) as f64
}
