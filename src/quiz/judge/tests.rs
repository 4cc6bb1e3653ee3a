//! Each kind of mistake is recognised.

use super::*;
use crate::quiz::{Misconception, parse_guesses, parse_share, parse_ticks};
use crate::scheduler::{ProcessRun, Reap};
use crate::trace::PolicyRecord;
use crate::workload::dialect::Dialect;
use crate::workload::notation::programs;
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

const P0: ProcId = ProcId(0);
const P1: ProcId = ProcId(1);

fn question(text: &str, rules: &str) -> Question {
    let rules: Vec<_> = rules.split(' ').collect();
    let has = |word| rules.contains(&word);
    let dialect = if has("classic") {
        Dialect::Classic
    } else {
        Dialect::Current
    };
    let switch = SwitchPolicy::ALL[usize::from(has("END"))];
    let io_done = IoDonePolicy::ALL[usize::from(has("IMMEDIATE"))];
    let policy = PolicyRecord {
        spec: ProcessRun { switch, io_done }.into(),
        io_length: 3,
        dialect,
        reap: Reap::Now,
    };
    Question::new(programs(text).unwrap().0.in_dialect(dialect), policy).unwrap()
}

/// A prediction of who runs, one character or group a tick.
fn who(question: &Question, text: &str) -> Verdict {
    let guesses = parse_guesses(text, question.workload.processes.len()).unwrap();
    judge(question, &Prediction::Who(guesses))
}

/// The right answer is `0 0 1 1 1 1 1 0 0`: cpu, io, and then `io_done` and cpu when P1 is done.
fn figure() -> Question {
    question("c1,i,c1:c5", "")
}

#[test]
fn what_is_right_has_no_mistakes() {
    let verdict = who(&figure(), "0x2 1x5 0x2");
    assert_eq!((verdict.right, verdict.of), (9, 9));
    assert_eq!(verdict.mistakes, []);
}

#[test]
fn switching_too_early_is_recognised() {
    let verdict = who(&figure(), "0 1x5 0x3");
    assert_eq!(
        verdict.mistakes[0],
        Mistake::SwitchedTooEarly {
            tick: 2,
            from: P0,
            to: Some(P1)
        }
    );
    assert_eq!((verdict.right, verdict.of), (7, 9));
    // To leave the CPU idle is a switch, too.
    assert_eq!(
        who(&figure(), "0 - 1x5 0x2").mistakes[0],
        Mistake::SwitchedTooEarly {
            tick: 2,
            from: P0,
            to: None
        }
    );
    // A system that does not switch during an I/O keeps the CPU idle.
    assert_eq!(
        who(&question("c1,i,c1:c5", "END"), "0 0 1 0x3 1x4").mistakes[0],
        Mistake::SwitchedTooEarly {
            tick: 3,
            from: P0,
            to: Some(P1)
        }
    );
}

#[test]
fn staying_too_long_is_recognised() {
    let stayed = |tick, process| Mistake::StayedTooLong { tick, process };
    // After its own I/O, after its end, and when another comes back from an I/O.
    assert_eq!(who(&figure(), "0x3 1x5 0x2").mistakes[0], stayed(3, P0));
    assert_eq!(who(&figure(), "0x2 1x6 0x2").mistakes[0], stayed(8, P1));
    let immediate = question("c1,i,c1:c5", "IMMEDIATE");
    assert_eq!(who(&immediate, "0x2 1x4 0x2 1").mistakes[0], stayed(6, P1));
}

#[test]
fn two_at_once_are_recognised_wherever_they_are() {
    let verdict = who(&figure(), "0 0 0+1 1x4 0+1 0");
    assert_eq!(
        verdict.mistakes[0],
        Mistake::TwoAtOnce { ticks: vec![3, 8] }
    );
    assert_eq!((verdict.right, verdict.of), (7, 9));
    let verdict = who(&figure(), "1 0 0+1");
    assert!(matches!(
        verdict.mistakes[0],
        Mistake::WrongNext { tick: 1, .. }
    ));
    assert_eq!(verdict.mistakes[1], Mistake::TwoAtOnce { ticks: vec![3] });
}

