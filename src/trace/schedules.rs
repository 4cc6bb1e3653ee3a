//! What must hold of every schedule, whatever runs and by whichever rules; on paper.

use proptest::prelude::*;

use super::{Recorder, TickRecord};
use crate::machine::{Device, simulate};
use crate::scheduler::{
    Decision, PolicySpec, ProcId, ProcessRun, Reap, Scheduler, State, Transition,
};
use crate::workload::dialect::Dialect;
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};
use crate::workload::{Instruction, Workload, notation};

/// What is run, and by which rules.
#[derive(Clone, Debug)]
struct Case {
    workload: Workload,
    policy: PolicySpec,
    /// Ticks an I/O blocks.
    blocked_ticks: u64,
    reap: Reap,
}

impl Case {
    /// Plays it to its end, and writes down what happens.
    fn play(&self) -> Recorder {
        let mut recorder = Recorder::default();
        let mut scheduler = Scheduler::new(self.policy.build(), self.reap);
        let device = Device::new(self.blocked_ticks);
        simulate(&self.workload, device, &mut scheduler, &mut recorder).unwrap();
        recorder
    }

    fn programs(&self) -> impl Iterator<Item = &[Instruction]> {
        let specs = self.workload.processes.iter();
        specs.map(|spec| spec.program.instructions())
    }

    fn instructions(&self) -> usize {
        self.programs().map(<[_]>::len).sum()
    }

    fn ios(&self) -> usize {
        let all = self.programs().flatten();
        all.filter(|&&instruction| instruction == Instruction::Io)
            .count()
    }
}

prop_compose! {
    /// One to six processes; some empty, some with nothing but I/O.
    fn workload()(
        programs in prop::collection::vec(prop::collection::vec(0..7_u32, 0..7), 1..7)
    ) -> Workload {
        let part = |&number: &u32| match number {
            0..3 => "i".to_owned(),
            cpu => format!("c{}", cpu - 3),
        };
        let program = |parts: &Vec<u32>| {
            if parts.is_empty() {
                "c0".to_owned()
            } else {
                parts.iter().map(part).collect::<Vec<_>>().join(",")
            }
        };
        let text = programs.iter().map(program).collect::<Vec<_>>().join(":");
        notation::programs(&text).unwrap().0
    }
}

/// The four of the book, and round robin.
fn policies() -> Vec<PolicySpec> {
    let book = PolicySpec::default();
    let round_robin = ["round_robin, slice 1", "round_robin, slice 3"];
    let round_robin = round_robin.map(|text| text.parse().unwrap());
    let book = std::iter::once(book).chain(book.alternatives());
    book.chain(round_robin).collect()
}

prop_compose! {
    fn case_in(dialects: Vec<Dialect>)(
        workload in workload(),
        policy in prop::sample::select(policies()),
        dialect in prop::sample::select(dialects),
        blocked_ticks in 0..9_u64,
        reap in prop::sample::select(vec![Reap::Now, Reap::End]),
    ) -> Case {
        let workload = workload.in_dialect(dialect);
        Case { workload, policy, blocked_ticks, reap }
    }
}

fn case() -> impl Strategy<Value = Case> {
    case_in(Dialect::ALL.to_vec())
}

/// Cases with a certain policy.
fn case_of(switch: SwitchPolicy, io_done: Option<IoDonePolicy>) -> impl Strategy<Value = Case> {
    with(case(), switch, io_done)
}

fn with(
    cases: impl Strategy<Value = Case>,
    switch: SwitchPolicy,
    io_done: Option<IoDonePolicy>,
) -> impl Strategy<Value = Case> {
    cases.prop_map(move |case| {
        let drawn = ProcessRun::of(case.policy).unwrap_or_default();
        let io_done = io_done.unwrap_or(drawn.io_done);
        let policy = ProcessRun { switch, io_done }.spec();
        Case { policy, ..case }
    })
}

fn in_state(tick: &TickRecord, state: State) -> Vec<usize> {
    let cells = tick.processes.iter().enumerate();
    cells
        .filter(|(_, cell)| cell.state == state)
        .map(|(process, _)| process)
        .collect()
}

