//! The quiz: what is asked, and what a prediction got wrong.

use std::fmt::Write;

use super::{Asked, Guess, Mistake, Prediction, Question, Turn, Verdict};
use crate::report::programs::{programs, rules};
use crate::scheduler::{ProcId, ProcessRun, State};
use crate::text::prose::{item, list, paragraph};
use crate::text::table::{count, percent};
use crate::workload::Instruction;
use crate::workload::dialect::Dialect;
use crate::workload::policy::SwitchPolicy;

/// A question: the processes, the rules, and what to predict.
pub fn question(question: &Question, asked: Asked, width: u16) -> String {
    let mut text = programs(&question.workload, width);
    text += &paragraph(&rules(&question.policy, true), width, "  ");
    if question.policy.dialect == Dialect::Classic {
        text += &paragraph(
            "As in the version of 2019: nothing is to be done when an I/O completes.",
            width,
            "  ",
        );
    }
    text.push('\n');
    text += &paragraph(task(asked), width, "");
    text
}

const fn task(asked: Asked) -> &'static str {
    match asked {
        Asked::Who => {
            "Who executes an instruction in each tick? 0 is P0; - is none, as while every process that \
             could have the CPU waits for an I/O. Answer tick by tick, or several ticks in a line, \
             as 0 0 1x3 - 0; an empty line says that the run is over. 'back' takes the last line \
             back."
        }
        Asked::Time => "How many ticks does it take until all are done?",
        Asked::Cpu => {
            "What is the CPU utilization, in percent (as 12.5%) or as a fraction (as 1/8)?"
        }
    }
}

/// What a prediction is worth: the right answer beside it, and the mistakes by their kinds.
pub fn verdict(
    question: &Question,
    asked: Asked,
    prediction: &Prediction,
    verdict: &Verdict,
    width: u16,
) -> String {
    let mut text = match (asked, prediction) {
        (Asked::Who, Prediction::Who(guesses)) => both(question, guesses),
        (Asked::Who, _) => both(question, &[]),
        (Asked::Time | Asked::Cpu, _) => figures(question),
    };
    text.push('\n');
    text += &score_line(prediction, verdict);
    for mistake in &verdict.mistakes {
        text += &item("- ", &sentence(mistake, question), width);
    }
    text
}

fn score_line(prediction: &Prediction, verdict: &Verdict) -> String {
    match prediction {
        Prediction::Nothing => "Not answered.\n".to_owned(),
        _ if verdict.is_right() => "Right.\n".to_owned(),
        Prediction::Who(_) => format!(
            "{} of {} right.\n",
            verdict.right,
            count(verdict.of, "tick")
        ),
        Prediction::Cpu(share) => format!("You said {:.2}%: wrong.\n", 100.0 * share),
        Prediction::Time(ticks) => format!("You said {}: wrong.\n", count(*ticks, "tick")),
    }
}

/// Right answers out of several.
pub fn score(questions: usize, all_right: usize, fraction: f64) -> String {
    format!(
        "{all_right} of {} fully right; score {:.2}%.\n",
        count(questions as u64, "question"),
        100.0 * fraction
    )
}