#[test]
fn whoever_cannot_run_is_recognised() {
    assert_eq!(
        who(&figure(), "0x2 1x2 0 1x3 0").mistakes[0],
        Mistake::RanBlocked {
            tick: 5,
            process: P0
        }
    );
    let question = question("c1:c3:c2", "");
    assert_eq!(
        who(&question, "0 1x2 0 1 2x2").mistakes[0],
        Mistake::RanDone {
            tick: 4,
            process: P0
        }
    );
}

#[test]
fn a_cpu_left_idle_is_recognised() {
    assert_eq!(
        who(&figure(), "0x2 - 1x5 0x2").mistakes[0],
        Mistake::LeftIdle {
            tick: 3,
            process: P1
        }
    );
}

#[test]
fn the_wrong_process_is_recognised() {
    let question = question("i,c1:c2:c2", "");
    assert_eq!(
        who(&question, "0 2x2 1x2 0x2").mistakes[0],
        Mistake::WrongNext {
            tick: 2,
            process: ProcId(2),
            right: Some(P1)
        }
    );
}

#[test]
fn the_wrong_end_is_recognised() {
    let verdict = who(&question("c2:c3", ""), "0x2 1x2");
    assert_eq!(verdict.mistakes, [Mistake::EndedTooEarly { tick: 5 }]);
    assert_eq!((verdict.right, verdict.of), (4, 5));
    let verdict = who(&figure(), "0x2 1x5 0x2 - -");
    assert_eq!(verdict.mistakes, [Mistake::WentOnTooLong { tick: 10 }]);
    assert_eq!((verdict.right, verdict.of), (9, 11));
}

#[test]
fn forgetting_that_an_io_costs_ticks_is_recognised() {
    let forgot = |issue, finish| Mistake::ForgotIoTick {
        issue,
        finish,
        through: None,
    };
    let behind = |text| who(&figure(), text).mistakes.split_off(1);
    assert_eq!(behind("0 1x5 0x2"), [forgot(true, false)]);
    // The old version has no io_done: either may be behind it.
    let dialect = Dialect::Classic;
    let through = None;
    let old = Mistake::WrongDialect { dialect, through };
    assert_eq!(behind("0x2 1x5 0"), [forgot(false, true), old]);
    assert_eq!(behind("0 1x5 0"), [forgot(true, true)]);
}

#[test]
fn an_io_that_is_too_short_is_recognised() {
    let question = question("i:c1", "");
    let verdict = who(&question, "0 1 - 0");
    let expected = Mistake::IoTooShort { through: None };
    assert_eq!(verdict.mistakes.last(), Some(&expected));
}

#[test]
fn another_policy_is_recognised() {
    let wrong = |switch, io_done, through| {
        let policy = ProcessRun { switch, io_done }.into();
        Some(Mistake::WrongPolicy { policy, through })
    };
    let (later, immediate) = (IoDonePolicy::Later, IoDonePolicy::Immediate);
    let last = |text| who(&figure(), text).mistakes.pop();
    assert_eq!(
        last("0x2 -x3 0x2 1x5"),
        wrong(SwitchPolicy::OnEnd, later, None)
    );
    assert_eq!(
        last("0x2 1x3 0x2 1x2"),
        wrong(SwitchPolicy::OnIo, immediate, None)
    );
    // Up to a slip: long enough not to be chance.
    assert_eq!(
        last("0x2 -x3 0x2 1x2"),
        wrong(SwitchPolicy::OnEnd, later, Some(9))
    );
    let few = who(&figure(), "0x2 -x2 1x4").mistakes;
    assert!(
        matches!(few[..], [Mistake::LeftIdle { tick: 3, .. }]),
        "{few:?}"
    );
}

#[test]
fn another_version_is_recognised() {
    let question = question("i,c1:c2", "");
    let expected = Mistake::WrongDialect {
        dialect: Dialect::Classic,
        through: None,
    };
    let verdict = who(&question, "0 1x2 0");
    assert_eq!(verdict.mistakes.last(), Some(&expected));
}