/// The states one process is in, each with the number of ticks it lasts.
fn stays(ticks: &[TickRecord], process: usize) -> Vec<(State, u64)> {
    let mut stays: Vec<(State, u64)> = Vec::new();
    for tick in ticks {
        let state = tick.processes[process].state;
        match stays.last_mut() {
            Some((last, length)) if *last == state => *length += 1,
            _ => stays.push((state, 1)),
        }
    }
    stays
}

fn dispatched(decision: &Decision) -> Option<ProcId> {
    match decision.transition {
        Some(Transition::Dispatch(process)) => Some(process),
        _ => None,
    }
}

proptest! {
    #[test]
    fn at_most_one_process_has_the_cpu_and_only_it_executes(case in case()) {
        for tick in case.play().ticks {
            prop_assert!(in_state(&tick, State::Running).len() <= 1);
            for cell in &tick.processes {
                prop_assert!(cell.instruction.is_none() || cell.state == State::Running);
            }
        }
    }

    #[test]
    fn every_process_executes_its_own_program_in_order(case in case()) {
        let ticks = case.play().ticks;
        for (process, program) in case.programs().enumerate() {
            let executed = ticks.iter().filter_map(|tick| tick.processes[process].instruction);
            prop_assert_eq!(executed.collect::<Vec<_>>(), program);
        }
    }

    #[test]
    fn with_switch_on_io_the_cpu_is_idle_only_while_no_process_is_ready(
        case in case_of(SwitchPolicy::OnIo, None)
    ) {
        for tick in case.play().ticks {
            if in_state(&tick, State::Running).is_empty() {
                prop_assert_eq!(in_state(&tick, State::Ready), [0; 0], "tick {}", tick.tick);
            }
        }
    }

    #[test]
    fn with_switch_on_end_and_run_later_a_process_keeps_the_cpu_to_its_end(
        case in case_of(SwitchPolicy::OnEnd, Some(IoDonePolicy::Later))
    ) {
        let mut unfinished: Option<ProcId> = None;
        for decision in case.play().decisions {
            if let Some(process) = dispatched(&decision) {
                prop_assert!(unfinished.is_none_or(|one| one == process));
                unfinished = Some(process);
            }
            if let Some(Transition::Exit(_)) = decision.transition {
                unfinished = None;
            }
        }
    }

    #[test]
    fn with_run_immediate_the_one_that_comes_back_last_has_the_cpu(
        // In the classic dialect it may have nothing left to do.
        case in with(case_in(vec![Dialect::Current]), SwitchPolicy::OnIo,
            Some(IoDonePolicy::Immediate))
    ) {
        let Recorder { ticks, decisions } = case.play();
        for tick in ticks.iter().filter(|tick| tick.io_completed) {
            let back = decisions.iter().filter(|decision| decision.tick.0 == tick.tick);
            let mut back = back.filter_map(|decision| match decision.transition {
                Some(Transition::CompleteIo(process)) => Some(process.index()),
                _ => None,
            });
            prop_assert_eq!(in_state(tick, State::Running), [back.next_back().unwrap()]);
        }
    }

    #[test]
    fn every_io_blocks_its_process_for_exactly_its_length(case in case()) {
        let ticks = case.play().ticks;
        let mut blocked = 0;
        for process in 0..case.workload.processes.len() {
            for (state, length) in stays(&ticks, process) {
                if state == State::Blocked {
                    prop_assert_eq!(length, case.blocked_ticks, "process {}", process);
                    blocked += 1;
                }
            }
        }
        let expected = if case.blocked_ticks == 0 { 0 } else { case.ios() };
        prop_assert_eq!(blocked, expected);
    }

    #[test]
    fn the_device_works_on_as_many_ios_as_there_are_blocked_processes(case in case()) {
        for tick in case.play().ticks {
            let blocked = in_state(&tick, State::Blocked).len() as u64;
            prop_assert_eq!(tick.ios_in_flight, blocked, "tick {}", tick.tick);
        }
    }

    #[test]
    fn the_run_ends_and_no_later_than_if_nothing_overlapped(case in case()) {
        let ticks = case.play().ticks;
        let busy = ticks.iter().filter(|tick| tick.processes.iter().any(|c| c.instruction.is_some()));
        prop_assert_eq!(busy.count(), case.instructions());
        let waiting = case.ios() as u64 * case.blocked_ticks;
        // A process with nothing left to execute, behind another, holds the CPU for a tick that
        // executes nothing, and so does the idle CPU when the last I/O of all completes.
        let ends_at_once = |program: &&[Instruction]| {
            matches!(program.last(), None | Some(Instruction::Io))
        };
        let empty = case.programs().filter(ends_at_once).count();
        let bound = (case.instructions() + empty) as u64 + waiting;
        prop_assert!(ticks.len() as u64 <= bound, "{} of {}", ticks.len(), bound);
    }

    /// A process that was ready when another got the CPU, and stayed so, has had it before that
    /// process gets it again.
    #[test]
    fn with_switch_on_io_and_run_later_every_process_gets_a_turn(
        case in case_of(SwitchPolicy::OnIo, Some(IoDonePolicy::Later))
    ) {
        let processes = case.workload.processes.len();
        // For each process: those that have been ready ever since it last got the CPU.
        let mut waiting_since: Vec<Vec<ProcId>> = vec![Vec::new(); processes];
        let mut ready: Vec<ProcId> = Vec::new();
        for decision in case.play().decisions {
            let Some(transition) = decision.transition else { continue };
            let process = transition.process();
            if transition.leads_to() == State::Ready {
                ready.push(process);
                continue;
            }
            ready.retain(|&other| other != process);
            for waiting in &mut waiting_since {
                waiting.retain(|&other| other != process);
            }
            if let Transition::Dispatch(_) = transition {
                let skipped = std::mem::replace(&mut waiting_since[process.index()], ready.clone());
                prop_assert_eq!(skipped, [], "skipped by {}", process);
            }
        }
    }

    #[test]
    fn a_zombie_that_is_waited_for_at_once_lasts_one_tick(case in case()) {
        let case = Case { reap: Reap::Now, ..case };
        let ticks = case.play().ticks;
        for process in 0..case.workload.processes.len() {
            let stays = stays(&ticks, process);
            for (state, length) in &stays {
                prop_assert!(*state != State::Zombie || *length == 1, "{:?}", stays);
            }
            let zombie = stays.iter().position(|(state, _)| *state == State::Zombie);
            let gone = stays.iter().position(|(state, _)| *state == State::Gone);
            prop_assert!(gone.is_none_or(|at| Some(at - 1) == zombie), "{:?}", stays);
        }
    }

    #[test]
    fn a_zombie_that_is_waited_for_at_the_end_stays_until_then(case in case()) {
        let case = Case { reap: Reap::End, ..case };
        for tick in case.play().ticks {
            prop_assert_eq!(in_state(&tick, State::Gone), [0; 0]);
        }
    }

    /// Each transition starts where the one before it led, and together they are the states of
    /// every tick.
    #[test]
    fn the_decisions_are_the_whole_story(case in case()) {
        let Recorder { ticks, decisions } = case.play();
        prop_assert!(decisions.is_sorted_by_key(|decision| decision.tick));
        let mut states = vec![State::New; case.workload.processes.len()];
        let mut left = decisions.iter().peekable();
        for tick in &ticks {
            while let Some(decision) = left.next_if(|decision| decision.tick.0 <= tick.tick) {
                follow(&mut states, decision)?;
            }
            let shown = tick.processes.iter().map(|cell| cell.state);
            prop_assert_eq!(shown.collect::<Vec<_>>(), states.clone(), "tick {}", tick.tick);
        }
        for decision in left {
            follow(&mut states, decision)?;
        }
        prop_assert!(states.iter().all(|state| *state == State::Gone), "{:?}", states);
    }
}

fn follow(states: &mut [State], decision: &Decision) -> Result<(), TestCaseError> {
    if let Some(transition) = decision.transition {
        let state = &mut states[transition.process().index()];
        prop_assert!(
            transition.leads_from(*state),
            "{:?} of {:?}",
            transition,
            state
        );
        *state = transition.leads_to();
    }
    Ok(())
}
