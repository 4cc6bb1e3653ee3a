//! `timeshare homework`: the questions of chapter 4, posed and answered.

use crate::os;
use crate::os::signal;
use serde::Serialize;

use super::compare::{Repeated, repeat};
use super::scenario;
use super::scenario::input;
use crate::cli::{Homework, WorkloadArgs};
use crate::homework::text as report;
use crate::homework::{Answered, QUESTIONS, Question, Run, figures};
use crate::output::failure::Failure;
use crate::output::{JsonFile, print, width};
use crate::run::{Scenario, Setup};
use crate::scheduler::Reap;
use crate::workload::dialect::Dialect;

/// The name of the document `--json` writes.
const SCHEMA: &str = "timeshare/homework/1";

/// What `--json` writes.
#[derive(Serialize)]
struct HomeworkRecord<'a> {
    schema: &'static str,
    /// The version of process-run.py that the runs followed.
    dialect: Dialect,
    /// Whether every cell of every run is the simulation's.
    agrees: bool,
    questions: &'a [Answer],
}

/// One question, answered.
#[derive(Serialize)]
struct Answer {
    number: u8,
    title: &'static str,
    /// Paragraphs.
    explanation: Vec<String>,
    runs: Vec<Answered>,
}

impl Answer {
    fn agrees(&self) -> bool {
        self.runs.iter().all(|run| run.trace.agreement.is_whole())
    }
}

pub fn homework(arguments: &Homework) -> Result<(), Failure> {
    let chosen = arguments.question.map(|number| usize::from(number) - 1);
    match chosen {
        _ if arguments.answer => answer(arguments, chosen),
        Some(index) => pose(&QUESTIONS[index], arguments),
        None => print(&report::list()),
    }
}

fn pose(question: &Question, arguments: &Homework) -> Result<(), Failure> {
    let mut asked = Vec::new();
    for run in question.asked() {
        let scenario = scenario(run, arguments)?;
        let policy = scenario.policy(Reap::Now);
        asked.push((scenario.workload, policy));
    }
    print(&report::question(question, &asked, width()))
}

fn answer(arguments: &Homework, chosen: Option<usize>) -> Result<(), Failure> {
    let questions = chosen.map_or(&QUESTIONS[..], |index| &QUESTIONS[index..=index]);
    let (json, silent) = JsonFile::asked(arguments.json.as_deref())?;

    signal::claim_signals()?;
    let mut answers = Vec::new();
    for (index, question) in questions.iter().enumerate() {
        let runs = os::block_on(perform(question, arguments))??;
        if !silent {
            let gap = if index > 0 { "\n" } else { "" };
            let text = report::answer(question, &runs, arguments.color.on_stdout(), width());
            print(&format!("{gap}{text}"))?;
        }
        answers.push(Answer {
            number: question.number,
            title: question.title,
            explanation: report::explanation(question, &runs),
            runs,
        });
    }
    let agrees = answers.iter().all(Answer::agrees);
    if let Some(json) = json {
        json.write(&HomeworkRecord {
            schema: SCHEMA,
            dialect: arguments.dialect.unwrap_or_default(),
            agrees,
            questions: &answers,
        })?;
    }
    Failure::unless(agrees)
}

/// Lets real processes perform all runs of a question.
async fn perform(question: &Question, arguments: &Homework) -> Result<Vec<Answered>, Failure> {
    let mut runs = Vec::new();
    for run in question.runs {
        let setup = Setup::new(scenario(run, arguments)?, (&arguments.real).into())?;
        let name = |_| format!("question {}, ", question.number);
        let Repeated {
            runs: traces,
            ended,
            ..
        } = repeat(&setup, 1, None, name).await?;
        ended?;
        runs.extend(traces.into_iter().map(|trace| Answered {
            name: run.name,
            arguments: run.arguments,
            versions: figures(&setup.scenario.workload, &setup.policy()),
            trace,
        }));
    }
    Ok(runs)
}

fn scenario(run: &Run, arguments: &Homework) -> Result<Scenario, Failure> {
    let workload = WorkloadArgs::parse(run.arguments).map_err(input)?;
    scenario::scenario(&WorkloadArgs {
        dialect: arguments.dialect,
        ..workload
    })
}