#[test]
fn in_the_row_after_all_are_done_nobody_has_to_be_named() {
    let classic = question("c1,i", "classic");
    for text in ["0x2", "0x2 -", "0x2 -x3"] {
        let verdict = who(&classic, text);
        assert!(verdict.is_right(), "{text}: {verdict:?}");
        assert_eq!(verdict.of, 5);
    }
    assert!(!who(&classic, "0x2 -x4").is_right());
    assert!(!who(&classic, "0").is_right());
}

#[test]
fn whatever_a_learner_believes_is_recognised_in_any_question() {
    let mut recognised = 0;
    for number in 0..100 {
        let seed = crate::workload::notation::Seed::default().after(number);
        let question = crate::quiz::draw(&seed, crate::quiz::Drawn::default()).unwrap();
        let alternatives = alternatives(&question);
        for (_, turns) in &alternatives {
            let guesses: Vec<_> = turns.iter().map(|turn| Guess::from(*turn)).collect();
            if is_whole(&guesses, &question.turns()) {
                // The process that has the CPU executes another instruction, which is not asked for.
                continue;
            }
            // Several misconceptions may come to the same.
            let same = alternatives
                .iter()
                .find(|(_, other)| is_whole(&guesses, other));
            let (misconception, _) = same.expect("it is one of them");
            let verdict = judge(&question, &Prediction::Who(guesses));
            let expected = Mistake::explained(*misconception, None);
            assert!(verdict.mistakes.contains(&expected), "{question:?}");
            assert!(!verdict.is_right());
            recognised += 1;
        }
    }
    assert!(recognised > 300, "{recognised}");
}

fn time(question: &Question, text: &str) -> Verdict {
    judge(question, &Prediction::Time(parse_ticks(text).unwrap()))
}

fn cpu(question: &Question, text: &str) -> Verdict {
    judge(question, &Prediction::Cpu(parse_share(text).unwrap()))
}

#[test]
fn what_a_wrong_total_time_leaves_out_is_recognised() {
    // 4 cpu, io, three ticks blocked, io_done: 9 ticks, of which 6 execute something.
    let question = question("c4:i", "");
    assert!(time(&question, "9").is_right());
    assert_eq!(time(&question, "9").mistakes, []);
    assert_eq!(time(&question, "6").mistakes, [Mistake::ForgotToWait]);
    assert_eq!(time(&question, "10").mistakes, [Mistake::CountedMarks]);
    assert_eq!(time(&question, "50").mistakes, []);
    let forgot = Mistake::ForgotIoTick {
        issue: true,
        finish: false,
        through: None,
    };
    // A bare number may have several explanations.
    let dialect = Dialect::Classic;
    let through = None;
    let others = [
        Mistake::IoTooShort { through },
        Mistake::WrongDialect { dialect, through },
    ];
    let [short, old] = others;
    assert_eq!(time(&question, "8").mistakes, [forgot, short, old]);
    let overlapping = figure();
    assert_eq!(
        time(&overlapping, "12").mistakes,
        [
            Mistake::explained(
                Misconception::Policy("SWITCH_ON_END".parse().unwrap()),
                None
            ),
            Mistake::NothingOverlapped
        ]
    );
    let alone = self::question("i:c9,i", "END");
    assert!(time(&alone, "19").is_right());
}

#[test]
fn what_a_wrong_utilization_is_of_is_recognised() {
    let question = question("c4:i", "");
    assert!(cpu(&question, "6/9").is_right());
    assert!(cpu(&question, "66.7%").is_right());
    let device = [Mistake::DeviceInsteadOfCpu];
    assert_eq!(cpu(&question, "3/9").mistakes, device);
    assert_eq!(cpu(&question, "3%").mistakes, []);
    // In the classic dialect: 8 ticks, of which 5 execute something, and one is after the end.
    let classic = self::question("c4:i", "classic");
    assert!(cpu(&classic, "5/8").is_right());
    assert_eq!(cpu(&classic, "6/8").mistakes, [Mistake::JulyOf2020]);
}

#[test]
fn no_prediction_is_no_tick_right() {
    for prediction in [Prediction::Nothing, Prediction::Who(Vec::new())] {
        let verdict = judge(&figure(), &prediction);
        assert_eq!((verdict.right, verdict.of), (0, 9));
        assert_eq!(verdict.mistakes, []);
    }
}