/// Tick by tick: the prediction, the right answer, and what is executed.
fn both(question: &Question, guesses: &[Guess]) -> String {
    let turns = question.turns();
    let named = |guess: &Guess| {
        let names: Vec<_> = guess.processes().iter().map(ProcId::to_string).collect();
        if names.is_empty() {
            "-".to_owned()
        } else {
            names.join("+")
        }
    };
    let mine: Vec<_> = guesses.iter().map(named).collect();
    let longest = mine.iter().map(String::len).max().unwrap_or(0);
    let wide = longest.max("you".len()) + 2;
    let mut text = if mine.is_empty() {
        "Time   right\n".to_owned()
    } else {
        format!("Time{:>wide$}   right\n", "you")
    };
    for index in 0..turns.len().max(guesses.len()) {
        let turn = turns.get(index);
        let right = turn.map_or_else(String::new, |turn| named(&Guess::from(*turn)));
        let executed = question.ticks.get(index).and_then(|tick| {
            let mut instructions = tick.processes.iter().filter_map(|cell| cell.instruction);
            instructions.next()
        });
        let executed = executed.map_or("", |instruction| instruction.name());
        let _ = write!(text, "{:3} ", index + 1);
        if !mine.is_empty() {
            let mine = mine.get(index).map_or("", String::as_str);
            let _ = write!(text, "{mine:>wide$}");
        }
        let mark = if is_wrong(guesses, index, turn) {
            "◀"
        } else {
            ""
        };
        let row = format!("{right:>8}  {executed:8}{mark}");
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

/// Whether a tick was said wrongly; of what was not said, the verdict tells.
fn is_wrong(guesses: &[Guess], index: usize, turn: Option<&Turn>) -> bool {
    let guess = guesses.get(index);
    guess.is_some_and(|guess| turn.is_none_or(|turn| !guess.is(*turn)))
}

fn figures(question: &Question) -> String {
    let counted = &question.counted;
    format!(
        "The right answer: {}, CPU busy in {} ({:.2}%).\n",
        count(counted.all.count, "tick"),
        counted.cpu.count,
        percent(counted.cpu.count, counted.all.count)
    )
}

/// A mistake in words.
pub fn sentence(mistake: &Mistake, question: &Question) -> String {
    match mistake {
        Mistake::SwitchedTooEarly { tick, from, to } => {
            let to = to.map_or_else(|| "none".to_owned(), |to| to.to_string());
            let why = question.why(*tick).map_or_else(
                || keeps(question, *tick, *from),
                |reason| reason.to_string(),
            );
            format!("Tick {tick}: switched too early, from {from} to {to}; {why}.")
        }
        Mistake::StayedTooLong { tick, process } if keeps_it_idle(question, *tick, *process) => {
            format!(
                "Tick {tick}: {process} keeps every other process off the CPU, but waits for its I/O and \
                 executes nothing: that is -."
            )
        }
        Mistake::StayedTooLong { tick, process } => format!(
            "Tick {tick}: stayed too long with {process}; {}.",
            why(question, *tick)
        ),
        Mistake::TwoAtOnce { ticks } => format!(
            "Two at once, in {} {}: there is one CPU, and one process at a time has it.",
            if ticks.len() == 1 { "tick" } else { "ticks" },
            list(ticks)
        ),
        Mistake::LeftIdle { tick, process } => format!(
            "Tick {tick}: left the CPU idle, though {process} could run; {}.",
            why(question, *tick)
        ),
        Mistake::RanBlocked { tick, process } => {
            format!("Tick {tick}: {process} cannot run, since it waits for its I/O.")
        }
        Mistake::RanDone { tick, process } => {
            format!("Tick {tick}: {process} cannot run any more, since it is done.")
        }
        Mistake::WrongNext {
            tick,
            process,
            right,
        } => {
            let right = right.map_or_else(|| "none".to_owned(), |right| right.to_string());
            let why = why(question, *tick);
            format!("Tick {tick}: not {process} is next, but {right}; {why}.")
        }
        Mistake::EndedTooEarly { tick } => {
            format!("Ended too early: in tick {tick} not all processes are done yet.")
        }
        Mistake::WentOnTooLong { tick } => {
            format!("Went on too long: all processes are done before tick {tick}.")
        }
        _ => rules_sentence(mistake, question),
    }
}

/// Whether nothing is executed in a tick because this process waits and no other one may run.
fn keeps_it_idle(question: &Question, tick: u64, process: ProcId) -> bool {
    let index = usize::try_from(tick - 1).unwrap_or(usize::MAX);
    let turns = question.turns();
    let policy = ProcessRun::of(question.policy.spec);
    policy.is_some_and(|policy| policy.switch == SwitchPolicy::OnEnd)
        && question.state(process, tick) == Some(State::Blocked)
        && turns.get(index).is_some_and(|turn| turn.holder.is_none())
}

/// Why a process keeps the CPU for one more tick.
fn keeps(question: &Question, tick: u64, process: ProcId) -> String {
    let tick = question.ticks.iter().find(|record| record.tick == tick);
    let executed = tick.and_then(|tick| tick.processes.get(process.index())?.instruction);
    match executed {
        Some(Instruction::Io) => format!("{process} needs it for the tick that issues its I/O"),
        Some(Instruction::IoDone) => {
            format!("{process} needs it for the tick that finishes its I/O")
        }
        _ => format!("nothing makes {process} give it up here"),
    }
}

/// Of a mistake about the rules.
fn rules_sentence(mistake: &Mistake, question: &Question) -> String {
    match mistake {
        Mistake::ForgotIoTick {
            issue,
            finish,
            through,
        } => {
            let what = match (issue, finish) {
                (true, true) => "issuing and finishing an I/O cost a tick of the CPU each",
                (true, false) => "issuing an I/O costs a tick of the CPU (io)",
                _ => "finishing an I/O costs a tick of the CPU (io_done)",
            };
            let until = until(*through);
            format!("Forgot that {what}: otherwise {until} would be right.")
        }
        Mistake::IoTooShort { through } => format!(
            "The I/O is too short: it takes {} after the one that issues it. With one tick less, {} \
             would be right.",
            count(question.policy.blocked_ticks(), "tick"),
            until(*through)
        ),
        Mistake::WrongPolicy { policy, through } => {
            let other = policy.words_unlike(question.policy.spec).join(" with ");
            let until = until(*through);
            format!("Wrong policy: {until} is what {other} would do.")
        }
        Mistake::WrongDialect { dialect, through } => {
            let version = match dialect {
                Dialect::Current => "current version of process-run.py",
                Dialect::Classic => "version of process-run.py of 2019",
            };
            let until = until(*through);
            format!("Another version: {until} is what the {version} prints.")
        }
        Mistake::ForgotToWait => {
            "That is the time of the instructions alone: while all wait for an I/O, time \
             passes, too."
                .to_owned()
        }
        Mistake::NothingOverlapped => {
            "That is the time of all instructions and all I/Os one after the other: while one \
             process waits, another may run."
                .to_owned()
        }
        Mistake::CountedMarks => {
            "A row with an asterisk is no extra tick: it says that an I/O completed right before."
                .to_owned()
        }
        Mistake::DeviceInsteadOfCpu => "That is how busy the device is.".to_owned(),
        _ => "That is what the version of July 2020 printed, which counted ticks as CPU time in \
              which the process was already done."
            .to_owned(),
    }
}

/// Why the CPU goes where it goes in a tick.
fn why(question: &Question, tick: u64) -> String {
    let reason = question.why(tick);
    reason.map_or_else(
        || "the rules say so".to_owned(),
        |reason| reason.to_string(),
    )
}

fn until(through: Option<u64>) -> String {
    through.map_or_else(
        || "this".to_owned(),
        |tick| format!("this up to tick {tick}"),
    )
}
